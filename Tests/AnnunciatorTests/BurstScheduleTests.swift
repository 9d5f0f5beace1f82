// When which burst sounds, to the sample.

import Alarms
import TestSupport
import Testing

@testable import Annunciator

private let rate = 8000.0

private let bursts = AlarmPriority.allCases.map { AlarmBurst($0).samples(sampleRateHz: rate) }

private func burst(_ priority: AlarmPriority) -> [Int16] { bursts[Int(priority.rawValue)] }

private func alarm(
  _ priority: AlarmPriority, onset: UInt16 = 1, isTest: Bool = false
) -> Annunciation {
  Annunciation(light: priority, sound: priority, onset: onset, isTest: isTest)
}

/// The standard's marks: first pulse's start to the next burst's, in samples.
private func period(_ priority: AlarmPriority) -> Int {
  let seconds: Double =
    switch priority {
    // 10 pulses of 150 ms; 6 gaps of 100, 2 of 350, 1 of 800 ms; 3 s of silence.
    case .high: 1.5 + 0.6 + 0.7 + 0.8 + 3
    case .medium: 0.6 + 0.4 + 7.5
    case .low: 0.4 + 0.2 + 20
    }
  return Int((seconds * rate).rounded())
}

@Suite struct BurstScheduleTests {
  @Test(
    "a burst begins at the sample of its annunciation, unchanged, and comes again to the sample",
    arguments: AlarmPriority.allCases, [0, 7777])
  func spacing(priority: AlarmPriority, start: Int) {
    var scenario = SoundScenario(sampleRateHz: rate)
    scenario.play(Annunciation(), samples: start)
    scenario.play(alarm(priority), samples: 3 * period(priority))
    var expected = [Int16](repeating: 0, count: start)
    for _ in 0..<3 {
      expected += burst(priority)
      let silence = period(priority) - burst(priority).count
      expected += [Int16](repeating: 0, count: silence)
    }
    #expect(scenario.heard == expected)
  }

  @Test("a new alarm in the silence between bursts sounds at the next sample")
  func onsetInSilence() {
    var scenario = SoundScenario(sampleRateHz: rate)
    scenario.play(alarm(.medium), seconds: 3)
    scenario.play(alarm(.medium, onset: 2), seconds: 3)
    #expect(scenario.heard[24_000...].prefix(burst(.medium).count) == burst(.medium)[...])
    // From there on the spacing is that of the new burst.
    scenario.play(alarm(.medium, onset: 2), seconds: 8)
    let next = 24_000 + period(.medium)
    #expect(scenario.heard[next...].prefix(4000) == burst(.medium).prefix(4000))
  }

  @Test("alarms in quick succession do not make a burst stutter; a late one begins it anew")
  func onsetWithin() {
    var steady = SoundScenario(sampleRateHz: rate)
    steady.play(alarm(.high), seconds: 3)
    var shaken = SoundScenario(sampleRateHz: rate)
    for onset in 1...11 { shaken.play(alarm(.high, onset: UInt16(onset)), seconds: 0.1) }
    shaken.play(alarm(.high, onset: 11), seconds: 1.9)
    #expect(shaken.heard == steady.heard)
    // In the sixth pulse, after 2.1 s: five have told the first alarm.
    var late = SoundScenario(sampleRateHz: rate)
    late.play(alarm(.high), seconds: 2.1)
    late.play(alarm(.high, onset: 2), seconds: 3)
    let fade = 40
    #expect(late.heard[(16_800 + fade)...].prefix(20_000) == burst(.high)[fade...].prefix(20_000))
  }

