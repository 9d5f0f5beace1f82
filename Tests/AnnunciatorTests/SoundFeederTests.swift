// The sound thread's work, a step at a time: on time, never dry, and back after the card went away.

import Alarms
import CLinux
import Devices
import Glibc
import TestSupport
import Testing

@testable import Annunciator

private let rate = StandInCard.rate
private let high = Annunciation(light: .high, sound: .high, onset: 1)

private struct Bench {
  let clock = StandInClock()
  let cell = AnnunciationCell()
  let health = AnnunciatorHealth()
  let slot: StandInSlot
  let feeder: SoundFeeder

  init(bufferSeconds: Double = 0.08, greets: Bool = false) {
    let clock = clock
    slot = StandInSlot { StandInCard(clock, bufferSeconds: bufferSeconds) }
    feeder = SoundFeeder(
      slot.loudspeaker, cell, health, greets: greets, nanoseconds: { clock.nanoseconds })
  }

  /// Steps until so many seconds have passed.
  func run(seconds: Double) {
    let end = clock.nanoseconds + UInt64(seconds * 1e9)
    while clock.nanoseconds < end { clock.advance(seconds: max(feeder.step(), 0.0001)) }
  }

  /// Seconds of sound that were played before the first that is heard.
  func silenceSeconds(in card: StandInCard, from start: Int = 0) -> Double? {
    card.played.dropFirst(start).firstIndex { $0 != 0 }.map { Double($0 - start) / rate }
  }
}

@Suite struct SoundFeederTests {
  @Test("a device that starts sounds one note, once, and an alarm displaces it at once")
  func greeting() throws {
    let bench = Bench(greets: true)
    bench.run(seconds: 5)
    let card = try #require(bench.slot.cards.first)
    let note = AlarmBurst.testMark.samples(sampleRateHz: rate).drop { $0 == 0 }
    let heard = card.played.drop { $0 == 0 }
    #expect(heard.prefix(note.count).elementsEqual(note))
    #expect(heard.dropFirst(note.count).allSatisfy { $0 == 0 })

    let interrupted = Bench(greets: true)
    interrupted.run(seconds: 0.1)
    interrupted.cell.publish(high)
    interrupted.run(seconds: 3)
    let played = try #require(interrupted.slot.cards.first).played
    let burst = AlarmBurst(.high).samples(sampleRateHz: rate).drop { $0 == 0 }.prefix(10_000)
    let starts = played.indices.prefix(Int(rate)).filter { index in
      played.dropFirst(index).starts(with: burst.dropFirst(2000).prefix(4000))
    }
    #expect(starts.count == 1, "the burst is whole once the note has faded")
  }

  @Test(
    "a decision sounds within a tenth of a second, however much the card could hold",
    arguments: [0.04, 0.08, 0.5, 2.0])
  func latency(bufferSeconds: Double) throws {
    let bench = Bench(bufferSeconds: bufferSeconds)
    // A large buffer is full of silence at first and must run down.
    bench.run(seconds: 5)
    let card = try #require(bench.slot.cards.first)
    let start = card.played.count
    bench.cell.publish(high)
    bench.run(seconds: 3)
    let seconds = try #require(bench.silenceSeconds(in: card, from: start))
    #expect(seconds <= 0.1)
    #expect(card.underruns == 0)
    let burst = AlarmBurst(.high).samples(sampleRateHz: rate).drop { $0 == 0 }
    let heard = card.played.dropFirst(start).drop { $0 == 0 }
    #expect(heard.starts(with: burst.prefix(10_000)))
  }

  @Test("it never runs dry, and is fed with silence while nothing alarms")
  func fed() throws {
    let bench = Bench()
    bench.run(seconds: 60)
    let card = try #require(bench.slot.cards.first)
    #expect(card.underruns == 0 && bench.health.underruns == 0)
    #expect(card.played.count > Int(59.8 * rate))
    #expect(card.played.allSatisfy { $0 == 0 })
    #expect(!bench.health.isFailed(.sound) && bench.health.takeSentences().isEmpty)
  }

  @Test("a thread that is kept from running is counted, and goes on")
  func underrun() throws {
    let bench = Bench()
    bench.run(seconds: 1)
    bench.clock.advance(seconds: 0.3)
    bench.run(seconds: 1)
    #expect(bench.health.underruns == 1)
    #expect(!bench.health.isFailed(.sound))
  }

