// A WFDB record of several segments, of fixed or of variable layout. A segment "~" is a gap; a signal that a
// segment has not is missing there.

import ECGSignal
import Foundation

/// Reads a record of several segments as one.
final class WFDBSegmentedReader: RecordingReader {
  let format: SignalFormat
  let sampleCount: Int
  let comments: [String]
  private let record: String
  private let segments: [Segment]
  private var position = 0
  private var open: (index: Int, reader: WFDBReader, channels: [Int?])?
  private let scratch: UnsafeMutablePointer<Int32>
  private static let pieceCount = 1024

  private struct Segment {
    let name: String
    let start: Int
    let count: Int
  }

  init(record: String, header: WFDBHeader) throws(RecordingError) {
    self.record = record
    comments = header.comments
    var segments: [Segment] = []
    var start = 0
    for segment in header.segments where segment.sampleCount > 0 {
      segments.append(Segment(name: segment.name, start: start, count: segment.sampleCount))
      start += segment.sampleCount
    }
    self.segments = segments
    sampleCount = start
    // The channels: of a variable layout the layout segment (length 0) lists them, else the first one does.
    let folder = Self.folder(of: record)
    guard let describing = header.segments.first(where: { $0.name != "~" }) else {
      throw RecordingError("\(record) has no segment with signals: it is a gap from end to end.")
    }
    let layout = try WFDBHeader(path: folder + describing.name + ".hea")
    format = try Self.format(layout, record: record, header: header)
    scratch = .allocate(capacity: Self.pieceCount * SignalFormat.channelCountMax)
    scratch.initialize(
      repeating: SampleBlock.missing, count: Self.pieceCount * SignalFormat.channelCountMax)
  }

  deinit { scratch.deallocate() }

  private static func folder(of record: String) -> String {
    URL(filePath: record).deletingLastPathComponent().path(percentEncoded: false)
  }

  private static func format(
    _ layout: WFDBHeader, record: String, header: WFDBHeader
  ) throws(RecordingError) -> SignalFormat {
    let signals = layout.signals.filter { WFDBReader.microvolts($0.units) != nil }
    guard !signals.isEmpty, signals.count <= SignalFormat.channelCountMax else {
      throw RecordingError(
        "\(record) has \(signals.count) signals in volts: 1 to \(SignalFormat.channelCountMax) can be read."
      )
    }
    return SignalFormat(
      sampleRate: header.sampleRate,
      channels: signals.map {
        Channel(
          name: $0.name, lead: Lead(signalName: $0.name),
          microvoltsPerCode: (WFDBReader.microvolts($0.units) ?? 1000) / $0.gain,
          baseline: Int32($0.baseline), codeRange: (Int32.min + 1)...Int32.max)
      }, provenance: .replay, sourceName: header.name)
  }

  func seek(to sample: Int) throws(RecordingError) {
    guard (0...sampleCount).contains(sample) else {
      throw RecordingError("\(record) has no sample \(sample): it has \(sampleCount).")
    }
    position = sample
  }

  func read(
    into codes: UnsafeMutablePointer<Int32>, stride: Int, count: Int
  ) throws(RecordingError) -> Int {
    guard position < sampleCount,
      let index = segments.lastIndex(where: { $0.start <= position })
    else { return 0 }
    let segment = segments[index]
    let count = min(count, segment.start + segment.count - position, Self.pieceCount)
    guard count > 0 else { return 0 }
    if segment.name == "~" {
      for channel in format.channels.indices {
        (codes + channel * stride).update(repeating: SampleBlock.missing, count: count)
      }
      position += count
      return count
    }
    if open?.index != index { open = try openSegment(index) }
    guard let open else { return 0 }
    try open.reader.seek(to: position - segment.start)
    let got = try open.reader.read(into: scratch, stride: Self.pieceCount, count: count)
    guard got > 0 else {
      throw RecordingError(
        "\(record): segment \(segment.name) is shorter than the record says: fetch it again.")
    }
    for (channel, source) in open.channels.enumerated() {
      copy(source, open.reader.format, to: codes + channel * stride, channel: channel, count: got)
    }
    position += got
    return got
  }

  /// Copies a segment's signal, brought to the record's scale where the segment has another.
  private func copy(
    _ source: Int?, _ segment: SignalFormat, to codes: UnsafeMutablePointer<Int32>, channel: Int,
    count: Int
  ) {
    guard let source else {
      codes.update(repeating: SampleBlock.missing, count: count)
      return
    }
    let row = scratch + source * Self.pieceCount
    let from = segment.channels[source]
    let to = format.channels[channel]
    let isSame = from.microvoltsPerCode == to.microvoltsPerCode && from.baseline == to.baseline
    for sample in 0..<count {
      let code = row[sample]
      if isSame || code == SampleBlock.missing {
        codes[sample] = code
      } else {
        let microvolts = Double(code - from.baseline) * from.microvoltsPerCode
        codes[sample] =
          Int32(clamping: Int64((microvolts / to.microvoltsPerCode).rounded())) + to.baseline
      }
    }
  }

  private func openSegment(
    _ index: Int
  ) throws(RecordingError) -> (index: Int, reader: WFDBReader, channels: [Int?]) {
    let path = Self.folder(of: record) + segments[index].name
    let header = try WFDBHeader(path: path + ".hea")
    let reader = try WFDBReader(record: path, header: header)
    let channels = format.channels.map { channel in
      reader.format.channels.firstIndex { $0.name == channel.name }
    }
    return (index, reader, channels)
  }
}
