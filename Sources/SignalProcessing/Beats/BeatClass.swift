// What a beat is: the classes that ANSI/AAMI EC57 scores, and those that a monitor tells apart besides.

/// The kind of a beat.
public enum BeatClass: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// Conducted as most beats of this heart are, bundle branch blocks included (EC57's N).
  case normal
  /// Early, of the usual shape (EC57's S).
  case supraventricular
  /// From the ventricles: another shape, not led by an atrium (EC57's V).
  case ventricular
  /// Started by a pacemaker (EC57 counts it as Q).
  case paced
  /// Too noisy, or too soon after the start, to be told (EC57's Q).
  case unclassifiable

  /// The word printed in JSON.
  public var name: String {
    switch self {
    case .normal: "normal"
    case .supraventricular: "supraventricular"
    case .ventricular: "ventricular"
    case .paced: "paced"
    case .unclassifiable: "unclassifiable"
    }
  }
}

/// Whether a beat looks like one: noise comes in ever new shapes, a heart does not.
public enum BeatFamiliarity: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// As most beats of this heart.
  case usual
  /// Otherwise, but as others before it.
  case seenBefore
  /// Like none before it.
  case strange
}
