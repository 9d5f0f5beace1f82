// Anything that an ADC can send, for as long as one likes: no trap, nothing that grows, and a heart is found again
// within seconds afterwards. A million rows' values in a test run; ECGCLIP_ENDURANCE=1000000000 sets another number.

import Foundation
import SignalProcessing
import TestSupport
import Testing

private let valueCount =
  ProcessInfo.processInfo.environment["ECGCLIP_ENDURANCE"].flatMap { Int($0) } ?? 1_000_000

/// What is done to the input, each for some seconds.
private enum Abuse: CaseIterable {
  case uniform, extremes, constant, alternating, walk, tiny, huge, missing, flickering, spikes

  func value(_ random: inout SeededRandom, _ index: Int, _ last: Float) -> Float {
    // A 24-bit converter of 2.4 V without gain ends at 2.4 million microvolts.
    let end: Float = 2_400_000
    let noise = Float(random.value())
    return switch self {
    case .uniform: noise * end
    case .extremes: noise > 0 ? end : -end
    case .constant: end
    case .alternating: index % 2 == 0 ? end : -end
    case .walk: last.isFinite && abs(last) < end ? last + noise * 1000 : 0
    case .tiny: noise * 1e-30
    case .huge: noise * 1e30
    case .missing: .nan
    case .flickering: noise > 0 ? .nan : noise * 1000
    case .spikes: abs(noise) > 0.995 ? noise * end : 0
    }
  }
}

private func endure(rowCount: Int, sampleRate: Double, values: Int, seed: UInt64) {
  var random = SeededRandom(seed: seed)
  let chain = SignalChain(sampleRate: sampleRate, rowCount: rowCount)
  let stretch = Int(3 * sampleRate)
  var row = [Float](repeating: 0, count: rowCount)
  var abuses = [Abuse](repeating: .uniform, count: rowCount)
  var lastBeat = Int64.min
  var index: Int64 = 0
  for step in 0..<(values / rowCount) {
    if step % stretch == 0 {
      let common = random.value() > 0 ? Abuse.allCases.randomElement(using: &random) : nil
      for position in 0..<rowCount {
        abuses[position] = common ?? Abuse.allCases.randomElement(using: &random) ?? .uniform
      }
      if random.value() > 0.9 {
        let gap = Int64(1 + abs(random.value()) * 3 * sampleRate)
        if chain.isBridged(gap: gap) {
          let missing = [Float](repeating: .nan, count: rowCount)
          for _ in 0..<gap {
            if let beat = chain.step(missing, saturated: 0, lost: 0, at: index) {
              #expect(beat.sampleIndex > lastBeat && beat.sampleIndex <= index)
              lastBeat = beat.sampleIndex
            }
            index += 1
          }
        } else {
          index += gap
          chain.crossGap(gap, last: row, to: index)
          lastBeat = .min
        }
      }
    }
    for position in 0..<rowCount {
      row[position] = abuses[position].value(&random, step, row[position])
    }
    let saturated = UInt32(truncatingIfNeeded: random.next() & random.next())
    let beat = chain.step(
      row, saturated: saturated, lost: step % stretch < stretch / 8 ? 1 : 0, at: index)
    if let beat {
      #expect(beat.sampleIndex > lastBeat && beat.sampleIndex <= index)
      lastBeat = beat.sampleIndex
    }
    if let rate = chain.heartRate(at: index) { #expect((10...320).contains(rate)) }
    index += 1
  }
  // A heart again: told within ten seconds, right within fifteen.
  let ecg = SyntheticECG(beatsPerMinute: 75, to: 20)
  for step in 0..<Int(20 * sampleRate) {
    let value = Float(ecg.value(at: Double(step) / sampleRate))
    for position in 0..<rowCount { row[position] = value }
    _ = chain.step(row, saturated: 0, lost: 0, at: index)
    if step > Int(15 * sampleRate) {
      #expect(chain.heartRate(at: index).map { abs($0 - 75) < 5 } == true)
    }
    index += 1
  }
}

@Test("extreme input for long: no trap, no disorder, and a heart is found again")
func extremesAreEndured() async {
  let kinds: [(rowCount: Int, rate: Double)] = [(1, 360), (2, 125), (12, 500), (16, 1000)]
  await withTaskGroup(of: Void.self) { group in
    for (number, kind) in kinds.enumerated() {
      group.addTask {
        endure(
          rowCount: kind.rowCount, sampleRate: kind.rate, values: valueCount / kinds.count,
          seed: UInt64(number))
      }
    }
  }
}
