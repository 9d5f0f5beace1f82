// How long it takes from an alarm's decision to the first sample of its sound in the air, with percentiles.

import Alarms
import Annunciator
import CLinux
import Devices
import Foundation
import LinuxDevices
import SimulatedDevices
import Synchronization

/// What `ecgclip bench --alarms` measures.
struct AlarmBench: Encodable, CustomStringConvertible {
  let device: String
  let onsets: Int
  /// Onsets that were not heard within two seconds.
  let missed: Int
  let p50Milliseconds: Double
  let p99Milliseconds: Double
  let maxMilliseconds: Double
  let underruns: Int

  /// Raises so many alarms, at times that have nothing to do with the card's blocks.
  ///
  /// - Parameter sound: a sound device by its name; nil for a card of memory that holds what a real one would.
  static func measure(sound: String?, onsets: Int) throws -> AlarmBench {
    let ear = FirstSample()
    let annunciator = Annunciator(
      loudspeaker: ear.listening(to: sound.map { .alsa($0) } ?? simulated), lights: nil,
      buzzer: nil)
    annunciator.start()
    defer { annunciator.stop() }
    var random = SeededGenerator(seed: 7)
    var milliseconds: [Double] = []
    for onset in 0..<onsets {
      // Long enough for the last burst to have left the card, and never in step with it.
      clinux_sleep_nanoseconds(UInt64.random(in: 200_000_000...230_000_000, using: &random))
      if let problem = annunciator.health.problem(.sound) { throw CommandFailure(problem) }
      ear.forget()
      let decided = clinux_monotonic_nanoseconds()
      annunciator.cell.publish(
        Annunciation(light: .high, sound: .high, onset: UInt16(truncatingIfNeeded: onset &+ 1)))
      if let heard = ear.wait(untilNanoseconds: decided &+ 2_000_000_000) {
        milliseconds.append(Double(heard &- min(heard, decided)) / 1e6)
      }
      annunciator.cell.publish(
        Annunciation(light: .high, onset: UInt16(truncatingIfNeeded: onset &+ 1)))
    }
    return AlarmBench(
      milliseconds.sorted(), device: sound ?? simulated.name, onsets: onsets,
      underruns: annunciator.health.underruns)
  }

  private static let simulated = Loudspeaker(
    name: "simulated card", sampleRateHz: 48_000
  ) { () throws(SourceError) in SimulatedSoundCard() }

  private init(_ sorted: [Double], device: String, onsets: Int, underruns: Int) {
    func percentile(_ share: Double) -> Double {
      ((sorted.nearestRank(share) ?? .infinity) * 100).rounded() / 100
    }
    self.device = device
    self.onsets = onsets
    self.underruns = underruns
    missed = onsets - sorted.count
    p50Milliseconds = percentile(0.5)
    p99Milliseconds = percentile(0.99)
    maxMilliseconds = percentile(1)
  }

  var description: String {
    "alarm to sound on \(device), \(onsets) onsets: p50 \(p50Milliseconds) ms, p99 \(p99Milliseconds) ms, "
      + "max \(maxMilliseconds) ms, \(missed) missed, \(underruns) underruns"
  }
}

/// Notes when the first sample that is not silence leaves a loudspeaker.
private final class FirstSample: Sendable {
  private let heardAt = Atomic<UInt64>(0)

  /// Listens for the next sound.
  func forget() { heardAt.store(0, ordering: .releasing) }

  /// When something was heard; nil where it was not by then.
  func wait(untilNanoseconds end: UInt64) -> UInt64? {
    while clinux_monotonic_nanoseconds() < end {
      let heard = heardAt.load(ordering: .acquiring)
      if heard != 0 { return heard }
      clinux_sleep_nanoseconds(2_000_000)
    }
    return nil
  }

  func note(_ nanoseconds: UInt64) {
    if heardAt.load(ordering: .relaxed) == 0 { heardAt.store(nanoseconds, ordering: .releasing) }
  }

  func listening(to speaker: Loudspeaker) -> Loudspeaker {
    Loudspeaker(name: speaker.name, sampleRateHz: speaker.sampleRateHz) {
      () throws(SourceError) in
      ProbedStream(try speaker.open(), sampleRateHz: speaker.sampleRateHz, self)
    }
  }
}

/// A loudspeaker's stream with an ear at its end.
private final class ProbedStream: SoundStream {
  private let stream: any SoundStream
  private let sampleRateHz: Double
  private let ear: FirstSample

  init(_ stream: any SoundStream, sampleRateHz: Double, _ ear: FirstSample) {
    self.stream = stream
    self.sampleRateHz = sampleRateHz
    self.ear = ear
  }

  var underruns: Int { stream.underruns }
  var queuedSamples: Int { stream.queuedSamples }
  var delaySamples: Int { stream.delaySamples }

  func write(_ samples: UnsafeBufferPointer<Int16>) throws(SourceError) {
    try stream.write(samples)
    guard let first = samples.firstIndex(where: { $0 != 0 }) else { return }
    // The card says how far the next sample is from the air; this one lies so many before it.
    let ahead = Double(stream.delaySamples - (samples.count - first)) / sampleRateHz
    ear.note(clinux_monotonic_nanoseconds() &+ UInt64(max(0, ahead) * 1e9))
  }

  func finish() { stream.finish() }
}
