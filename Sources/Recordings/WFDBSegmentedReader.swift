// A WFDB record of several segments: records of their own played one after another, with gaps between.
// With a layout segment the signals may come, go and change their order (MIMIC's waveform records).

import ECGSignal
import Foundation

/// Reads a multi-segment WFDB record, one segment open at a time.
final class WFDBSegmentedReader: RecordingReader {
  let format: SignalFormat
  let sampleCount: Int
  let comments: [String]
  let skippedSignals: [String]
  let baseTime: Date?

  private let header: WFDBHeader
  private let folder: String
  private let hasLayout: Bool
  /// The segments with samples, and where each begins; one entry more for the end.
  private let segments: [WFDBHeader.Segment]
  private let starts: [Int]

  private var position = 0
  private var openIndex = -1
  private var openReader: WFDBReader?
  /// For each channel, the open segment's channel that it is and how its codes translate.
  private var sources: [(channel: Int, rescale: Rescale?)?] = []
  private var scratch: [Int32] = []
  private static let chunk = 4096

  /// `code * scale + offset`, rounded: where a segment's gain or baseline is not the record's.
  fileprivate struct Rescale {
    var scale: Double
    var offset: Double
  }

  /// Opens a master header whose segments lie in `folder` ("" or ending in "/").
  init(header: WFDBHeader, folder: String) throws(RecordingError) {
    self.header = header
    self.folder = folder
    comments = header.comments
    baseTime = header.baseTime
    hasLayout = header.segments[0].sampleCount == 0 && header.segments[0].name != "~"
    segments = header.segments.filter { $0.sampleCount > 0 }
    var starts = [0]
    for segment in segments {
      let end = starts[starts.count - 1] + segment.sampleCount
      guard end <= WFDBHeader.sampleCountMax else {
        throw header.damaged("announces segments of more samples than a record can have")
      }
      starts.append(end)
    }
    self.starts = starts
    sampleCount = starts[starts.count - 1]
    guard header.sampleCount ?? sampleCount == sampleCount else {
      throw header.damaged(
        "announces \(header.sampleCount ?? 0) samples, its segments have \(sampleCount)")
    }
    if hasLayout {
      (format, skippedSignals) = try Self.layoutFormat(header: header, folder: folder)
    } else {
      guard let first = segments.first(where: { $0.name != "~" }) else {
        throw header.damaged("has only gaps for segments")
      }
      let reader = try Self.open(first.name, header: header, folder: folder)
      format = SignalFormat(
        sampleRate: reader.format.sampleRate, channels: reader.format.channels,
        provenance: .replay, sourceName: header.recordName)
      skippedSignals = reader.skippedSignals
    }
    guard format.sampleRate == header.frameRate else {
      throw header.damaged("states \(header.frameRate) Hz, its segments \(format.sampleRate) Hz")
    }
  }

  func read(
    into codes: UnsafeMutablePointer<Int32>, stride: Int, count: Int
  ) throws(RecordingError) -> Int {
    precondition(count >= 0 && stride >= count, "a channel's codes must fit its stride")
    let available = min(count, sampleCount - position)
    var done = 0
    while done < available {
      let index = segmentIndex(at: position + done)
      let from = position + done - starts[index]
      let chunk = min(available - done, segments[index].sampleCount - from, Self.chunk)
      try readSegment(index, from: from, count: chunk, into: codes + done, stride: stride)
      done += chunk
    }
    position += available
    return available
  }

  func seek(to sample: Int) throws(RecordingError) {
    position = try checkedPosition(sample, in: self)
  }

  func verifyChecksums() throws(RecordingError) {
    for segment in segments where segment.name != "~" {
      try Self.open(segment.name, header: header, folder: folder).verifyChecksums()
    }
  }

  // MARK: - Segments

  /// The segment that holds a sample, by bisection.
  private func segmentIndex(at sample: Int) -> Int {
    var (low, high) = (0, segments.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if starts[middle] <= sample { low = middle } else { high = middle - 1 }
    }
    return low
  }

  private func readSegment(
    _ index: Int, from: Int, count: Int, into codes: UnsafeMutablePointer<Int32>, stride: Int
  ) throws(RecordingError) {
    if segments[index].name != "~" && index != openIndex { try openSegment(index) }
    guard segments[index].name != "~", let reader = openReader else {
      for channel in format.channels.indices {
        (codes + channel * stride).update(repeating: SampleBlock.missing, count: count)
      }
      return
    }
    try reader.seek(to: from)
    let received = try scratch.withUnsafeMutableBufferPointer {
      buffer throws(RecordingError) in
      try reader.read(into: buffer.baseAddress!, stride: Self.chunk, count: count)
    }
    precondition(received == count, "an open segment has the samples that its master announces")
    for (channel, source) in sources.enumerated() {
      let output = codes + channel * stride
      guard let source else {
        output.update(repeating: SampleBlock.missing, count: count)
        continue
      }
      for sample in 0..<count {
        let code = scratch[source.channel * Self.chunk + sample]
        output[sample] = source.rescale.map { $0.apply(code) } ?? code
      }
    }
  }

