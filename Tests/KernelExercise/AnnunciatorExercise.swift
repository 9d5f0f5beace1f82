// The annunciator on a real kernel's card: an alarm is decided, played to one side of the Loopback card and
// recorded at the other, so that what is measured is the way of a sound through ALSA and the driver, and how long
// it took.

import Alarms
import Annunciator
import CLinux
import Devices
import LinuxDevices
import RealTime
import Synchronization

/// Plays to `plughw:0,0` and records from `plughw:0,1`.
struct AnnunciatorExercise {
  private static let rate = 16_000.0

  /// Three alarms, each after silence, each silenced before the next.
  func run() throws {
    let recorder = try SoundRecorder("plughw:0,1", sampleRateHz: Self.rate)
    let annunciator = Annunciator(
      loudspeaker: .alsa("plughw:0,0", sampleRateHz: Self.rate), lights: nil, buzzer: nil)
    annunciator.start()
    defer { annunciator.stop() }
    // The bursts are rendered and the card runs.
    while annunciator.health.delayMillisecondsMax == 0 {
      if let problem = annunciator.health.problem(.sound) { throw SourceError(problem) }
      clinux_sleep_nanoseconds(50_000_000)
    }
    for onset in 1...3 as ClosedRange<UInt16> { try raise(onset, annunciator, recorder) }
    guard annunciator.health.takeSentences().isEmpty, recorder.overruns == 0 else {
      throw SourceError(
        "The annunciator had trouble, or the recorder \(recorder.overruns) overruns.")
    }
    say(
      "sound: the card told of \(annunciator.health.delayMillisecondsMax) ms at most, "
        + "\(annunciator.health.underruns) underruns")
  }

  private func raise(
    _ onset: UInt16, _ annunciator: Annunciator, _ recorder: SoundRecorder
  ) throws {
    let decidedAt = Decision()
    let cell = annunciator.cell
    let decider = RealTimeThread(name: "decider", priority: nil) {
      clinux_sleep_nanoseconds(1_000_000_000)
      decidedAt.note(clinux_monotonic_nanoseconds())
      cell.publish(Annunciation(light: .high, sound: .high, onset: onset))
      clinux_sleep_nanoseconds(4_500_000_000)
      cell.publish(Annunciation(light: .high, onset: onset))
    }
    let recording = try recorder.record(seconds: 7)
    // The recorder may hold more than it gave: what was heard was heard no later than this says.
    let started = clinux_monotonic_nanoseconds() &- 7_000_000_000
    decider.join()
    guard let first = recording.firstIndex(where: { abs($0) > 8 }) else {
      throw SourceError("Alarm \(onset) is not in \(recording.count) recorded samples.")
    }
    let heard = HeardBurst(recording, sampleRateHz: Self.rate, expecting: AlarmBurst(.high))
    let problems = heard?.problems ?? ["no burst in it, sound from sample \(first) on"]
    guard problems.isEmpty else {
      throw SourceError(
        "Alarm \(onset): \(problems), \(annunciator.health.underruns) underruns, "
          + "\(recorder.overruns) overruns.")
    }
    let heardAt = Double(first) / Self.rate
    let decidedSeconds = (Double(decidedAt.nanoseconds) - Double(started)) / 1e9
    let milliseconds = Int(((heardAt - decidedSeconds) * 1000).rounded())
    say(
      "sound: alarm \(onset) recorded \(milliseconds) ms after its decision at the latest"
    )
  }
}

/// When an alarm was decided.
private final class Decision: Sendable {
  private let at = Atomic<UInt64>(0)

  var nanoseconds: UInt64 { at.load(ordering: .acquiring) }

  func note(_ nanoseconds: UInt64) { at.store(nanoseconds, ordering: .releasing) }
}
