// The host clock's ledger against simulated streams whose losses are known: whatever the delays, its sums are right.

import Foundation
import TestSupport
import Testing

@testable import FrontEnds

/// How bytes get from the device to the reader.
private enum Delivery: Sendable {
  /// Each frame by itself, late at random by up to so many milliseconds, in order.
  case frameByFrame(milliseconds: Double)
  /// All that a timer found, as a USB converter sends them: its period, and by how much it varies.
  case timer(milliseconds: Double, jitter: Double)
}

/// A stream of one sample a frame: its faults, and what the ledger said of them.
private struct Stream {
  var sampleRate: Double
  var partsPerMillion: Double
  var delivery: Delivery
  /// A fault every so often on average, none for nil; they lie farther apart than the ledger looks back.
  var secondsBetweenFaults: Double?
  /// Stalls of 0.1 to 3 s come twice a minute.
  var hasStalls = true

  private(set) var lost: Int64 = 0
  private(set) var repeated: Int64 = 0
  private(set) var toldLost: Int64 = 0
  private(set) var toldSurplus: Int64 = 0

  init(
    _ sampleRate: Double, partsPerMillion: Double, _ delivery: Delivery,
    secondsBetweenFaults: Double? = nil
  ) {
    self.sampleRate = sampleRate
    self.partsPerMillion = partsPerMillion
    self.delivery = delivery
    self.secondsBetweenFaults = secondsBetweenFaults
  }

  /// Sends `seconds` of samples through a ledger; the last 20 s have no fault, so that all can be told.
  mutating func run(seconds: Double, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var ledger = HostClockLedger(sampleRate: sampleRate, usesHostTime: true)
    let period = 1 / sampleRate * (1 + partsPerMillion / 1e6)
    let start = 1000 + random.share()
    let end = start + seconds
    var generated = start
    var nextFault = start + (secondsBetweenFaults ?? .infinity) * random.share()
    var stallEnd = 0.0
    var nextStall = start + 30 * random.share()
    var lastArrival = 0.0
    var nextTimer = start
    var waiting: Int64 = 0
    while generated < end {
      var copies: Int64 = 1
      if generated > nextFault && generated < end - 20 {
        nextFault += 15 + ((secondsBetweenFaults ?? 0) - 15) * 2 * random.share()
        copies = fault(&random, &generated, period)
      }
      if hasStalls && generated > nextStall {
        stallEnd = generated + 0.1 + 2.9 * random.share()
        nextStall = generated + 60 * random.share()
      }
      switch delivery {
      case .frameByFrame(let milliseconds):
        let due = generated + milliseconds / 1e3 * random.share()
        if copies > 0 {
          lastArrival = max(lastArrival, max(due, stallEnd))
          deliver(copies, at: lastArrival, to: &ledger)
        }
      case .timer(let milliseconds, let jitter):
        while generated > nextTimer {
          if waiting > 0 && nextTimer > stallEnd {
            deliver(waiting, at: nextTimer, to: &ledger)
            waiting = 0
          }
          nextTimer += (milliseconds + jitter * random.share()) / 1e3
        }
        waiting += copies
      }
      generated += period
    }
  }

  /// Mostly one sample, sometimes a second of them, or one that comes twice. Returns how often the next frame comes.
  private mutating func fault(
    _ random: inout SeededRandom, _ generated: inout Double, _ period: Double
  ) -> Int64 {
    if random.share() < 0.4 {
      repeated += 1
      return 2
    }
    let samples = random.share() < 0.6 ? 1 : 1 + Int64(sampleRate * random.share())
    lost += samples
    generated += period * Double(samples - 1)
    return 0
  }

  private mutating func deliver(
    _ samples: Int64, at seconds: Double, to ledger: inout HostClockLedger
  ) {
    let missing = ledger.accept(samples, arrivalNanoseconds: UInt64(seconds * 1e9))
    if missing > 0 { toldLost += missing } else { toldSurplus -= missing }
  }
}

extension SeededRandom {
  /// Uniform between 0 and 1.
  fileprivate mutating func share() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }
}

/// Simulated seconds of each stream: ten minutes, or what ECGCLIP_SIMULATED_HOURS says.
private let seconds =
  (ProcessInfo.processInfo.environment["ECGCLIP_SIMULATED_HOURS"].flatMap(Double.init) ?? 1.0 / 6)
  * 3600

