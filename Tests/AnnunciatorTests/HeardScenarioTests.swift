// Half a minute of alarms through a WAVE file and through ALSA's file device, measured by scipy from the samples.

import Alarms
import CALSA
import Devices
import Foundation
import LinuxDevices
import TestSupport
import Testing

@testable import Annunciator

private let rate = 48_000.0

/// Plays a story into a loudspeaker, by a clock of numbers, so that it takes no longer than its computation.
private func play(_ story: [(seconds: Double, shown: Annunciation)], on speaker: Loudspeaker) {
  let clock = StandInClock()
  let cell = AnnunciationCell()
  let health = AnnunciatorHealth()
  let feeder = SoundFeeder(speaker, cell, health, nanoseconds: { clock.nanoseconds })
  var end = clock.nanoseconds
  for (seconds, shown) in story {
    cell.publish(shown)
    end += UInt64(seconds * 1e9)
    while clock.nanoseconds < end { clock.advance(seconds: max(feeder.step(), 0.0001)) }
  }
  feeder.close()
  #expect(health.takeSentences().isEmpty)
}

private let silence = Annunciation(onset: 9)

private let story: [(seconds: Double, shown: Annunciation)] = [
  (0.5, silence),
  // Two bursts, and a graver alarm in the silence after the second.
  (10, Annunciation(light: .medium, sound: .medium, onset: 1)),
  // Two bursts; its condition ends in the first pulses of the second, of which five are heard.
  (6.8, Annunciation(light: .high, sound: .high, onset: 2)),
  (2.2, Annunciation(onset: 2)),
  (1, Annunciation(light: .low, sound: .low, onset: 3)),
  (1, Annunciation(onset: 3)),
  (2.5, Annunciation(light: .medium, sound: .medium, onset: 4, isTest: true)),
  (0.5, Annunciation(onset: 4)),
  // A person silences it in its second pulse.
  (0.35, Annunciation(light: .high, sound: .high, onset: 5)),
  (1, Annunciation(light: .high, onset: 5)),
]

@Suite struct HeardScenarioTests {
  @Test(
    "scipy hears every burst of a story in a WAVE file, where and as long as it should be, and no click",
    .enabled(if: Python.readsWFDB))
  func waveFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/story.wav"
    play(story, on: .wave(path, sampleRateHz: rate))
    check(try Python.peer("measure_bursts.py", ["\(Int(rate))", path])[0])
  }

  @Test(
    "and the same through ALSA",
    .enabled(if: Python.readsWFDB && calsa_load() == nil, "ALSA's library is not installed"),
    .enabled(if: FileManager.default.fileExists(atPath: "/usr/share/alsa/alsa.conf")))
  func alsa() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/story.pcm"
    play(story, on: .alsa("file:\(path),raw", sampleRateHz: rate))
    check(try Python.peer("measure_bursts.py", ["\(Int(rate))", path])[0])
  }

  private func check(_ measured: Json) {
    let pulses = measured["pulses"].list
    let counts = [3, 3, 10, 5, 2, 1, 3, 2]
    #expect(pulses.count == counts.reduce(0, +))
    guard pulses.count == counts.reduce(0, +) else { return }
    var first = 0
    let bursts = counts.map { count in
      defer { first += count }
      return Array(pulses[first..<(first + count)])
    }
    let starts = bursts.map { $0[0]["start"].number }
    // From the standard's marks: 0.2 s pulses and spaces, 7.5 s of silence; and 3.6 s with 3 s of silence.
    #expect(abs(starts[1] - starts[0] - 8.5) < 0.002)
    #expect(abs(starts[3] - starts[2] - 6.6) < 0.002)
    // Where their samples begin: the marks lie after each one's own rise.
    let sounds = [AlarmBurst(.medium), AlarmBurst(.medium), AlarmBurst(.high), AlarmBurst(.high)]
    let more = [AlarmBurst(.low), .testMark, AlarmBurst(.medium), AlarmBurst(.high)]
    let begins = zip(starts, sounds + more).map { $0 - $1.pulses[0].startSeconds }
    // A file is held to 1.001 of real time, and what is published waits for the end of a block of 10 ms.
    for (burst, seconds) in [(2, 10.0), (4, 19.0), (5, 21.0), (7, 24.0)] {
      #expect(abs(begins[burst] - begins[0] - 1.001 * seconds) < 0.012, "burst \(burst)")
    }
    #expect(abs(begins[6] - begins[5] - 1) < 0.002)
    for (burst, priority) in [
      (0, AlarmPriority.medium), (1, .medium), (2, .high), (4, .low), (6, .medium),
    ] {
      check(bursts[burst], AlarmBurst(priority))
    }
    #expect(abs(bursts[5][0]["fundamental"].number / 659.26 - 1) < 0.005)
    // A cut without its fade is -19 dB there.
    #expect(measured["click"].number < -60)
  }

  /// A whole burst as it left the device: its pulses, their spaces, edges and harmonics. That the burst itself is as
  /// IEC 60601-1-8 asks is held by AlarmBurstTests; 4 ms is what an envelope of this pitch is known to at both ends.
  private func check(_ pulses: [Json], _ burst: AlarmBurst) {
    for (pulse, expected) in zip(pulses, burst.pulses) {
      let seconds = pulse["end"].number - pulse["start"].number
      #expect(abs(seconds - burst.pulseSeconds) < 0.004)
      #expect(abs(pulse["fundamental"].number / expected.frequencyHz - 1) < 0.005)
      #expect(0.1 * seconds...0.2 * seconds ~= pulse["rise"].number)
      #expect(pulse["harmonics"].list.count { abs($0["decibels"].number) <= 15 } >= 4)
    }
    let starts = zip(burst.pulses, burst.pulses.dropFirst())
    for ((pulse, next), (expected, nextExpected)) in zip(zip(pulses, pulses.dropFirst()), starts) {
      let seconds = next["start"].number - pulse["start"].number
      #expect(abs(seconds - (nextExpected.startSeconds - expected.startSeconds)) < 0.004)
      let gap = next["start"].number - pulse["end"].number
      #expect(pulse["rise"].number + pulse["fall"].number <= gap)
    }
  }
}
