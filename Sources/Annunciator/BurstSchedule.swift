// When which burst sounds, to the sample: annunciations in, samples out. Pure: no clock, no device, no allocation after
// init, so that what is heard follows from the annunciations and the count of samples alone.

import Alarms
import Glibc

/// Fills block after block with what is to be heard. One thread.
///
/// - A burst starts at the first sample after the annunciation that asks for it, and again after its silence.
/// - A graver alarm displaces the burst at hand at once, and a real one that of a test.
/// - A new alarm of the same priority starts the burst anew, unless its first pulses are sounding anyway: otherwise
///   many alarms together would stutter and none be recognised.
/// - A burst whose alarm ends by itself is heard as far as the standard asks (`AlarmBurst.leastSeconds`); one that a
///   person silences, so that its light stays, ends at once.
/// - What is cut is faded within 5 ms, so that nothing clicks.
public final class BurstSchedule {
  /// Samples a second.
  public let sampleRateHz: Double
  private let tracks: UnsafeMutableBufferPointer<SoundTrack>
  /// Levels by which a sound that is cut fades.
  private let fadeGains: UnsafeMutableBufferPointer<Float>

  private var asked = Annunciation()
  /// An alarm began that no burst has told yet.
  private var hasUntoldOnset = false
  /// What sounds, or waits in the silence after it.
  private var playing: SoundName?
  /// Samples since the start of what sounds.
  private var position = 0
  /// What was cut and still fades.
  private var fading: SoundName?
  private var fadingPosition = 0
  private var fadeStep = 0

  /// Renders the bursts of a melody as they are played.
  public convenience init(sampleRateHz: Double, melody: AlarmMelody = .general) {
    self.init(sampleRateHz: sampleRateHz, melody: melody, fadeSeconds: 0.005) {
      $0.samples(sampleRateHz: sampleRateHz)
    }
  }

  /// The same bursts for a buzzer that is either on (not 0) or off (0).
  public static func buzzer(stepsPerSecond: Double) -> BurstSchedule {
    BurstSchedule(sampleRateHz: stepsPerSecond, melody: .general, fadeSeconds: 0) { burst in
      (0..<Int((burst.seconds * stepsPerSecond).rounded(.up))).map { step in
        let seconds = Double(step) / stepsPerSecond
        let hums = burst.pulses.contains {
          ($0.startSeconds..<($0.startSeconds + burst.pulseSeconds)).contains(seconds)
        }
        return hums ? .max : 0
      }
    }
  }

  private init(
    sampleRateHz: Double, melody: AlarmMelody, fadeSeconds: Double,
    render: (AlarmBurst) -> [Int16]
  ) {
    self.sampleRateHz = sampleRateHz
    tracks = .allocate(capacity: SoundName.allCases.count)
    _ = tracks.initialize(
      from: SoundTrack.all(melody: melody, sampleRateHz: sampleRateHz, render: render))
    let count = Int((fadeSeconds * sampleRateHz).rounded())
    fadeGains = .allocate(capacity: count)
    _ = fadeGains.initialize(
      from: (0..<count).map { Float(1 + cos(Double.pi * Double($0 + 1) / Double(count + 1))) / 2 })
  }

  deinit {
    for track in tracks { track.samples.deallocate() }
    tracks.deallocate()
    fadeGains.deallocate()
  }

  /// Whether it lies in the silence between bursts.
  public var isResting: Bool {
    guard let playing else { return fading == nil }
    return fading == nil && position >= track(playing).samples.count
  }

  /// Forgets what sounded: the next samples begin with a whole burst, where one is asked for.
  public func beginAnew() {
    playing = nil
    fading = nil
    hasUntoldOnset = true
  }

  /// Begins with one note by which people hear that the device can sound; whatever alarms displaces it.
  func greet() {
    playing = .greeting
    position = 0
  }

