// A WFDB record of one segment: its signal files behind one read position.

import ECGSignal
import Foundation

/// Reads a WFDB record that has its samples in one piece.
final class WFDBReader: RecordingReader {
  let format: SignalFormat
  let sampleCount: Int
  let comments: [String]
  let skippedSignals: [String]
  let baseTime: Date?

  /// A channel: where its codes come from and what the header says of them.
  private struct Source {
    var file: WFDBSignalFile
    var place: WFDBSignalPlace
    var signal: WFDBHeader.Signal
  }

  private let sources: [Source]
  private let path: String
  private var position = 0

  /// Opens the signal files that a header names, below `folder` ("" or ending in "/").
  init(header: WFDBHeader, folder: String) throws(RecordingError) {
    path = header.path
    comments = header.comments
    baseTime = header.baseTime
    var sources: [Source] = []
    var channels: [Channel] = []
    var skipped: [String] = []
    var start = 0
    while start < header.signals.count {
      let fileName = header.signals[start].fileName
      let end =
        header.signals[start...].firstIndex { $0.fileName != fileName } ?? header.signals.count
      let group = Array(header.signals[start..<end])
      let opened = try Self.open(
        group, firstNumber: start, header: header, folder: folder, skipped: &skipped)
      sources += opened.sources
      channels += opened.channels
      guard sources.count <= SignalFormat.channelCountMax else { throw Self.tooMany(path) }
      start = end
    }
    guard let first = sources.first else {
      let why = skipped.isEmpty ? "it has no signals" : skipped.joined(separator: "; ")
      throw RecordingError("\(path): holds no ECG (\(why)); choose another record")
    }
    guard sources.allSatisfy({ $0.place.samplesPerFrame == first.place.samplesPerFrame }) else {
      let rates = sources.map { "\($0.signal.description) x\($0.place.samplesPerFrame)" }
      throw RecordingError(
        "\(path): its signals have different rates (\(rates.joined(separator: ", "))); resample "
          + "them to one rate, or keep those of one rate, before it is read here")
    }
    let perFrame = first.place.samplesPerFrame
    let frames = sources.map(\.file.frameCount).min() ?? 0
    sampleCount = min(frames * perFrame, WFDBHeader.sampleCountMax)
    self.sources = sources
    skippedSignals = skipped
    var format = SignalFormat(
      sampleRate: header.frameRate * Double(perFrame), channels: channels, provenance: .replay,
      sourceName: header.recordName)
    format.measuredSampleRate = MeasuredRate.rate(
      comments: header.comments, nominal: format.sampleRate)
    format.diagnosticLeads = DiagnosticLeads.leads(comments: header.comments)
    self.format = format
  }

  func read(
    into codes: UnsafeMutablePointer<Int32>, stride: Int, count: Int
  ) throws(RecordingError) -> Int {
    precondition(count >= 0 && stride >= count, "a channel's codes must fit its stride")
    let available = min(count, sampleCount - position)
    for (channel, source) in sources.enumerated() {
      try source.file.read(
        source.place, from: position, count: available, into: codes + channel * stride)
    }
    position += available
    return available
  }

  func seek(to sample: Int) throws(RecordingError) {
    position = try checkedPosition(sample, in: self)
  }

  func verifyChecksums() throws(RecordingError) {
    let chunk = 8192
    let codes = UnsafeMutablePointer<Int32>.allocate(capacity: chunk)
    defer { codes.deallocate() }
    for (channel, source) in sources.enumerated() {
      guard let expected = source.signal.checksum else { continue }
      // The checksum is one of the file: missing samples count as stored, skew does not matter.
      var place = source.place
      place.skew = 0
      var sum: Int32 = 0
      var from = 0
      while from < sampleCount {
        let count = min(chunk, sampleCount - from)
        try source.file.read(place, from: from, count: count, into: codes)
        for index in 0..<count {
          let code = codes[index]
          sum &+= code == SampleBlock.missing ? source.file.storage.missing : code
        }
        from += count
      }
      guard UInt16(truncatingIfNeeded: sum) == expected else {
        throw RecordingError(
          "\(path): the samples of \(format.channels[channel].name) do not have the checksum that "
            + "the header states; fetch the record again")
      }
    }
  }

  /// Opens one signal file and sorts its signals into channels and those left out.
  private static func open(
    _ group: [WFDBHeader.Signal], firstNumber: Int, header: WFDBHeader, folder: String,
    skipped: inout [String]
  ) throws(RecordingError) -> (sources: [Source], channels: [Channel]) {
    var kept: [(signal: WFDBHeader.Signal, place: WFDBSignalPlace, channel: Channel)] = []
    var offset = 0
    for (index, signal) in group.enumerated() {
      let place = WFDBSignalPlace(
        offsetInFrame: offset, samplesPerFrame: signal.samplesPerFrame, skew: signal.skew)
      offset += signal.samplesPerFrame
      let name =
        signal.description.isEmpty ? "signal \(firstNumber + index)" : signal.description
      if signal.fileName == "~" || signal.formatNumber == 0 {
        skipped.append("\(name) has no samples")
      } else if signal.microvoltsPerCode == nil {
        skipped.append("\(name) is in \(signal.units), which is no voltage")
      } else {
        let storage = WFDBSampleFormat(rawValue: signal.formatNumber) ?? .sixteenBit
        kept.append((signal, place, try channel(name, signal, storage, header)))
      }
    }
    guard !kept.isEmpty else { return ([], []) }
    guard kept.count <= SignalFormat.channelCountMax else { throw tooMany(header.path) }
    let fileName = group[0].fileName
    guard !fileName.hasPrefix("/"), !fileName.split(separator: "/").contains(".."), fileName != "-"
    else {
      throw header.damaged("names a signal file outside the record's folder, \"\(fileName)\"")
    }
    let file = try WFDBSignalFile(
      group: group, announcedFrames: header.sampleCount, header: header, folder: folder)
    return (
      kept.map { Source(file: file, place: $0.place, signal: $0.signal) }, kept.map(\.channel)
    )
  }

  /// The channel that a signal line describes.
  static func channel(
    _ name: String, _ signal: WFDBHeader.Signal, _ storage: WFDBSampleFormat, _ header: WFDBHeader
  ) throws(RecordingError) -> Channel {
    guard let microvolts = signal.microvoltsPerCode, 1e-9...1e9 ~= microvolts.magnitude else {
      throw header.damaged("gives \(name) a gain that no ECG has")
    }
    return Channel(
      signalName: name, microvoltsPerCode: microvolts, baseline: signal.baseline,
      codeRange: signal.codeRange(storage: storage))
  }

  private static func tooMany(_ path: String) -> RecordingError {
    RecordingError(
      "\(path): has more than the \(SignalFormat.channelCountMax) signals that can be played "
        + "together; make a record of the signals that matter")
  }
}

/// The position, if the reader has it.
func checkedPosition(
  _ sample: Int, in reader: some RecordingReader
) throws(RecordingError) -> Int {
  guard 0...reader.sampleCount ~= sample else {
    throw RecordingError(
      "\(reader.format.sourceName): there is no sample \(sample); choose one from 0 to "
        + "\(reader.sampleCount)")
  }
  return sample
}
