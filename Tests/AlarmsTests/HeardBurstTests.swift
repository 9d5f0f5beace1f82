// A burst heard by a microphone: through a room with noise it passes, and each defect that a technician meets is named.

import Alarms
import Foundation
import TestSupport
import Testing

private let rate = 16_000.0

/// A recording: silence and noise around a burst that a loudspeaker has played.
private func room(
  _ played: [Int16], gain: Double = 0.2, noise: Double = 0.002, delaySeconds: Double = 0.37,
  loudspeaker: ([Double]) -> [Double] = { $0 }
) -> [Int16] {
  var random = SeededRandom(seed: 11)
  let sound = loudspeaker(played.map { Double($0) / 32_768 * gain })
  let before = Int(delaySeconds * rate)
  return (0..<(before + sound.count + Int(rate))).map { index in
    let heard = sound.indices.contains(index - before) ? sound[index - before] : 0
    return Int16(max(-1, min(1, heard + noise * random.value())) * 32_767)
  }
}

@Suite struct HeardBurstTests {
  @Test(
    "a burst in a room passes with its timing, its pitch and its harmonics",
    arguments: AlarmPriority.allCases, AlarmMelody.allCases)
  func passes(priority: AlarmPriority, melody: AlarmMelody) throws {
    let burst = AlarmBurst(priority, melody: melody)
    let recording = room(burst.samples(sampleRateHz: rate))
    let heard = try #require(
      HeardBurst(recording, sampleRateHz: rate, expecting: burst))
    #expect(heard.problems == [])
    #expect(heard.pulses.count == burst.pulses.count)
    for (pulse, played) in zip(heard.pulses, burst.pulses) {
      // The half level is `halfTo90Seconds`, here at most 15 ms, before the mark from which the burst counts.
      #expect(abs(pulse.startSeconds - (0.37 + played.startSeconds)) < 0.02)
      #expect(abs(pulse.seconds - burst.pulseSeconds) < 0.008)
      #expect(abs(pulse.frequencyHz / played.frequencyHz - 1) < 0.005)
      // They were played 1 dB apart.
      for (index, level) in pulse.harmonicDecibels.enumerated() {
        #expect(abs(level + Double(index + 1)) < 0.5)
      }
    }
    #expect(abs(heard.noiseDecibels - 20 * log10(0.002 * (2.0 / 3).squareRoot())) < 1.5)
  }

  @Test("an echo of half a second, twice as soft each tenth, changes no verdict")
  func echo() throws {
    let burst = AlarmBurst(.high)
    let recording = room(burst.samples(sampleRateHz: rate)) { sound in
      var out = sound
      for echo in 1...5 {
        let shift = Int(Double(echo) * 0.013 * rate)
        for index in shift..<out.count {
          out[index] += sound[index - shift] * pow(0.4, Double(echo))
        }
      }
      return out
    }
    #expect(
      try #require(HeardBurst(recording, sampleRateHz: rate, expecting: burst)).problems == [])
  }

  @Test("silence, noise and the burst of another priority are not the burst")
  func absent() {
    let silence = [Int16](repeating: 0, count: 100_000)
    let noise = room(silence, noise: 0.3)
    for priority in AlarmPriority.allCases {
      let burst = AlarmBurst(priority)
      #expect(HeardBurst([], sampleRateHz: rate, expecting: burst) == nil)
      #expect(HeardBurst(silence, sampleRateHz: rate, expecting: burst) == nil)
      #expect(HeardBurst(noise, sampleRateHz: rate, expecting: burst) == nil)
    }
    let medium = room(AlarmBurst(.medium).samples(sampleRateHz: rate))
    #expect(HeardBurst(medium, sampleRateHz: rate, expecting: AlarmBurst(.high)) == nil)
  }

  /// The words of the problems found with a burst of high priority that something happens to.
  private func problems(
    _ played: [Int16], gain: Double = 0.2, noise: Double = 0.002,
    loudspeaker: ([Double]) -> [Double] = { $0 }
  ) throws -> String {
    let recording = room(played, gain: gain, noise: noise, loudspeaker: loudspeaker)
    let heard = HeardBurst(recording, sampleRateHz: rate, expecting: AlarmBurst(.high))
    return try #require(heard).problems.joined(separator: "\n")
  }

  @Test("too soft, too dull, at another pitch or with samples dropped: each is named")
  func defects() throws {
    let played = AlarmBurst(.high).samples(sampleRateHz: rate)
    #expect(try problems(played) == "")
    #expect(try problems(played, gain: 0.02, noise: 0.004).contains("too soft"))
    // A loudspeaker of one octave: a low pass of fourth order below the second harmonic.
    let dull = try problems(played) { sound in
      var out = sound
      for _ in 0..<4 {
        var state = 0.0
        out = out.map {
          state += 0.08 * ($0 - state); return state * 2
        }
      }
      return out
    }
    #expect(dull.contains("harmonics"))
    // Played for 44.1 kHz at 45 kHz: 2 % sharp, and shorter.
    let sharp = (0..<Int(Double(played.count) / 1.02)).map { played[Int(Double($0) * 1.02)] }
    #expect(try problems(sharp).contains("pitch"))
    // An underrun of 60 ms between the third and the fourth pulse.
    let cut = Array(played[..<9600]) + played[(9600 + 960)...]
    #expect(try problems(cut).contains("dropped"))
  }
}