  @Test("a graver alarm sounds at the next sample, whatever sounds", arguments: [0.05, 0.3, 5.0])
  func graver(after seconds: Double) {
    var scenario = SoundScenario(sampleRateHz: rate)
    scenario.play(alarm(.low), seconds: seconds)
    let start = scenario.heard.count
    scenario.play(alarm(.high, onset: 2), seconds: 4)
    let fade = 40
    #expect(
      scenario.heard[(start + fade)...].prefix(20_000) == burst(.high)[fade...].prefix(20_000))
  }

  @Test("an alarm that ends at once is heard: all of low and medium, five pulses of high")
  func endsByItself() {
    for priority in AlarmPriority.allCases {
      var scenario = SoundScenario(sampleRateHz: rate)
      scenario.play(alarm(priority), seconds: 0.02)
      scenario.play(Annunciation(onset: 1), seconds: 60)
      let whole = burst(priority)
      let pulses = priority == .high ? 5 : AlarmBurst(priority).pulses.count
      let last = AlarmBurst(priority).pulses[pulses - 1].startSeconds
      // The last pulse and its fall of 0.2 s at most, and nothing after.
      let end = Int((last + AlarmBurst(priority).pulseSeconds + 0.05) * rate)
      let expected = whole.prefix(min(end, whole.count))
      #expect(scenario.heard.starts(with: expected))
      #expect(scenario.heard.dropFirst(end).allSatisfy { $0 == 0 }, "\(priority)")
    }
  }

  @Test("an alarm that a person silences, so that only its light stays, is silent within 5 ms")
  func silencedByPerson() {
    for priority in AlarmPriority.allCases {
      var scenario = SoundScenario(sampleRateHz: rate)
      scenario.play(alarm(priority), seconds: 0.1)
      scenario.play(Annunciation(light: priority, onset: 1), seconds: 30)
      #expect(scenario.heard[..<800] == burst(priority)[..<800])
      #expect(scenario.heard[840...].allSatisfy { $0 == 0 })
      #expect(scenario.heard[800..<820].contains { $0 != 0 }, "it fades rather than clicks")
    }
  }

  @Test(
    "where the graver alarm ends, the lesser sounds after its own silence, or at once if it is new")
  func lesser() {
    var old = SoundScenario(sampleRateHz: rate)
    old.play(alarm(.high, onset: 2), seconds: 5)
    let start = old.heard.count
    old.play(alarm(.medium, onset: 2), seconds: 20)
    let first = old.sounds.first { $0.lowerBound > start }?.lowerBound ?? 0
    #expect(abs(first - start - Int(7.5 * rate)) < Int(0.1 * rate))
    var new = SoundScenario(sampleRateHz: rate)
    new.play(alarm(.high), seconds: 5)
    new.play(alarm(.medium, onset: 2), seconds: 2)
    #expect(new.heard[40_000...].prefix(8000) == burst(.medium).prefix(8000))
    // Within the first five pulses of high it waits for their end.
    var early = SoundScenario(sampleRateHz: rate)
    early.play(alarm(.high), seconds: 0.5)
    early.play(alarm(.medium, onset: 2), seconds: 5)
    let five = Int(AlarmBurst(.high).leastSeconds * rate)
    #expect(early.heard[..<five] == burst(.high)[..<five])
    let medium = burst(.medium)
    #expect(early.heard[(five - 1)...].prefix(2 + medium.count).contains(medium[300]))
  }

  @Test("the reminder is one pulse a minute, and never at once")
  func reminder() {
    var scenario = SoundScenario(sampleRateHz: rate)
    scenario.play(Annunciation(light: .medium, reminds: true), seconds: 200)
    let starts = scenario.sounds.map(\.lowerBound)
    #expect(starts.count == 3)
    #expect(starts.allSatisfy { $0 >= Int(59 * rate) })
    let spaces = zip(starts.dropFirst(), starts).map { $0 - $1 }
    #expect(spaces.allSatisfy { $0 == Int(60.125 * rate) })
    #expect(scenario.sounds.allSatisfy { Double($0.count) / rate < 0.2 })
    // An alarm breaks it at once.
    let start = scenario.heard.count
    scenario.play(alarm(.low, onset: 1), seconds: 1)
    #expect(scenario.heard[start...].prefix(4000) == burst(.low).prefix(4000))
  }

  @Test("a test says so before every burst, and a real alarm of any priority displaces it")
  func test() {
    for priority in AlarmPriority.allCases {
      var scenario = SoundScenario(sampleRateHz: rate)
      scenario.play(alarm(priority, isTest: true), seconds: 1 + AlarmBurst(priority).seconds)
      let mark = AlarmBurst.testMark.samples(sampleRateHz: rate)
      #expect(scenario.heard.starts(with: mark))
      #expect(scenario.heard[mark.count..<8000].allSatisfy { $0 == 0 })
      #expect(scenario.heard[8000...].starts(with: burst(priority).dropLast()))
    }
    var scenario = SoundScenario(sampleRateHz: rate)
    scenario.play(alarm(.high, isTest: true), seconds: 1.3)
    let start = scenario.heard.count
    scenario.play(alarm(.low, onset: 2), seconds: 1)
    #expect(scenario.heard[(start + 40)...].prefix(4000) == burst(.low)[40...].prefix(4000))
  }

  @Test(
    "whatever comes in whatever order: what is to sound sounds, what a person silenced is silent")
  func anyOrder() {
    var random = SeededRandom(seed: 3)
    var scenario = SoundScenario(sampleRateHz: rate)
    var last = Annunciation()
    for _ in 0..<150 {
      var next = Changes.all.randomElement(using: &random) ?? last
      next.onset = last.onset &+ UInt16.random(in: 0...1, using: &random)
      let start = scenario.heard.count
      scenario.play(next, seconds: Double.random(in: 0.5...1.2, using: &random))
      let shown = scenario.heard[start...]
      if next.sound != nil && (last.sound == nil || next.onset != last.onset) {
        // Between two pulses of a burst that must be heard out: 0.35 s at most.
        #expect(shown.prefix(Int(0.45 * rate)).contains { $0 != 0 }, "\(last), then \(next)")
      }
      if next.sound == nil && next.light == .high {
        #expect(shown.dropFirst(Int(0.006 * rate)).allSatisfy { $0 == 0 }, "\(last), then \(next)")
      }
      last = next
    }
  }

  @Test("filling allocates nothing, whatever changes", .enabled(if: allocationsAreCountable))
  func allocations() {
    let schedule = BurstSchedule(sampleRateHz: rate)
    let block = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 80)
    block.initialize(repeating: 0)
    defer { block.deallocate() }
    let changes = Changes.all
    for change in changes { schedule.fill(block, change) }
    let count = countAllocations {
      var index = 0
      while index < 5000 {
        schedule.fill(block, changes[(index / 7) % changes.count])
        index += 1
      }
    }
    #expect(count == 0)
  }
}

/// Every kind of annunciation, with an onset that grows.
private enum Changes {
  static let all: [Annunciation] = {
    var all: [Annunciation] = []
    let priorities: [AlarmPriority?] = [nil, .low, .medium, .high]
    for light in priorities {
      for sound in priorities {
        for reminds in [false, true] {
          all.append(
            Annunciation(
              light: light, sound: sound, reminds: reminds, onset: UInt16(all.count),
              isTest: all.count % 5 == 0))
        }
      }
    }
    return all
  }()
}
