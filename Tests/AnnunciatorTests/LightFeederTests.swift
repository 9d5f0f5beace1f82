// Lamp and buzzer by a clock of numbers: which line is driven when.

import Alarms
import Devices
import TestSupport
import Testing

@testable import Annunciator

/// A line that notes when it was driven, and can break.
private final class NotedLine: AlarmLamp {
  struct Change { let seconds: Double, isLit: Bool }
  var changes: [Change] = []
  var isBroken = false
  var isLit = false
  private let clock: StandInClock

  init(_ clock: StandInClock) { self.clock = clock }

  func set(isLit: Bool) throws(SourceError) {
    if isBroken { throw SourceError("Line 17 cannot be driven (Input/output error).") }
    self.isLit = isLit
    changes.append(Change(seconds: Double(clock.nanoseconds) / 1e9, isLit: isLit))
  }
}

private struct Bench {
  let clock = StandInClock()
  let health = AnnunciatorHealth()
  let red, yellow, cyan, buzzer: NotedLine
  let feeder: LightFeeder

  init(hasLoudspeaker: Bool = true, isDiode: Bool = false) {
    let clock = clock
    let lines = (0..<4).map { _ in NotedLine(clock) }
    (red, yellow, cyan, buzzer) = (lines[0], lines[1], lines[2], lines[3])
    nonisolated(unsafe) let handed = lines
    feeder = LightFeeder(
      // A diode of red, green and blue: yellow is red and green, cyan is green and blue.
      lights: AlarmLights(
        red: 0b001, yellow: isDiode ? 0b011 : 0b010, cyan: isDiode ? 0b110 : 0b100
      ) { () throws(SourceError) in Array(handed[..<3]) },
      buzzer: AlarmBuzzer { () throws(SourceError) in handed[3] },
      hasLoudspeaker: hasLoudspeaker, health, nanoseconds: { clock.nanoseconds })
  }

  /// Steps as the thread would, for so many seconds.
  func show(_ annunciation: Annunciation, seconds: Double) {
    let end = clock.nanoseconds + UInt64(seconds * 1e9)
    while clock.nanoseconds < end {
      let pause = feeder.step(annunciation)
      clock.advance(seconds: min(pause, Double(end - clock.nanoseconds) / 1e9) + 0.0001)
    }
  }

  /// After the greeting.
  func begin() {
    show(Annunciation(), seconds: 2)
    for line in [red, yellow, cyan, buzzer] { line.changes = [] }
  }
}

@Suite struct LightFeederTests {
  @Test("every colour shines once when the device starts, one after the other")
  func greeting() {
    let bench = Bench()
    bench.show(Annunciation(), seconds: 3)
    for line in [bench.red, bench.yellow, bench.cyan] {
      let lit = line.changes.filter(\.isLit)
      #expect(lit.count == 1 && !line.isLit)
    }
    #expect(!bench.health.isFailed(.lamp) && bench.buzzer.changes.allSatisfy { !$0.isLit })
  }

  @Test("an alarm during the greeting is shown at once")
  func alarmAtStart() {
    let bench = Bench()
    bench.show(Annunciation(light: .high), seconds: 0.01)
    #expect(bench.red.isLit)
  }