  /// Fills the next samples. The annunciation holds from the first of them.
  public func fill(_ block: UnsafeMutableBufferPointer<Int16>, _ annunciation: Annunciation) {
    if annunciation.onset != asked.onset { hasUntoldOnset = true }
    asked = annunciation
    var filled = 0
    while filled < block.count {
      // What is cut fades to its end before anything else is cut: 5 ms at most.
      if fading == nil { decide() }
      let count = min(block.count &- filled, samplesToNextDecision)
      render(into: block, from: filled, count: count)
      filled &+= count
    }
  }

  private func track(_ name: SoundName) -> SoundTrack { tracks[name.rawValue] }

  /// Chooses what sounds from this sample on.
  private func decide() {
    let wanted = SoundName(asked)
    if isOwed(before: wanted) {
      // It tells a new alarm of its own priority, too.
      if playing == wanted { hasUntoldOnset = false }
      return
    }
    guard let wanted, wanted != .reminder else {
      hasUntoldOnset = false
      if wanted != playing { rest(before: wanted) } else { repeatWhenDue() }
      return
    }
    let isGraver = playing.map { $0.rawValue < wanted.rawValue } ?? true
    if isGraver || hasUntoldOnset {
      start(wanted)
    } else if playing != wanted {
      rest(before: wanted)
    } else {
      repeatWhenDue()
    }
  }

  /// Whether the burst at hand has not been heard as far as it must be before something lesser follows.
  private func isOwed(before wanted: SoundName?) -> Bool {
    if playing == .greeting {
      return wanted?.priority == nil && position < track(.greeting).samples.count
    }
    guard let playing, let priority = playing.priority, position < track(playing).leastCount
    else { return false }
    guard let wanted else { return !isStillLit(priority) }
    return wanted == playing || (wanted.rawValue < playing.rawValue && !isStillLit(priority))
  }

  /// A light that stays while its sound goes: a person silenced it.
  private func isStillLit(_ priority: AlarmPriority) -> Bool {
    guard let light = asked.light else { return false }
    return light >= priority
  }

  private func start(_ wanted: SoundName) {
    cut()
    playing = wanted
    position = 0
    hasUntoldOnset = false
  }

  /// Goes on with the silence after a sound, as if it had just ended.
  private func rest(before wanted: SoundName?) {
    cut()
    playing = wanted
    position = wanted.map { track($0).samples.count } ?? 0
  }

  private func repeatWhenDue() {
    if let playing, position >= track(playing).periodCount { position = 0 }
  }

  private func cut() {
    guard let playing, position < track(playing).samples.count, fadeGains.count > 0 else { return }
    fading = playing
    fadingPosition = position
    fadeStep = 0
  }

  private var samplesToNextDecision: Int {
    if fading != nil { return fadeGains.count &- fadeStep }
    guard let playing else { return .max }
    let track = track(playing)
    return (position < track.leastCount ? track.leastCount : track.periodCount) &- position
  }

  private func render(
    into block: UnsafeMutableBufferPointer<Int16>, from start: Int, count: Int
  ) {
    for index in 0..<count { block[start &+ index] = 0 }
    if let playing {
      let samples = track(playing).samples
      let sounding = max(0, min(count, samples.count &- position))
      for index in 0..<sounding { block[start &+ index] = samples[position &+ index] }
      position &+= count
    }
    if fading != nil { fade(into: block, from: start, count: count) }
  }

  /// Adds what fades. The peak of a burst is 0.9, and what begins meanwhile has hardly risen: the sum never clips.
  private func fade(
    into block: UnsafeMutableBufferPointer<Int16>, from start: Int, count: Int
  ) {
    guard let fading else { return }
    let samples = track(fading).samples
    for index in 0..<min(count, samples.count &- fadingPosition) {
      let faded = Float(samples[fadingPosition &+ index]) * fadeGains[fadeStep &+ index]
      block[start &+ index] &+= Int16(faded)
    }
    fadingPosition = min(fadingPosition &+ count, samples.count)
    fadeStep &+= count
    if fadeStep == fadeGains.count { self.fading = nil }
  }
}
