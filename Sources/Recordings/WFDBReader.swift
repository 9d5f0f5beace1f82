// A WFDB record of one segment: any number of signals in any number of files.

import ECGSignal
import Foundation

/// Reads a record of one segment.
final class WFDBReader: RecordingReader {
  let format: SignalFormat
  let sampleCount: Int
  let comments: [String]
  private let groups: [FileGroup]
  private let samplesPerFrame: Int
  private var position = 0

  /// The signals of one file that are read.
  private struct FileGroup {
    let file: ByteFile
    let format: WFDBSampleFormat
    let byteOffset: Int
    /// Signals in the file, those that are not read included.
    let signalCount: Int
    /// Position among the file's signals, channel of the reader, skew in samples.
    let channels: [(place: Int, channel: Int, skew: Int)]
  }

  init(record: String, header: WFDBHeader) throws(RecordingError) {
    let folder = URL(filePath: record).deletingLastPathComponent().path(percentEncoded: false)
    guard let first = header.signals.first else {
      throw RecordingError("\(record) has no signals: it is a header alone.")
    }
    samplesPerFrame = first.samplesPerFrame
    guard header.signals.allSatisfy({ $0.samplesPerFrame == first.samplesPerFrame }) else {
      throw RecordingError(
        "\(record) has signals of different sampling rates: split it into records of one rate (xform)."
      )
    }
    let chosen = header.signals.indices.filter { Self.microvolts(header.signals[$0].units) != nil }
    guard !chosen.isEmpty else {
      throw RecordingError("\(record) has no signal in volts: it is no ECG.")
    }
    guard chosen.count <= SignalFormat.channelCountMax else {
      throw RecordingError(
        "\(record) has \(chosen.count) signals, more than \(SignalFormat.channelCountMax): split it."
      )
    }
    var channels: [Channel] = []
    for index in chosen { channels.append(try Self.channel(header.signals[index], record)) }
    format = SignalFormat(
      sampleRate: header.sampleRate * Double(first.samplesPerFrame), channels: channels,
      provenance: .replay, sourceName: header.name)
    comments = header.comments
    groups = try Self.groups(header, chosen: chosen, folder: folder, record: record)
    sampleCount = try Self.count(
      header, groups: groups, samplesPerFrame: first.samplesPerFrame, record: record)
  }

  /// Microvolts of a unit, nil for what is no voltage.
  static func microvolts(_ unit: String) -> Double? {
    switch unit.lowercased() {
    case "mv": 1000
    case "uv", "\u{b5}v", "\u{3bc}v": 1
    case "v": 1_000_000
    case "nv": 0.001
    default: nil
    }
  }

  private static func channel(
    _ signal: WFDBHeader.Signal, _ record: String
  ) throws(RecordingError) -> Channel {
    guard let packing = WFDBSampleFormat(rawValue: signal.format) else {
      let known = WFDBSampleFormat.allCases.map { String($0.rawValue) }.joined(separator: ", ")
      throw RecordingError(
        "\(record) is stored in WFDB format \(signal.format), which is not read: convert it to one of \(known)."
      )
    }
    let bits = signal.adcResolutionBits == 0 ? packing.bits : min(signal.adcResolutionBits, 32)
    let half = Int64(1) << Int64(bits - 1)
    let lower = Int32(clamping: max(Int64(signal.adcZero) - half, Int64(Int32.min) + 1))
    let upper = Int32(clamping: Int64(signal.adcZero) + half - 1)
    return Channel(
      name: signal.name.isEmpty ? "signal" : signal.name, lead: Lead(signalName: signal.name),
      microvoltsPerCode: (microvolts(signal.units) ?? 1000) / signal.gain,
      baseline: Int32(signal.baseline), codeRange: lower...upper)
  }

  private static func groups(
    _ header: WFDBHeader, chosen: [Int], folder: String, record: String
  ) throws(RecordingError) -> [FileGroup] {
    var groups: [FileGroup] = []
    var start = 0
    while start < header.signals.count {
      let signal = header.signals[start]
      var end = start
      while end < header.signals.count && header.signals[end].file == signal.file { end += 1 }
      let members = header.signals[start..<end]
      guard let packing = WFDBSampleFormat(rawValue: signal.format),
        members.allSatisfy({ $0.format == signal.format && $0.byteOffset == signal.byteOffset }),
        !signal.file.contains("/")
      else {
        throw RecordingError(
          "\(record): the signals of \(signal.file) contradict each other: the header is damaged.")
      }
      let channels = (start..<end).compactMap { index in
        chosen.firstIndex(of: index).map {
          (place: index - start, channel: $0, skew: header.signals[index].skew)
        }
      }
      if !channels.isEmpty {
        groups.append(
          FileGroup(
            file: try ByteFile(path: folder + signal.file), format: packing,
            byteOffset: signal.byteOffset, signalCount: end - start, channels: channels))
      }
      start = end
    }
    return groups
  }

  /// Samples of the record: what the header says, or what the shortest file holds in whole frames.
  private static func count(
    _ header: WFDBHeader, groups: [FileGroup], samplesPerFrame: Int, record: String
  ) throws(RecordingError) -> Int {
    let held = groups.map { group in
      group.format.sampleCount(bytes: max(0, group.file.byteCount - group.byteOffset))
        / group.signalCount
    }
    let available = held.min() ?? 0
    guard let stated = header.sampleCount.map({ $0 * samplesPerFrame }) else {
      return available / samplesPerFrame * samplesPerFrame
    }
    guard available >= stated else {
      throw RecordingError(
        "\(record) holds \(available) of the \(stated) samples that its header promises: "
          + "the file is truncated, fetch it again.")
    }
    return stated
  }

  func seek(to sample: Int) throws(RecordingError) {
    guard (0...sampleCount).contains(sample) else {
      throw RecordingError("\(format.sourceName) has no sample \(sample): it has \(sampleCount).")
    }
    position = sample
  }

  func read(
    into codes: UnsafeMutablePointer<Int32>, stride: Int, count: Int
  ) throws(RecordingError) -> Int {
    // A piece of 1024 samples of 16 signals of 4 bytes fits the file's window.
    let count = min(count, sampleCount - position, 1024)
    guard count > 0 else { return 0 }
    for group in groups {
      for entry in group.channels {
        try read(
          group, place: entry.place, from: position + entry.skew, count: count,
          into: codes + entry.channel * stride)
      }
    }
    position += count
    return count
  }

  private func read(
    _ group: FileGroup, place: Int, from first: Int, count: Int,
    into codes: UnsafeMutablePointer<Int32>
  ) throws(RecordingError) {
    let isPaired = group.format == .pairs12
    for sample in 0..<count {
      let number = first + sample
      guard number < sampleCount else {
        codes[sample] = SampleBlock.missing
        continue
      }
      let frame = number / samplesPerFrame
      let index =
        (frame * group.signalCount + place) * samplesPerFrame + number % samplesPerFrame
      let isSecond = isPaired && index % 2 == 1
      let byteCount = isPaired ? (isSecond ? 3 : 2) : group.format.bits / 8
      let bytes = try group.file.bytes(
        at: group.byteOffset + group.format.byteOffset(ofSample: index), count: byteCount)
      codes[sample] = group.format.decode(bytes, isSecond: isSecond)
    }
  }
}