  @Test("flashing and share of light lie within the standard, measured at the line")
  func flashing() {
    for (priority, flashes) in [(AlarmPriority.high, 1.4...2.8), (.medium, 0.4...0.8)] {
      let bench = Bench()
      bench.begin()
      bench.show(Annunciation(light: priority), seconds: 60)
      let line = priority == .high ? bench.red : bench.yellow
      let rises = line.changes.filter(\.isLit).map(\.seconds)
      let falls = line.changes.filter { !$0.isLit }.map(\.seconds).filter { $0 > rises[0] }
      let rate = Double(rises.count - 1) / (rises[rises.count - 1] - rises[0])
      #expect(flashes.contains(rate))
      for (rise, fall) in zip(rises, falls) { #expect((0.2...0.6).contains((fall - rise) * rate)) }
      // No other colour shines meanwhile.
      for other in [bench.red, bench.yellow, bench.cyan] where other !== line {
        #expect(other.changes.isEmpty)
      }
    }
    let bench = Bench()
    bench.begin()
    bench.show(Annunciation(light: .low), seconds: 60)
    #expect(bench.cyan.isLit && bench.cyan.changes.count == 1)
  }

  @Test("a new alarm of the same priority does not disturb the rhythm of the flashes")
  func rhythm() {
    let bench = Bench()
    bench.begin()
    for onset in 0..<100 {
      bench.show(Annunciation(light: .high, sound: .high, onset: UInt16(onset)), seconds: 0.13)
    }
    let rises = bench.red.changes.filter(\.isLit).map(\.seconds)
    for (first, second) in zip(rises, rises.dropFirst()) {
      #expect((1 / 2.8...1 / 1.4).contains(second - first))
    }
  }

  @Test("the highest priority owns the lamp, and a diode of three mixes its colours")
  func colours() {
    let bench = Bench(isDiode: true)
    bench.begin()
    bench.show(Annunciation(light: .low), seconds: 1)
    #expect([bench.red.isLit, bench.yellow.isLit, bench.cyan.isLit] == [false, true, true])
    bench.show(Annunciation(light: .high), seconds: 0.05)
    #expect([bench.red.isLit, bench.yellow.isLit, bench.cyan.isLit] == [true, false, false])
    bench.show(Annunciation(light: .medium), seconds: 0.05)
    #expect([bench.red.isLit, bench.yellow.isLit, bench.cyan.isLit] == [true, true, false])
    bench.show(Annunciation(), seconds: 0.05)
    #expect([bench.red.isLit, bench.yellow.isLit, bench.cyan.isLit] == [false, false, false])
  }

  @Test("a line that fails is told, and tried again each second until it works")
  func brokenLine() {
    let bench = Bench()
    bench.begin()
    bench.red.isBroken = true
    bench.show(Annunciation(light: .high), seconds: 10)
    #expect(bench.health.isFailed(.lamp))
    #expect(bench.health.problem(.lamp)?.contains("Line 17") == true)
    #expect(bench.health.takeSentences().count == 1)
    bench.red.isBroken = false
    bench.show(Annunciation(light: .high), seconds: 2)
    #expect(!bench.health.isFailed(.lamp) && bench.red.changes.contains { $0.isLit })
    #expect(bench.health.takeSentences() == ["The alarm's lamp works again."])
  }

  @Test("without a loudspeaker the buzzer beeps the pulses of the burst, to 12 ms")
  func buzzer() {
    for priority in AlarmPriority.allCases {
      let bench = Bench(hasLoudspeaker: false)
      bench.begin()
      let burst = AlarmBurst(priority)
      let start = Double(bench.clock.nanoseconds) / 1e9
      bench.show(Annunciation(light: priority, sound: priority, onset: 1), seconds: burst.seconds)
      let rises = bench.buzzer.changes.filter(\.isLit).map { $0.seconds - start }
      let falls = bench.buzzer.changes.filter { !$0.isLit }.map { $0.seconds - start }
      #expect(rises.count == burst.pulses.count)
      for (pulse, (rise, fall)) in zip(burst.pulses, zip(rises, falls)) {
        #expect(abs(rise - pulse.startSeconds) < 0.012)
        #expect(abs(fall - pulse.startSeconds - burst.pulseSeconds) < 0.012)
      }
    }
  }

  @Test(
    "the buzzer is silent while the loudspeaker works, and takes over when it is gone or stays muted",
    arguments: [AnnunciatorPart.sound, .volume])
  func fallback(part: AnnunciatorPart) {
    let bench = Bench()
    bench.begin()
    let alarm = Annunciation(light: .high, sound: .high, onset: 1)
    bench.show(alarm, seconds: 1.5)
    #expect(bench.buzzer.changes.isEmpty)
    bench.health.fail(part, "gone")
    bench.show(alarm, seconds: 4)
    #expect(bench.buzzer.changes.filter(\.isLit).count == 10)
    bench.health.succeed(part)
    bench.show(alarm, seconds: 0.3)
    #expect(!bench.buzzer.isLit)
  }

  @Test("nothing is lit and nothing hums after the end")
  func close() {
    let bench = Bench(hasLoudspeaker: false)
    bench.begin()
    bench.show(Annunciation(light: .high, sound: .high, onset: 1), seconds: 0.1)
    #expect(bench.red.isLit && bench.buzzer.isLit)
    bench.feeder.close()
    #expect(!bench.red.isLit && !bench.buzzer.isLit)
  }
}
