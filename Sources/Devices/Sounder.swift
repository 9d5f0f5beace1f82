// The doors through which an alarm comes out: sound and light.

/// Something that plays. All calls come from one thread, which waits while it plays: never a real-time one.
public protocol Sounder: AnyObject {
  /// Samples a second of what it plays.
  var sampleRateHz: Double { get }

  /// Times it ran dry within a sound since it was opened: each is a hole that was heard.
  var underruns: Int { get }

  /// Plays 16-bit samples of one channel and returns when they have been heard.
  func play(_ samples: [Int16]) throws(SourceError)
}

/// A lamp. One thread.
public protocol AlarmLamp: AnyObject {
  /// Lights it or puts it out, and returns when the line has changed. Allocates nothing.
  func set(isLit: Bool) throws(SourceError)
}

/// A control of a sound card, as far as it decides whether an alarm is heard.
public struct SoundControl: Hashable, Sendable {
  /// The card's name for it, as `PCM` or `Speaker`.
  public let name: String
  /// False where it is muted; nil where it has no switch.
  public let isOn: Bool?
  /// 0-100 of its range; nil where it has none.
  public let percent: Int?

  /// Describes a control.
  public init(name: String, isOn: Bool?, percent: Int?) {
    self.name = name
    self.isOn = isOn
    self.percent = percent
  }

  /// Whether it lies between a program and a loudspeaker, by the names that drivers give such controls.
  public var isOnTheWay: Bool {
    ["Master", "PCM", "Speaker", "Headphone", "Digital", "HDMI"].contains { name.hasPrefix($0) }
  }

  /// Whether it is muted, or below a share of its range.
  public func isBelow(percent floor: Int) -> Bool { isOn == false || (percent ?? 100) < floor }
}
