// A sound card of memory and a clock of numbers: what is played when, without waiting for it.

import Devices

@testable import Annunciator

/// A clock that only goes on where a test, or a card that is waited for, moves it.
final class StandInClock {
  var nanoseconds: UInt64 = 1_000_000_000

  func advance(seconds: Double) { nanoseconds += UInt64(seconds * 1e9) }
}

/// A card that plays at its rate, blocks while it is full, runs dry, and can be pulled out.
final class StandInCard: SoundStream {
  static let rate = 8000.0
  private(set) var underruns = 0
  /// All that was played, in the order of time; what it played while it was dry is not in it.
  private(set) var played: [Int16] = []
  /// Whether it was pulled out.
  var isGone = false
  private let capacity: Int
  private let clock: StandInClock
  private var queue: [Int16] = []
  private var playedUntil: UInt64

  init(_ clock: StandInClock, bufferSeconds: Double = 0.08) {
    self.clock = clock
    capacity = Int(bufferSeconds * Self.rate)
    playedUntil = clock.nanoseconds
    queue = [Int16](repeating: 0, count: capacity)
  }

  var queuedSamples: Int {
    play()
    return queue.count
  }

  var delaySamples: Int { queuedSamples }

  func write(_ samples: UnsafeBufferPointer<Int16>) throws(SourceError) {
    if isGone { throw SourceError("The stand-in card is gone.") }
    play()
    while queue.count + samples.count > capacity {
      clock.advance(seconds: 0.001)
      play()
    }
    queue += samples
  }

  func finish() {
    clock.advance(seconds: Double(queue.count) / Self.rate)
    play()
  }

  private func play() {
    let due = Int(Double(clock.nanoseconds - playedUntil) / 1e9 * Self.rate)
    if due > queue.count {
      underruns += 1
      playedUntil = clock.nanoseconds
    } else {
      playedUntil += UInt64(Double(due) / Self.rate * 1e9)
    }
    played += queue.prefix(due)
    queue.removeFirst(min(due, queue.count))
  }
}

/// A loudspeaker whose cards a test makes, one at each opening.
final class StandInSlot {
  var cards: [StandInCard] = []
  var makes: () -> StandInCard?
  var attempts = 0

  init(_ makes: @escaping () -> StandInCard?) { self.makes = makes }

  var loudspeaker: Loudspeaker {
    // Everything runs on the test's own thread.
    nonisolated(unsafe) let slot = self
    return Loudspeaker(name: "stand-in", sampleRateHz: StandInCard.rate) { () throws(SourceError) in
      slot.attempts += 1
      guard let card = slot.makes() else { throw SourceError("No sound device 'stand-in'.") }
      slot.cards.append(card)
      return card
    }
  }
}
