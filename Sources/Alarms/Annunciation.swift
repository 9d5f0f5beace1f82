// What lamp and sounder show now: the alarm system's answer to all its alarms together, small enough for one word.

/// What a person near the device sees and hears of all alarms.
public struct Annunciation: BitwiseCopyable, Hashable, Sendable {
  /// The priority that the lamp shows; nil for a dark lamp.
  public var light: AlarmPriority?
  /// The priority whose burst sounds; nil for silence.
  public var sound: AlarmPriority?
  /// Whether a reminder tone tells, now and then, that alarms sound no more because somebody switched them off.
  public var reminds: Bool
  /// Grows, and wraps, with every alarm that starts or becomes graver: the burst begins anew at once.
  public var onset: UInt16
  /// Whether nobody is ill: `ecgclip alarms test`.
  public var isTest: Bool

  /// Dark and silent, or what is given.
  public init(
    light: AlarmPriority? = nil, sound: AlarmPriority? = nil, reminds: Bool = false,
    onset: UInt16 = 0, isTest: Bool = false
  ) {
    self.light = light
    self.sound = sound
    self.reminds = reminds
    self.onset = onset
    self.isTest = isTest
  }

  /// As one word: bits 0-1 light (0 none, 1-3 low to high), 2-3 sound, 4 reminds, 5 isTest, 16-31 onset.
  public var word: UInt32 {
    let lightBits = light.map { UInt32($0.rawValue) &+ 1 } ?? 0
    let soundBits = sound.map { UInt32($0.rawValue) &+ 1 } ?? 0
    let flags: UInt32 = (reminds ? 1 << 4 : 0) | (isTest ? 1 << 5 : 0)
    return lightBits | soundBits << 2 | flags | UInt32(onset) << 16
  }

  /// Reads what `word` wrote.
  public init(word: UInt32) {
    light = Self.priority(word & 3)
    sound = Self.priority(word >> 2 & 3)
    reminds = word & 1 << 4 != 0
    isTest = word & 1 << 5 != 0
    onset = UInt16(truncatingIfNeeded: word >> 16)
  }

  private static func priority(_ bits: UInt32) -> AlarmPriority? {
    bits == 0 ? nil : AlarmPriority(rawValue: UInt8(truncatingIfNeeded: bits &- 1))
  }
}
