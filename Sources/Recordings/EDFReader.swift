// EDF, EDF+ (continuous and with gaps) and BDF files as recordings.

import ECGSignal
import Foundation

/// Reads an EDF file's voltages: all signals of the rate that most of them have.
final class EDFReader: RecordingReader {
  let format: SignalFormat
  let sampleCount: Int
  let comments: [String]
  private let file: ByteFile
  private let header: EDFHeader
  private let chosen: [EDFHeader.Signal]
  private let samplesPerRecord: Int
  /// First sample of each data record; what lies between them was not recorded.
  private let recordStarts: [Int]
  private var position = 0

  init(path: String) throws(RecordingError) {
    file = try ByteFile(path: path)
    let header = try EDFHeader(file)
    self.header = header
    let voltages = header.signals.filter {
      !$0.isAnnotations && WFDBReader.microvolts($0.unit) != nil && $0.samplesPerRecord > 0
        && $0.digitalMaximum > $0.digitalMinimum && $0.physicalMaximum != $0.physicalMinimum
    }
    let counts = Dictionary(grouping: voltages, by: \.samplesPerRecord)
    guard
      let common = counts.max(by: { ($0.value.count, $0.key) < ($1.value.count, $1.key) }),
      header.recordSeconds > 0
    else { throw RecordingError("\(path) has no signal in volts: it is no ECG.") }
    guard common.value.count <= SignalFormat.channelCountMax else {
      throw RecordingError(
        "\(path) has \(common.value.count) signals, more than \(SignalFormat.channelCountMax): split it."
      )
    }
    chosen = common.value
    samplesPerRecord = common.key
    let rate = Double(common.key) / header.recordSeconds
    format = SignalFormat(
      sampleRate: rate, channels: common.value.map(Self.channel), provenance: .replay,
      sourceName: URL(filePath: path).deletingPathExtension().lastPathComponent)
    let skipped = header.signals.filter { signal in
      !signal.isAnnotations && !common.value.contains(signal)
    }
    comments =
      header.comments
      + (skipped.isEmpty ? [] : ["not read: \(skipped.map(\.label).joined(separator: ", "))"])
    recordStarts = try Self.recordStarts(
      file, header, samplesPerRecord: common.key, sampleRate: rate)
    sampleCount = (recordStarts.last ?? -common.key) + common.key
  }

  /// Physical = (digital - digitalMinimum) * scale + physicalMinimum; the code of 0 microvolts may be a fraction
  /// and is then rounded, the rest stands in the offset.
  private static func channel(_ signal: EDFHeader.Signal) -> Channel {
    let unit = WFDBReader.microvolts(signal.unit) ?? 1
    let span = Double(signal.digitalMaximum - signal.digitalMinimum)
    let scale = (signal.physicalMaximum - signal.physicalMinimum) / span
    let zero = Double(signal.digitalMinimum) - signal.physicalMinimum / scale
    let baseline = Int32(clamping: Int64(max(-2e9, min(2e9, zero.rounded()))))
    var channel = Channel(
      name: signal.label, lead: Lead(signalName: signal.label), microvoltsPerCode: scale * unit,
      baseline: baseline,
      codeRange: Int32(clamping: signal.digitalMinimum)...Int32(clamping: signal.digitalMaximum))
    channel.offsetMicrovolts = (Double(baseline) - zero) * scale * unit
    return channel
  }

  /// Where each data record begins: one after the other, or as its first annotation says (EDF+D).
  private static func recordStarts(
    _ file: ByteFile, _ header: EDFHeader, samplesPerRecord: Int, sampleRate: Double
  ) throws(RecordingError) -> [Int] {
    let contiguous = (0..<header.recordCount).map { $0 * samplesPerRecord }
    guard header.isDiscontinuous, let times = header.signals.first(where: \.isAnnotations) else {
      return contiguous
    }
    var starts: [Int] = []
    var origin: Double?
    for record in 0..<header.recordCount {
      let count = min(times.samplesPerRecord * header.sampleByteCount, 64)
      let offset = header.byteCount + record * header.recordByteCount + times.byteOffset
      let bytes = UnsafeBufferPointer(start: try file.bytes(at: offset, count: count), count: count)
      let text = String(decoding: bytes.prefix { $0 != 20 && $0 != 21 }, as: UTF8.self)
      guard let onset = Double(text), abs(onset) < 1e9 else {
        throw RecordingError(
          "\(file.path): data record \(record + 1) tells no time: export it again.")
      }
      let first = origin ?? onset
      origin = first
      let start = Int(((onset - first) * sampleRate).rounded())
      guard start >= (starts.last.map { $0 + samplesPerRecord } ?? 0) else {
        throw RecordingError(
          "\(file.path): data record \(record + 1) lies before the one before it.")
      }
      starts.append(start)
    }
    return starts
  }

  func seek(to sample: Int) throws(RecordingError) {
    guard (0...sampleCount).contains(sample) else {
      throw RecordingError("\(file.path) has no sample \(sample): it has \(sampleCount).")
    }
    position = sample
  }

  func read(
    into codes: UnsafeMutablePointer<Int32>, stride: Int, count: Int
  ) throws(RecordingError) -> Int {
    guard position < sampleCount, count > 0 else { return 0 }
    let record = lastRecord(startingAtOrBefore: position)
    let within = position - recordStarts[record]
    if within >= samplesPerRecord {
      // Between two data records.
      let gapEnd = recordStarts[record + 1]
      let length = min(count, gapEnd - position)
      for channel in chosen.indices {
        (codes + channel * stride).update(repeating: SampleBlock.missing, count: length)
      }
      position += length
      return length
    }
    let length = min(count, samplesPerRecord - within, 4096)
    let size = header.sampleByteCount
    for (channel, signal) in chosen.enumerated() {
      let offset =
        header.byteCount + record * header.recordByteCount + signal.byteOffset + within * size
      let bytes = try file.bytes(at: offset, count: length * size)
      let row = codes + channel * stride
      for sample in 0..<length { row[sample] = Self.code(bytes + sample * size, size) }
    }
    position += length
    return length
  }

  private static func code(_ bytes: UnsafePointer<UInt8>, _ size: Int) -> Int32 {
    let low = Int32(bytes[0]) | Int32(bytes[1]) << 8
    return size == 2
      ? Int32(Int16(truncatingIfNeeded: low)) : (low << 8 | Int32(bytes[2]) << 24) >> 8
  }

  private func lastRecord(startingAtOrBefore sample: Int) -> Int {
    var low = 0
    var high = recordStarts.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if recordStarts[middle] <= sample { low = middle } else { high = middle - 1 }
    }
    return low
  }
}
