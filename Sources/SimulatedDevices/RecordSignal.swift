// A recording as an emulated front-end measures it: its leads through a 24-bit converter, at its own rate or
// resampled to that of a board which has only one.

import Devices
import ECGSignal
import Glibc
import Recordings

/// A recording behind an emulated converter.
///
/// Of a 12-lead record the eight measured leads are sent (I, II, V1-V6): the others follow from them. What was
/// not recorded is left out, so that the receiver sees a gap.
public final class RecordSignal: EmulatedSignal {
  public let format: SignalFormat
  /// Microvolts `[channel][sample]`, NaN where nothing was recorded.
  private let microvolts: [[Float]]
  private let sampleCount: Int
  private var position = 0
  private var index: Int64 = 0

  /// Reads the whole recording into memory; an emulated session is minutes to hours long.
  ///
  /// - Parameter sampleRate: the rate to resample to, nil for the record's own.
  public init(
    _ reader: any RecordingReader, sampleRate: Double? = nil
  ) throws {
    let chosen = Self.measuredChannels(reader.format)
    var rows = try Self.readAll(reader, channels: chosen)
    let rate = sampleRate ?? reader.format.sampleRate
    if rate != reader.format.sampleRate {
      rows = rows.map { Self.resample($0, from: reader.format.sampleRate, to: rate) }
    }
    microvolts = rows
    sampleCount = rows.first?.count ?? 0
    guard sampleCount > 0 else {
      throw SourceError("\(reader.format.sourceName) holds no samples: choose another record.")
    }
    format = SignalFormat(
      sampleRate: rate,
      channels: chosen.map { channel in
        Channel(
          name: reader.format.channels[channel].name,
          lead: reader.format.channels[channel].lead,
          microvoltsPerCode: EmulatedConverter.microvoltsPerCode)
      }, provenance: .replay, sourceName: reader.format.sourceName)
  }

  public func rewind() { position = 0 }

  public func fill(_ block: SampleBlock, count: Int) -> Bool {
    while position < sampleCount && isMissing(position) {
      position += 1
      index += 1
    }
    guard position < sampleCount else { return false }
    var filled = 0
    while filled < count && position < sampleCount && !isMissing(position) {
      for channel in microvolts.indices {
        block.channel(channel)[filled] = EmulatedConverter.code(
          Double(microvolts[channel][position]))
      }
      filled += 1
      position += 1
    }
    block.header.pointee.firstIndex = index
    block.header.pointee.sampleCount = Int32(filled)
    block.header.pointee.leadOff = 0
    index += Int64(filled)
    return true
  }

  private func isMissing(_ sample: Int) -> Bool {
    microvolts.contains { $0[sample].isNaN }
  }

  /// I, II, V1-V6 where the record has I and II; all channels otherwise.
  private static func measuredChannels(_ format: SignalFormat) -> [Int] {
    let all = Array(format.channels.indices)
    guard format.leads.isSuperset(of: .limbPair) else { return all }
    let derived: LeadSet = LeadSet.limb.subtracting(.limbPair)
    return all.filter { index in
      guard let lead = format.channels[index].lead else { return false }
      return !derived.contains(lead)
    }
  }

  private static func readAll(
    _ reader: any RecordingReader, channels: [Int]
  ) throws -> [[Float]] {
    let chunk = 4096
    let total = reader.format.channels.count
    let codes = UnsafeMutablePointer<Int32>.allocate(capacity: chunk * total)
    defer { codes.deallocate() }
    var rows = channels.map { _ in [Float]() }
    try reader.seek(to: 0)
    while true {
      let count = try reader.read(into: codes, stride: chunk, count: chunk)
      if count == 0 { return rows }
      for (row, channel) in channels.enumerated() {
        let scale = reader.format.channels[channel]
        for sample in 0..<count {
          let code = codes[channel * chunk + sample]
          rows[row].append(
            code == SampleBlock.missing
              ? .nan : Float(Double(code - scale.baseline) * scale.microvoltsPerCode))
        }
      }
    }
  }

  /// Band-limited interpolation: a sinc below the lower of both Nyquist frequencies under a Hann window of
  /// 32 samples.
  private static func resample(_ row: [Float], from rate: Double, to newRate: Double) -> [Float] {
    let count = Int(Double(row.count) / rate * newRate)
    let cutoff = min(1, newRate / rate)
    let reach = 16
    return (0..<count).map { position in
      let centre = Double(position) * rate / newRate
      let middle = Int(centre)
      var sum = 0.0
      var weights = 0.0
      for neighbour in (middle - reach + 1)...(middle + reach) {
        let distance = Double(neighbour) - centre
        let angle = Double.pi * distance * cutoff
        let sinc = abs(angle) < 1e-9 ? 1 : sin(angle) / angle
        let weight = sinc * (0.5 + 0.5 * cos(.pi * distance / Double(reach + 1)))
        sum += weight * Double(row[max(0, min(row.count - 1, neighbour))])
        weights += weight
      }
      return Float(sum / weights)
    }
  }
}
