// What an alarm sounds like: the bursts of IEC 60601-1-8 as pulses in time and as PCM. Where the texts of 2006 and of
// 2020 differ, the numbers lie where both agree. Designed toward the standard, not certified to it.

import Glibc

/// The tune of a burst.
public enum AlarmMelody: String, CaseIterable, Sendable {
  /// One pitch: any alarm.
  case general
  /// The rising chord that earlier texts reserve for the heart: C E G - G C.
  case cardiac
}

/// One burst of an alarm: pulses, each a tone with its harmonics. Times are those of the standard's figures: a pulse
/// begins where its rise passes 90 % of its level and ends where its fall does.
public struct AlarmBurst: Hashable, Sendable {
  /// One pulse.
  public struct Pulse: Hashable, Sendable {
    /// Seconds from the start of the burst's samples to the 90 % mark of its rise.
    public let startSeconds: Double
    /// Fundamental frequency, 150-1000 Hz.
    public let frequencyHz: Double
  }

  /// The urgency that it tells.
  public let priority: AlarmPriority
  /// The pulses in order: ten, three or two.
  public let pulses: [Pulse]
  /// From the 90 % mark of a pulse's rise to that of its fall. High 75-200 ms, others 125-250 ms.
  public let pulseSeconds: Double
  /// From 10 to 90 % of a rise, and of a fall: 15 % of the pulse (2006 asks for 10-40 %, 2020 for 10-20 %).
  public let riseSeconds: Double
  /// Silence between the end of a burst and the start of the next. High 2.5-15 s, low at least 15 s.
  public let silenceSeconds: Double
  /// Peak of the samples against full scale: an alarm that is more urgent is never softer.
  public let peakLevel: Double

  /// Harmonics of every tone, the fundamental first. With C4 (262 Hz) five of them, with C5 (523 Hz) all six lie
  /// in 300-4000 Hz, where the standard asks for four within 15 dB of the fundamental. Small loudspeakers
  /// give little below 500 Hz, so they fall by 1 dB each and no more.
  public static let harmonicLevels = (0..<6).map { pow(10, -Double($0) / 20) }
  /// 10 to 90 % of a raised cosine, as a share of its length.
  private static let riseShare = (acos(-0.8) - acos(0.8)) / Double.pi

  /// The burst of a priority. The cardiac melody is disclosed for high; medium is its first three notes. A burst of
  /// low priority has one pitch in both.
  public init(_ priority: AlarmPriority, melody: AlarmMelody = .general) {
    let c4 = 261.6256, e4 = 329.6276, g4 = 391.9954
    let tune = melody == .general ? [c4, c4, c4, c4, c4] : [c4, e4, g4, g4, Self.c5]
    switch priority {
    case .high:
      // Five pulses, a pause, and the same again; 2x + td after the third of each five.
      let x = 0.1
      let pulse = 0.15
      let long = 2 * x + pulse
      self.init(
        .high, notes: tune + tune, gaps: [x, x, long, x, 0.8, x, x, long, x], pulseSeconds: pulse,
        silenceSeconds: 3, peakLevel: 0.9)
    case .medium:
      self.init(
        .medium, notes: Array(tune.prefix(3)), gaps: [0.2, 0.2], pulseSeconds: 0.2,
        silenceSeconds: 7.5, peakLevel: 0.7)
    case .low:
      self.init(
        .low, notes: [c4, c4], gaps: [0.2], pulseSeconds: 0.2, silenceSeconds: 20, peakLevel: 0.5)
    }
  }

  /// The reminder that alarms make no sound because a person switched them off: one short high note a minute, which
  /// no burst is. As soft as low priority.
  public static let reminder = AlarmBurst(
    .low, notes: [c5], gaps: [], pulseSeconds: 0.125, silenceSeconds: 60, peakLevel: 0.5)

  /// What stands before every burst of a test: one long note that no alarm has, then a moment of silence.
  public static let testMark = AlarmBurst(
    .low, notes: [659.2551], gaps: [], pulseSeconds: 0.4, silenceSeconds: 0.6, peakLevel: 0.5)

  private static let c5 = 523.2511