private let deliveries = [
  Delivery.frameByFrame(milliseconds: 0), .frameByFrame(milliseconds: 5),
  .timer(milliseconds: 16, jitter: 1),
]
private let clocks = [-5000.0, -50, 0, 300, 5000]

@Test("faults, stalls and drift: what is told lost and surplus is the truth", arguments: clocks)
func sumsAreTheTruth(partsPerMillion: Double) {
  for (number, delivery) in deliveries.enumerated() {
    for sampleRate in [125.0, 128, 250, 500] {
      var stream = Stream(
        sampleRate, partsPerMillion: partsPerMillion, delivery, secondsBetweenFaults: 40)
      stream.run(seconds: seconds, seed: UInt64(sampleRate) + UInt64(number))
      #expect(stream.lost > 0 && stream.repeated > 0)
      #expect(
        stream.toldLost == stream.lost && stream.toldSurplus == stream.repeated,
        "\(sampleRate) Hz, \(partsPerMillion) ppm, \(delivery)")
    }
  }
}

@Test("without faults neither stalls nor drift are taken for one", arguments: clocks)
func nothingFalse(partsPerMillion: Double) {
  for (number, delivery) in deliveries.enumerated() {
    for sampleRate in [125.0, 250, 500] {
      var stream = Stream(sampleRate, partsPerMillion: partsPerMillion, delivery)
      stream.run(seconds: seconds, seed: 100 + UInt64(sampleRate) + UInt64(number))
      #expect(
        stream.toldLost == 0 && stream.toldSurplus == 0,
        "\(sampleRate) Hz, \(partsPerMillion) ppm, \(delivery)")
    }
  }
}

/// Frames at 250 Hz, prompt. Returns the second of the first verdict, and the sum of all.
private func sendPrompt(
  _ range: Range<Int>, shift: Int = 0, to ledger: inout HostClockLedger
) -> (second: Double?, missing: Int64) {
  var first: Double?
  var sum: Int64 = 0
  for frame in range {
    let missing = ledger.accept(
      1, arrivalNanoseconds: 1_000_000_000 + UInt64(frame + shift) * 4_000_000)
    if missing != 0 && first == nil { first = Double(frame - range.lowerBound) / 250 }
    sum += missing
  }
  return (first, sum)
}

@Test("a lost frame is told within five seconds")
func latency() throws {
  var ledger = HostClockLedger(sampleRate: 250, usesHostTime: true)
  #expect(sendPrompt(0..<7500, to: &ledger).missing == 0)
  let (second, missing) = sendPrompt(7500..<15_000, shift: 1, to: &ledger)
  #expect(missing == 1)
  #expect(try #require(second) <= 5)
}

@Test("what went missing before the slope is known is told once it is")
func lossAtTheStart() {
  var ledger = HostClockLedger(sampleRate: 250, usesHostTime: true)
  #expect(sendPrompt(0..<1000, to: &ledger).missing == 0)
  #expect(sendPrompt(1000..<10_000, shift: 3, to: &ledger).missing == 3)
}

@Test("frames known to be lost are not found again")
func knownLoss() {
  var ledger = HostClockLedger(sampleRate: 250, usesHostTime: true)
  _ = sendPrompt(0..<7500, to: &ledger)
  ledger.pass(5)
  #expect(sendPrompt(7500..<15_000, shift: 5, to: &ledger).missing == 0)
}

@Test(
  "a loss that is known when the next frame comes does not make the frame before it early",
  arguments: [100, 3000, 7500])
func knownLossBetweenReads(frame: Int) {
  var ledger = HostClockLedger(sampleRate: 250, usesHostTime: true)
  #expect(sendPrompt(0..<frame, to: &ledger).missing == 0)
  ledger.pass(2)
  #expect(sendPrompt(frame..<15_000, shift: 2, to: &ledger).missing == 0)
}

@Test("before the clock is known the time away is not loss, and the next loss is told")
func restart() {
  var ledger = HostClockLedger(sampleRate: 250, usesHostTime: true)
  _ = sendPrompt(0..<2000, to: &ledger)
  ledger.restart()
  #expect(sendPrompt(2000..<15_000, shift: 2500, to: &ledger).missing == 0)
  #expect(sendPrompt(15_000..<20_000, shift: 2502, to: &ledger).missing == 2)
}

