// The bursts as they are heard: rendered, then measured by scipy, which knows nothing of how they were made.

import Alarms
import Foundation
import TestSupport
import Testing

private func bytes(_ samples: [Int16]) -> [UInt8] {
  samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
}

/// The numbers of IEC 60601-1-8 (tables 3 and 4 with figure 1), where the texts of 2006 and 2020 overlap.
private struct Limits {
  let pulseSeconds: ClosedRange<Double>
  let gapSeconds: [ClosedRange<Double>]
  let silenceSeconds: ClosedRange<Double>
}

private func limits(_ priority: AlarmPriority, pulse: Double) -> Limits {
  let y = 0.125...0.25
  switch priority {
  case .high:
    let x = 0.05...0.125
    // 2x + td after the third and the eighth pulse; x as the neighbours have it.
    let long = (2 * x.lowerBound + pulse)...(2 * x.upperBound + pulse)
    let gaps = [x, x, long, x, 0.35...1.3, x, x, long, x]
    return Limits(pulseSeconds: 0.075...0.2, gapSeconds: gaps, silenceSeconds: 2.5...15)
  case .medium:
    return Limits(pulseSeconds: y, gapSeconds: [y, y], silenceSeconds: 2.5...30)
  case .low:
    return Limits(pulseSeconds: y, gapSeconds: [y], silenceSeconds: 15...1e9)
  }
}

private let c4 = 261.63, e4 = 329.63, g4 = 392.00, c5 = 523.25

@Suite struct AlarmBurstTests {
  @Test(
    "measured by scipy, every burst has the pulses, pauses, edges and harmonics of the standard",
    .enabled(if: Python.readsWFDB), arguments: AlarmMelody.allCases, [8000, 48_000])
  func bursts(melody: AlarmMelody, rate: Int) throws {
    let folder = try TemporaryFolder()
    let bursts = AlarmPriority.allCases.map { AlarmBurst($0, melody: melody) }
    let paths = try bursts.map {
      try folder.write($0.priority.name, bytes($0.samples(sampleRateHz: Double(rate))))
    }
    let measured = try Python.peer("measure_bursts.py", ["\(rate)"] + paths)
    for (index, burst) in bursts.enumerated() {
      check(burst, melody, measured[index], rate: Double(rate))
    }
  }

  private func check(_ burst: AlarmBurst, _ melody: AlarmMelody, _ measured: Json, rate: Double) {
    let pulses = measured["pulses"].list
    let limits = limits(burst.priority, pulse: burst.pulseSeconds)
    #expect(pulses.count == limits.gapSeconds.count + 1)
    // The envelope is known to half a period of the lowest tone (2 ms) at either end.
    let slack = 0.004
    for (gap, range) in limits.gapSeconds.enumerated() where gap + 1 < pulses.count {
      let seconds = pulses[gap + 1]["start"].number - pulses[gap]["end"].number
      #expect(range.lowerBound - slack...range.upperBound + slack ~= seconds, "gap \(gap)")
    }
    for pulse in pulses {
      let seconds = pulse["end"].number - pulse["start"].number
      #expect(limits.pulseSeconds ~= seconds)
      #expect(abs(seconds - burst.pulseSeconds) < slack)
      // 10-20 % of the pulse, and together no longer than the space to the next.
      #expect(0.1 * seconds...0.2 * seconds ~= pulse["rise"].number)
      #expect(pulse["rise"].number + pulse["fall"].number <= limits.gapSeconds[0].lowerBound)
      #expect(150...1000 ~= pulse["fundamental"].number)
      let near = pulse["harmonics"].list.filter { abs($0["decibels"].number) <= 15 }
      #expect(near.count >= 4)
    }
    let notes = pulses.map { $0["fundamental"].number }
    let expected = expectedNotes(burst.priority, melody)
    #expect(notes.count == expected.count)
    for (note, wanted) in zip(notes, expected) { #expect(abs(note / wanted - 1) < 0.005) }
    #expect(limits.silenceSeconds ~= burst.silenceSeconds)
    // Nothing is cut off, and what is more urgent is louder.
    #expect(abs(measured["peak"].number / 32_767 - burst.peakLevel) < 0.02)
  }

  private func expectedNotes(_ priority: AlarmPriority, _ melody: AlarmMelody) -> [Double] {
    let tune = melody == .general ? [c4, c4, c4, c4, c4] : [c4, e4, g4, g4, c5]
    switch priority {
    case .high: return tune + tune
    case .medium: return Array(tune.prefix(3))
    case .low: return [c4, c4]
    }
  }

  @Test("the more urgent a burst, the louder, the faster and the sooner again")
  func order() {
    let bursts = AlarmPriority.allCases.map { AlarmBurst($0) }
    for (lesser, graver) in zip(bursts, bursts.dropFirst()) {
      #expect(lesser.peakLevel < graver.peakLevel)
      #expect(lesser.silenceSeconds > graver.silenceSeconds)
      #expect(lesser.pulses.count < graver.pulses.count)
    }
  }

  @Test("a burst begins and ends in silence, so that it can be played again without a click")
  func silentEnds() {
    for priority in AlarmPriority.allCases {
      let samples = AlarmBurst(priority).samples(sampleRateHz: 48_000)
      #expect(abs(samples[0]) <= 1 && abs(samples[samples.count - 1]) <= 30)
    }
  }

  @Test(
    "the lamp flashes as often and as long as its priority asks, seen in every millisecond of a minute",
    arguments: AlarmPriority.allCases)
  func lamp(priority: AlarmPriority) {
    let pattern = LampPattern(priority)
    let lit = (0..<60_000).map { pattern.isLit(atSeconds: Double($0) / 1000) }
    let share = Double(lit.filter(\.self).count) / 60_000
    let flashes = zip(lit, lit.dropFirst()).filter { !$0 && $1 }.count + 1
    #expect(lit[0])
    switch priority {
    case .high:
      #expect(pattern.colour == .red && (84...168).contains(flashes) && 0.2...0.6 ~= share)
    case .medium:
      #expect(pattern.colour == .yellow && (24...48).contains(flashes) && 0.2...0.6 ~= share)
    case .low: #expect(pattern.colour == .cyan && flashes == 1 && share == 1)
    }
  }
}