  private func openSegment(_ index: Int) throws(RecordingError) {
    openIndex = -1
    let segment = segments[index]
    let reader = try Self.open(segment.name, header: header, folder: folder)
    guard reader.format.sampleRate == format.sampleRate,
      reader.sampleCount == segment.sampleCount
    else {
      throw header.damaged(
        "announces \(segment.sampleCount) samples at \(format.sampleRate) Hz in segment "
          + "\(segment.name), which has \(reader.sampleCount) at \(reader.format.sampleRate) Hz")
    }
    let parts = reader.format.channels
    if !hasLayout {
      guard parts.map(\.name) == format.channels.map(\.name) else {
        throw header.damaged("has other signals in segment \(segment.name) than in the first")
      }
      sources = parts.indices.map { ($0, Rescale(from: parts[$0], to: format.channels[$0])) }
    } else {
      sources = format.channels.map { channel in
        parts.firstIndex { $0.name == channel.name }
          .map { ($0, Rescale(from: parts[$0], to: channel)) }
      }
    }
    scratch = Array(repeating: 0, count: parts.count * Self.chunk)
    openReader = reader
    openIndex = index
  }

  private static func open(
    _ name: String, header: WFDBHeader, folder: String
  ) throws(RecordingError) -> WFDBReader {
    let segment = try segmentHeader(name, header: header, folder: folder)
    return try WFDBReader(header: segment, folder: folder + Recordings.parentFolder(name))
  }

  private static func segmentHeader(
    _ name: String, header: WFDBHeader, folder: String
  ) throws(RecordingError) -> WFDBHeader {
    guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
      throw header.damaged("names a segment outside the record's folder, \"\(name)\"")
    }
    let segment = try WFDBHeader(contentsOf: folder + name + ".hea")
    guard segment.segments.isEmpty else {
      throw header.damaged("names segment \(name), which has segments itself")
    }
    return segment
  }

  /// The channels of a layout segment; a gain it leaves open is that of the first segment with the
  /// signal, so that no resolution is lost.
  private static func layoutFormat(
    header: WFDBHeader, folder: String
  ) throws(RecordingError) -> (SignalFormat, skipped: [String]) {
    let layout = try segmentHeader(header.segments[0].name, header: header, folder: folder)
    var channels: [Channel] = []
    var skipped: [String] = []
    for (index, signal) in layout.signals.enumerated() {
      let name = signal.description.isEmpty ? "signal \(index)" : signal.description
      guard signal.microvoltsPerCode != nil else {
        skipped.append("\(name) is in \(signal.units), which is no voltage")
        continue
      }
      var channel = try WFDBReader.channel(name, signal, .thirtyTwoBit, layout)
      if signal.gain == nil {
        for segment in header.segments.dropFirst() where segment.name != "~" {
          let reader = try open(segment.name, header: header, folder: folder)
          guard let part = reader.format.channels.first(where: { $0.name == name }) else {
            continue
          }
          channel = part
          break
        }
      }
      channels.append(channel)
    }
    guard 1...SignalFormat.channelCountMax ~= channels.count else {
      throw RecordingError(
        "\(header.path): has \(channels.count) ECG signals where 1 to "
          + "\(SignalFormat.channelCountMax) can be played together; make a record of the signals "
          + "that matter")
    }
    let format = SignalFormat(
      sampleRate: layout.frameRate, channels: channels, provenance: .replay,
      sourceName: header.recordName)
    return (format, skipped)
  }
}

extension WFDBSegmentedReader.Rescale {
  /// The translation between two channels' codes; nil where they are the same.
  fileprivate init?(from part: Channel, to whole: Channel) {
    guard
      part.microvoltsPerCode != whole.microvoltsPerCode || part.baseline != whole.baseline
    else { return nil }
    scale = part.microvoltsPerCode / whole.microvoltsPerCode
    offset = Double(whole.baseline) - Double(part.baseline) * scale
  }

  /// The code in the whole record's scale, at the edge of the range where it does not fit.
  fileprivate func apply(_ code: Int32) -> Int32 {
    guard code != SampleBlock.missing else { return code }
    let value = (Double(code) * scale + offset).rounded(.toNearestOrEven)
    return Int32(max(Double(Int32.min + 1), min(Double(Int32.max), value)))
  }
}