@Test(
  "a device that comes back is at its place to the sample, whatever was lost before and however long it was away",
  arguments: [-40, -1, 0, 1, 300])
func restartOnTheLine(error: Int) {
  var ledger = HostClockLedger(sampleRate: 250, usesHostTime: true)
  _ = sendPrompt(0..<7500, to: &ledger)
  // Seven more lost just before: no time is left to tell them. And three that the decoder knows, before no sample.
  #expect(sendPrompt(7500..<7600, shift: 7, to: &ledger).missing == 0)
  ledger.pass(3)
  ledger.restart()
  // Away for 2500 samples and 1.2 ms, those three counted, estimated with an error.
  ledger.pass(Int64(2500 + error))
  var missing: Int64 = 0
  for frame in 7600..<15_000 {
    let nanoseconds = 1_001_200_000 + UInt64(frame + 2507) * 4_000_000
    missing += ledger.accept(1, arrivalNanoseconds: nanoseconds)
  }
  #expect(missing == Int64(4 - error))
}

@Test("the absence that is told is no longer than the line allows")
func absenceOnTheLine() {
  var ledger = HostClockLedger(sampleRate: 250, usesHostTime: true)
  func absence(_ estimate: Int64) -> Int64 {
    ledger.absence(
      estimate: estimate, before: 10, arrivalNanoseconds: 1_000_000_000 + 8009 * 4_000_000)
  }
  _ = sendPrompt(0..<7500, to: &ledger)
  #expect(absence(509) == 500)
  #expect(absence(480) == 480)
}

@Test("a turn of a counter is told once a backlog has drained, and taken back where it was none")
func turns() {
  var ledger = HostClockLedger(sampleRate: 250, usesHostTime: true, step: 256)
  #expect(sendPrompt(0..<7500, to: &ledger).missing == 0)
  // Late by less than half a turn is no turn, nor is late by a turn for two seconds.
  #expect(sendPrompt(7500..<8000, shift: 100, to: &ledger).missing == 0)
  #expect(sendPrompt(8000..<8500, shift: 256, to: &ledger).missing == 0)
  #expect(sendPrompt(8500..<10_000, to: &ledger).missing == 0)
  #expect(sendPrompt(10_000..<12_500, shift: 256, to: &ledger).missing == 256)
  ledger.pass(256)
  #expect(sendPrompt(12_500..<15_000, shift: 256, to: &ledger).missing == -256)
}

@Test("without the host's time nothing is told")
func noHostTime() {
  var ledger = HostClockLedger(sampleRate: 250, usesHostTime: false)
  _ = sendPrompt(0..<7500, to: &ledger)
  #expect(sendPrompt(7500..<15_000, shift: 500, to: &ledger).missing == 0)
}

@Test("a backlog of three seconds that drains at a fifth above the rate is no loss")
func slowBacklog() {
  var ledger = HostClockLedger(sampleRate: 250, usesHostTime: true)
  _ = sendPrompt(0..<7500, to: &ledger)
  var line = 1_000_000_000 + UInt64(7500 + 750) * 4_000_000
  for frame in 7500..<20_000 {
    line = max(line + 3_333_333, 1_000_000_000 + UInt64(frame) * 4_000_000)
    #expect(ledger.accept(1, arrivalNanoseconds: line) == 0)
  }
}

@Test("a rate far from nominal is no drift: it is told as surplus or loss")
func wrongRate() {
  var fast = HostClockLedger(sampleRate: 125, usesHostTime: true)
  #expect(sendPrompt(0..<15_000, to: &fast).missing < -1000)
  var slow = HostClockLedger(sampleRate: 500, usesHostTime: true)
  #expect(sendPrompt(0..<15_000, to: &slow).missing > 1000)
}

@Test("the ledger allocates nothing", .enabled(if: allocationsAreCountable))
func ledgerAllocatesNothing() {
  var missing: Int64 = 0
  func allocations() -> Int {
    var ledger = HostClockLedger(sampleRate: 250, usesHostTime: true)
    return countAllocations {
      missing += sendPrompt(0..<10_000, to: &ledger).missing
      missing += sendPrompt(10_000..<20_000, shift: 2, to: &ledger).missing
    }
  }
  // The first time the runtime makes what it keeps from then on.
  _ = allocations()
  let again = allocations()
  #expect(missing == 4)
  #expect(again == 0)
}
