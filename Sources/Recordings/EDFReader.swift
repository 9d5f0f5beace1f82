// EDF, EDF+ and BDF files: data records of a fixed duration, each with a run of every signal's samples.
// Gaps between the records of a discontinuous file (EDF+D) are missing samples.

import ECGSignal
import Foundation

/// Reads the ECG of an EDF, EDF+ or BDF file: its voltages of the highest rate.
public final class EDFReader: RecordingReader {
  /// Rate and channels; the name is that of the file without its ending.
  public let format: SignalFormat
  /// Samples a channel, gaps of an EDF+D file counted.
  public let sampleCount: Int
  /// The header's patient and recording fields.
  public let comments: [String]
  /// A sentence for each signal that is no voltage or of a lower rate.
  public let skippedSignals: [String]
  /// The file's start, read as UTC.
  public let baseTime: Date?

  /// Data records without a gap between them.
  private struct Run {
    var start: Int
    var firstRecord: Int
    var recordCount: Int
  }

  private let header: EDFHeader
  private let window: FileWindow
  /// For each channel, bytes before its samples in a data record.
  private let offsets: [Int]
  private let samplesPerRecord: Int
  private let runs: [Run]
  private let firstOnset: Double
  private var position = 0

  private static let runCountMax = 1 << 20
  private static let eventCountMax = 1 << 20

  /// Opens a file.
  init(path: String) throws(RecordingError) {
    window = try FileWindow(path: path)
    header = try EDFHeader(window)
    let (kept, skipped) = Self.select(header)
    guard let first = kept.first, first.samplesPerRecord > 0, header.recordDuration > 0 else {
      throw RecordingError(
        "\(path): holds no ECG (\(skipped.joined(separator: "; "))); choose another file")
    }
    guard kept.count <= SignalFormat.channelCountMax else {
      throw RecordingError(
        "\(path): has \(kept.count) signals of its highest rate where "
          + "\(SignalFormat.channelCountMax) can be played together; export those that matter")
    }
    comments = header.comments
    baseTime = header.baseTime
    skippedSignals = skipped
    offsets = kept.map(\.offsetInRecord)
    samplesPerRecord = first.samplesPerRecord
    let rate = Double(samplesPerRecord) / header.recordDuration
    guard rate <= 1e6, header.recordCount <= WFDBHeader.sampleCountMax / samplesPerRecord else {
      throw RecordingError(
        "\(path): states a rate or a length that no ECG has; export the file again")
    }
    format = SignalFormat(
      sampleRate: rate, channels: kept.map(Self.channel), provenance: .replay,
      sourceName: path.split(separator: "/").last.map { String($0.dropLast(4)) } ?? path)
    (runs, firstOnset) = try Self.runs(
      header, window: window, rate: rate, samplesPerRecord: samplesPerRecord)
    sampleCount = runs.last.map { $0.start + $0.recordCount * first.samplesPerRecord } ?? 0
  }

  /// Fills codes `[channel][stride]`; see `RecordingReader`.
  public func read(
    into codes: UnsafeMutablePointer<Int32>, stride: Int, count: Int
  ) throws(RecordingError) -> Int {
    precondition(count >= 0 && stride >= count, "a channel's codes must fit its stride")
    let available = min(count, sampleCount - position)
    var done = 0
    while done < available {
      let sample = position + done
      let run = runIndex(at: sample)
      let inRun = sample - runs[run].start
      let left = available - done
      if inRun >= runs[run].recordCount * samplesPerRecord {
        let chunk = min(left, runs[run + 1].start - sample)
        for channel in offsets.indices {
          (codes + channel * stride + done).update(repeating: SampleBlock.missing, count: chunk)
        }
        done += chunk
      } else {
        let chunk = min(left, samplesPerRecord - inRun % samplesPerRecord)
        let record = runs[run].firstRecord + inRun / samplesPerRecord
        let start = header.byteCount + record * header.recordSize
        for (channel, offset) in offsets.enumerated() {
          let bytes = try window.bytes(
            at: start + offset + inRun % samplesPerRecord * header.bytesPerSample,
            count: chunk * header.bytesPerSample)
          decode(bytes, count: chunk, into: codes + channel * stride + done)
        }
        done += chunk
      }
    }
    position += available
    return available
  }

  /// Moves the read position to a sample in `0...sampleCount`.
  public func seek(to sample: Int) throws(RecordingError) {
    position = try checkedPosition(sample, in: self)
  }

  /// EDF has no checksums: does nothing.
  public func verifyChecksums() throws(RecordingError) {}

  /// The annotations of an EDF+ or BDF+ file, in the order of the file. Reads the whole file's
  /// annotation signals.
  public func events() throws(RecordingError) -> [EDFEvent] {
    var events: [EDFEvent] = []
    for signal in header.signals where signal.isAnnotations {
      for record in 0..<header.recordCount {
        let bytes = try Self.annotationBytes(signal, record: record, header: header, window: window)
        for list in EDFTimeStampedList.parse(bytes) {
          let sample = Int(((list.onset - firstOnset) * format.sampleRate).rounded())
          events += list.texts.map {
            EDFEvent(
              onsetSeconds: list.onset, durationSeconds: list.duration, sample: sample, text: $0)
          }
        }
        guard events.count <= Self.eventCountMax else {
          throw RecordingError(
            "\(header.path): has more than \(Self.eventCountMax) annotations; export fewer")
        }
      }
    }
    return events
  }

