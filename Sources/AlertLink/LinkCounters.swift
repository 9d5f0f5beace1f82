// What became of the datagrams that came: the same count at both ends of the link.

/// What was taken, what was dropped, and why. Counted, never answered.
public struct LinkCounters: Hashable, Sendable {
  /// Datagrams that were taken.
  public var opened = 0
  /// Not of this link by length, version, direction or key number.
  public var foreign = 0
  /// Without a right tag.
  public var forged = 0
  /// Seen before.
  public var replayed = 0
  /// Of an earlier life of the other end.
  public var earlierLife = 0
  /// Genuine, but made before this life or long ago; nothing was taken from them.
  public var unproven = 0
  /// From a device whose numbers went back: only the central station counts these.
  public var rolledBack = 0

  mutating func note(_ refusal: LinkRefusal) {
    switch refusal {
    case .foreign: foreign += 1
    case .forged: forged += 1
    case .replayed: replayed += 1
    case .earlierLife: earlierLife += 1
    }
  }
}
