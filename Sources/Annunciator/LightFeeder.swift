// Shows the annunciation on the lamp, and beeps it on a buzzer where no loudspeaker does. It reads one word and waits
// for nothing.

import Alarms
import Devices

/// The work of the thread of lamp and buzzer, a step at a time. One thread.
final class LightFeeder {
  /// Each colour shines so long when the device starts, so that a person sees that it can.
  static let greetingSeconds = 0.5
  /// How often a buzzer that beeps is looked after, and everything else at the least.
  static let buzzerSeconds = 0.01, idleSeconds = 0.25

  /// To which its pulses are exact.
  private static let stepNanoseconds: UInt64 = 1_000_000

  private let health: AnnunciatorHealth
  private let lights: AlarmLights?
  private let lamp: LineDriver?
  private let buzzer: LineDriver?
  private let hasLoudspeaker: Bool
  private let nanoseconds: () -> UInt64
  private let start: UInt64
  private var schedule = LampSchedule()
  private let beeps: BurstSchedule
  private let steps: UnsafeMutableBufferPointer<Int16>
  /// Until when the buzzer's pattern has been followed; nil while a loudspeaker sounds.
  private var beptUntil: UInt64?
  /// What it followed, and whether it hums at that time.
  private var bept = Annunciation()
  private var hums = false

  init(
    lights: AlarmLights?, buzzer: AlarmBuzzer?, hasLoudspeaker: Bool,
    _ health: AnnunciatorHealth, nanoseconds: @escaping () -> UInt64
  ) {
    self.health = health
    self.lights = lights
    self.hasLoudspeaker = hasLoudspeaker
    self.nanoseconds = nanoseconds
    lamp = lights.map { LineDriver(.lamp, health, open: $0.open) }
    self.buzzer = buzzer.map { buzzer in
      LineDriver(.buzzer, health) { () throws(SourceError) in [try buzzer.open()] }
    }
    start = nanoseconds()
    // A thread that was kept from running catches up with a second at most.
    beeps = .buzzer(stepsPerSecond: 1e9 / Double(Self.stepNanoseconds))
    steps = .allocate(capacity: 1000)
    steps.initialize(repeating: 0)
  }

  deinit { steps.deallocate() }

  /// Shows the annunciation and returns the seconds after which to step again, unless it changes before.
  func step(_ annunciation: Annunciation) -> Double {
    let now = nanoseconds()
    let seconds = Double(now &- start) / 1e9
    var next = Self.idleSeconds
    if let lights {
      var colour = schedule.colour(annunciation.light, atSeconds: seconds)
      if annunciation.light == nil { colour = greeting(atSeconds: seconds) }
      lamp?.drive(lights.lines(colour), nanoseconds: now)
      next = min(next, schedule.secondsToChange(atSeconds: seconds) ?? next)
    }
    if let buzzer {
      let beeps = beeps(annunciation, at: now)
      buzzer.drive(beeps ? 1 : 0, nanoseconds: now)
      if beptUntil != nil && !isQuiet(annunciation) { next = min(next, Self.buzzerSeconds) }
    }
    return next
  }

  /// Dark and silent.
  func close() {
    lamp?.close()
    buzzer?.close()
  }

  /// The colours one after the other, while the device has just started and nothing alarms.
  private func greeting(atSeconds seconds: Double) -> LampPattern.Colour? {
    let colours: InlineArray<3, LampPattern.Colour> = [.red, .yellow, .cyan]
    let index = Int(seconds / Self.greetingSeconds)
    return index < 3 ? colours[index] : nil
  }

  private func isQuiet(_ annunciation: Annunciation) -> Bool {
    annunciation.sound == nil && !annunciation.reminds && beeps.isResting
  }

  /// Whether a loudspeaker can be heard: one that is muted and cannot be turned up is none.
  private var isLoudspeakerHeard: Bool {
    hasLoudspeaker && !health.isFailed(.sound) && !health.isFailed(.volume)
  }

  /// Whether the buzzer hums now: only while no loudspeaker can be heard.
  private func beeps(_ annunciation: Annunciation, at now: UInt64) -> Bool {
    guard !isLoudspeakerHeard else {
      beptUntil = nil
      hums = false
      return false
    }
    if beptUntil == nil { beeps.beginAnew() }
    let since = beptUntil ?? now
    // Until now held what was asked before; from now on what is asked.
    let count = now > since ? min(Int((now &- since) / Self.stepNanoseconds), steps.count) : 0
    follow(bept, count)
    beptUntil = since &+ UInt64(count) &* Self.stepNanoseconds
    if annunciation != bept || beptUntil == now {
      bept = annunciation
      follow(bept, 1)
      beptUntil = max(since, now) &+ Self.stepNanoseconds
    }
    return hums
  }

  private func follow(_ annunciation: Annunciation, _ count: Int) {
    guard count > 0, let base = steps.baseAddress else { return }
    beeps.fill(UnsafeMutableBufferPointer(start: base, count: count), annunciation)
    hums = steps[count &- 1] != 0
  }
}