  private func decode(
    _ bytes: UnsafeRawBufferPointer, count: Int, into codes: UnsafeMutablePointer<Int32>
  ) {
    if header.bytesPerSample == 2 {
      for index in 0..<count {
        codes[index] = Int32(
          Int16(bitPattern: UInt16(bytes[2 &* index]) | UInt16(bytes[2 &* index &+ 1]) << 8))
      }
    } else {
      for index in 0..<count {
        let low = UInt32(bytes[3 &* index]) << 8 | UInt32(bytes[3 &* index &+ 1]) << 16
        codes[index] = Int32(bitPattern: low | UInt32(bytes[3 &* index &+ 2]) << 24) >> 8
      }
    }
  }

  /// The last run that begins at or before a sample.
  private func runIndex(at sample: Int) -> Int {
    var (low, high) = (0, runs.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if runs[middle].start <= sample { low = middle } else { high = middle - 1 }
    }
    return low
  }

  // MARK: - Opening

  /// The voltages of the highest rate, and a sentence for every other signal.
  private static func select(_ header: EDFHeader) -> ([EDFHeader.Signal], skipped: [String]) {
    let voltages = header.signals.filter { !$0.isAnnotations && $0.microvoltsPerCode != nil }
    let most = voltages.map(\.samplesPerRecord).max() ?? 0
    var skipped: [String] = []
    for signal in header.signals where !signal.isAnnotations {
      if signal.microvoltsPerCode == nil {
        let unit = signal.dimension.isEmpty ? "no units" : signal.dimension
        skipped.append("\(signal.label) is in \(unit) or states no range: no voltage")
      } else if signal.samplesPerRecord < most {
        skipped.append(
          "\(signal.label) has \(signal.samplesPerRecord) samples a data record where others have "
            + "\(most)")
      }
    }
    return (voltages.filter { $0.samplesPerRecord == most }, skipped)
  }

  /// The channel of a signal. Its baseline is rounded to a code: at most half a code of error.
  private static func channel(_ signal: EDFHeader.Signal) -> Channel {
    let codes = Double(signal.digitalMax) - Double(signal.digitalMin)
    let zero =
      Double(signal.digitalMin)
      - signal.physicalMin / (signal.physicalMax - signal.physicalMin) * codes
    return Channel(
      signalName: signal.label,
      microvoltsPerCode: signal.microvoltsPerCode ?? 0,
      baseline: Int32(max(-2_147_483_647, min(2_147_483_647, zero.rounded(.toNearestOrEven)))),
      codeRange: signal.digitalMin...signal.digitalMax)
  }

  private static func annotationBytes(
    _ signal: EDFHeader.Signal, record: Int, header: EDFHeader, window: FileWindow
  ) throws(RecordingError) -> UnsafeRawBufferPointer {
    try window.bytes(
      at: header.byteCount + record * header.recordSize + signal.offsetInRecord,
      count: signal.samplesPerRecord * header.bytesPerSample)
  }

  /// Where the data records lie in time: one run, or for EDF+D one between any two gaps.
  private static func runs(
    _ header: EDFHeader, window: FileWindow, rate: Double, samplesPerRecord: Int
  ) throws(RecordingError) -> ([Run], firstOnset: Double) {
    guard header.recordCount > 0 else { return ([], 0) }
    let timeKeeping = header.signals.first(where: \.isAnnotations)
    func onset(_ record: Int, _ signal: EDFHeader.Signal) throws(RecordingError) -> Double? {
      let bytes = try annotationBytes(signal, record: record, header: header, window: window)
      return EDFTimeStampedList.parse(bytes).first?.onset
    }
    guard header.isDiscontinuous else {
      let first = try timeKeeping.map { signal throws(RecordingError) in try onset(0, signal) }
      return ([Run(start: 0, firstRecord: 0, recordCount: header.recordCount)], (first ?? nil) ?? 0)
    }
    var runs: [Run] = []
    var (first, end) = (0.0, 0)
    for record in 0..<header.recordCount {
      guard let timeKeeping, let onset = try onset(record, timeKeeping) else {
        throw RecordingError(
          "\(header.path): data record \(record) does not say when it was taken; export the file "
            + "again")
      }
      if record == 0 { first = onset }
      let start = (onset - first) * rate
      // Onsets are rounded decimals: less than a sample between two records is no gap.
      if record > 0 && (start - Double(end)).magnitude < 1 {
        runs[runs.count - 1].recordCount += 1
        end += samplesPerRecord
        continue
      }
      guard start >= Double(end), start < Double(WFDBHeader.sampleCountMax / 2),
        runs.count < runCountMax
      else {
        throw RecordingError(
          "\(header.path): data record \(record) overlaps the one before or lies too far from it; "
            + "export the file again")
      }
      let sample = Int(start.rounded())
      runs.append(Run(start: sample, firstRecord: record, recordCount: 1))
      end = sample + samplesPerRecord
    }
    return (runs, first)
  }
}