  /// Pulses with the silence between each and the next.
  private init(
    _ priority: AlarmPriority, notes: [Double], gaps: [Double], pulseSeconds: Double,
    silenceSeconds: Double, peakLevel: Double
  ) {
    self.priority = priority
    self.pulseSeconds = pulseSeconds
    self.silenceSeconds = silenceSeconds
    self.peakLevel = peakLevel
    riseSeconds = 0.15 * pulseSeconds
    var start = Self.edgeSeconds(riseSeconds) * Self.shareTo90
    var pulses: [Pulse] = []
    for (index, note) in notes.enumerated() {
      pulses.append(Pulse(startSeconds: start, frequencyHz: note))
      start += pulseSeconds + (index < gaps.count ? gaps[index] : 0)
    }
    self.pulses = pulses
  }

  /// From the first sample above silence to the last.
  public var seconds: Double { endSeconds(ofPulse: pulses.count - 1) }

  /// What is heard to its end although the alarm ends meanwhile: all of a burst, of ten pulses the first five. After
  /// IEC 60601-1-8, 6.3.3.1, so that a short alarm is recognised, too; a person who silences it need not hear it out.
  public var leastSeconds: Double { endSeconds(ofPulse: min(pulses.count, 5) - 1) }

  /// From the start of a burst to the start of the next.
  public var periodSeconds: Double {
    let first = pulses.first?.startSeconds ?? 0
    return (pulses.last?.startSeconds ?? 0) + pulseSeconds + silenceSeconds - first
  }

  /// Where a pulse has become silence.
  private func endSeconds(ofPulse pulse: Int) -> Double {
    pulses[pulse].startSeconds + pulseSeconds + Self.edgeSeconds(riseSeconds) * Self.shareTo90
  }

  /// The burst as 16-bit PCM, one channel, without the silence that follows it.
  ///
  /// - Parameter sampleRateHz: at least 8000, so that the sixth harmonic of C5 (3140 Hz) fits.
  public func samples(sampleRateHz: Double) -> [Int16] {
    precondition(sampleRateHz >= 8000)
    var samples = [Int16](repeating: 0, count: Int((seconds * sampleRateHz).rounded(.up)))
    let lead = Self.edgeSeconds(riseSeconds) * Self.shareTo90
    for (index, pulse) in pulses.enumerated() {
      let start = Int(((pulse.startSeconds - lead) * sampleRateHz).rounded(.up))
      let end = Int((endSeconds(ofPulse: index) * sampleRateHz).rounded(.up))
      for sample in max(start, 0)..<min(end, samples.count) {
        let time = Double(sample) / sampleRateHz
        let level = envelope(at: time - pulse.startSeconds)
        let value = level * Self.tone(pulse.frequencyHz * time) / Self.peakOfTone
        samples[sample] = Int16((value * peakLevel * 32_767).rounded())
      }
    }
    return samples
  }

  /// Level of a pulse at a time since the 90 % mark of its rise: 0 to 1, with raised cosines for edges.
  private func envelope(at seconds: Double) -> Double {
    let edge = Self.edgeSeconds(riseSeconds)
    let rising = seconds / edge + Self.shareTo90
    let falling = (pulseSeconds - seconds) / edge + Self.shareTo90
    let nearer = min(max(min(rising, falling), 0), 1)
    return (1 - cos(Double.pi * nearer)) / 2
  }

  /// Whether a pulse is louder than half its level at a time since the burst's first sample.
  func isSounding(atSeconds seconds: Double) -> Bool {
    pulses.contains { envelope(at: seconds - $0.startSeconds) > 0.5 }
  }

  /// From half the level of an edge to its 90 % mark.
  var halfTo90Seconds: Double { Self.edgeSeconds(riseSeconds) * (Self.shareTo90 - 0.5) }

  /// Length of an edge whose 10 to 90 % take so long.
  private static func edgeSeconds(_ riseSeconds: Double) -> Double { riseSeconds / riseShare }
  /// Where an edge passes 90 %, as a share of its length.
  private static let shareTo90 = acos(-0.8) / Double.pi

  /// A tone of all harmonics after so many periods. Phases after Schroeder (1970) keep its peak low, so that it is
  /// as loud as the loudspeaker allows.
  private static func tone(_ periods: Double) -> Double {
    var sum = 0.0
    for (index, level) in harmonicLevels.enumerated() {
      let harmonic = Double(index + 1)
      let phase = -Double.pi * harmonic * Double(index) / Double(harmonicLevels.count)
      sum += level * sin(2 * Double.pi * harmonic * periods + phase)
    }
    return sum
  }

  private static let peakOfTone = (0..<4096).map { abs(tone(Double($0) / 4096)) }.max() ?? 1
}
