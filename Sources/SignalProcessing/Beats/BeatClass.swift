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

/// Whether a beat looks like one of this heart's. Slopes tell: electrode motion bends a complex, and hardly changes how
/// steep it is at which place.
public enum BeatFamiliarity: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// By its slopes as most beats of this heart, or as others seen often.
  case usual
  /// Otherwise, but as steep or as narrow as a beat: an ectopic one, say.
  case other
  /// Like none of this heart's, less steep than its beats, and broad: what motion of electrodes passes for.
  case strange
}