  @Test(
    "a card that goes away is told, asked for again with back-off, and sounds whole when it is back"
  )
  func cardLoss() throws {
    let bench = Bench()
    bench.run(seconds: 1)
    bench.cell.publish(high)
    bench.run(seconds: 0.5)
    bench.slot.cards[0].isGone = true
    let makes = bench.slot.makes
    bench.slot.makes = { nil }
    bench.run(seconds: 60)
    #expect(bench.health.isFailed(.sound))
    #expect(bench.health.problem(.sound)?.contains("stand-in") == true)
    // 0.25, 0.5, 1, 2, then each 4 s: some twenty times a minute, and one sentence a reason.
    #expect((15...25).contains(bench.slot.attempts))
    #expect(bench.health.takeSentences().count == 2)
    bench.slot.makes = makes
    bench.run(seconds: 8)
    #expect(!bench.health.isFailed(.sound))
    #expect(bench.health.takeSentences() == ["The alarm's sound works again."])
    let back = try #require(bench.slot.cards.last)
    let heard = back.played.drop { $0 == 0 }
    let burst = AlarmBurst(.high).samples(sampleRateHz: rate).drop { $0 == 0 }
    #expect(heard.starts(with: burst.prefix(10_000)), "a whole burst, not the rest of one")
  }

  @Test(
    "a card that hangs is a failure after half a second; one that is being opened, or closed, is none"
  )
  func hang() {
    let health = AnnunciatorHealth()
    #expect(!health.isFailed(.sound))
    health.expectSound()
    #expect(!health.isFailed(.sound))
    health.noteBlock(delaySeconds: 0)
    let start = clinux_monotonic_nanoseconds()
    // Ends only if the silence counts.
    while !health.isFailed(.sound) { sched_yield() }
    let waited = clinux_monotonic_nanoseconds() - start
    #expect(waited > AnnunciatorHealth.soundSilenceNanoseconds / 2)
    #expect(health.problem(.sound)?.contains("cable") == true)
    health.expectNoSound()
    #expect(!health.isFailed(.sound))
  }

  @Test("closing ends what sounds without a click")
  func close() throws {
    let bench = Bench()
    bench.cell.publish(high)
    bench.run(seconds: 0.3)
    bench.feeder.close()
    let card = try #require(bench.slot.cards.first)
    #expect(abs(card.played.last ?? 99) <= 1)
  }

  @Test("a card far from the air is told once")
  func lateCard() {
    let clock = StandInClock()
    let health = AnnunciatorHealth()
    let feeder = SoundFeeder(
      Loudspeaker(name: "server", sampleRateHz: rate) { () throws(SourceError) in LateCard() },
      AnnunciationCell(),
      health, nanoseconds: { clock.nanoseconds })
    for _ in 0..<50 { clock.advance(seconds: max(feeder.step(), 0.0001)) }
    #expect(health.takeSentences().filter { $0.contains("250 ms") }.count == 1)
    #expect(abs(health.delayMillisecondsMax - 250) < 0.01)
  }

  @Test("a device without a clock is held to real time")
  func pace() {
    let clock = StandInClock()
    nonisolated(unsafe) let file = LateCard()
    let feeder = SoundFeeder(
      Loudspeaker(name: "file", sampleRateHz: rate) { () throws(SourceError) in file },
      AnnunciationCell(),
      AnnunciatorHealth(), nanoseconds: { clock.nanoseconds })
    let start = clock.nanoseconds
    while clock.nanoseconds < start + 100_000_000_000 { clock.advance(seconds: feeder.step()) }
    #expect((99.9...100.3).contains(Double(file.taken) / rate))
  }

  @Test("feeding allocates nothing", .enabled(if: allocationsAreCountable))
  func allocations() {
    let clock = StandInClock()
    let cell = AnnunciationCell()
    let feeder = SoundFeeder(
      Loudspeaker(name: "file", sampleRateHz: rate) { () throws(SourceError) in LateCard() }, cell,
      AnnunciatorHealth(), nanoseconds: { clock.nanoseconds })
    cell.publish(high)
    for _ in 0..<10 { clock.advance(seconds: feeder.step()) }
    let count = countAllocations {
      var index = 0
      while index < 1000 {
        clock.advance(seconds: feeder.step())
        index += 1
      }
    }
    #expect(count == 0)
  }
}

/// Takes all at once, and is a quarter of a second from the air.
private final class LateCard: SoundStream {
  let underruns = 0
  let queuedSamples = 0
  let delaySamples = 2000
  private(set) var taken = 0

  func write(_ samples: UnsafeBufferPointer<Int16>) throws(SourceError) { taken += samples.count }

  func finish() {}
}
