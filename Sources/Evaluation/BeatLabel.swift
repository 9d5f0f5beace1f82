// The beat labels of ANSI/AAMI EC57 and the annotation codes that they stand for.

import Recordings

/// What one annotator says of a beat, or that it says nothing.
///
/// EC57 scores five kinds of beat. The last two cases are no beats: they stand opposite a beat of the other annotator.
public enum BeatLabel: Int, CaseIterable, Sendable {
  /// Normal, bundle branch blocks included: MIT codes N, L, R, B.
  case normal
  /// Supraventricular ectopic or escape: a, J, A, S, j, e, n.
  case supraventricular
  /// Ventricular ectopic or escape: V, r, E.
  case ventricular
  /// Fusion of a ventricular and a normal beat: F.
  case fusion
  /// Unclassifiable, learnt, paced, or a fusion with a paced beat: Q, ?, /, f.
  case unclassifiable
  /// No beat here.
  case none
  /// No beat here, and the annotator had said that it does not analyse.
  case shutdown

  /// The letter that EC57's tables print: N, S, V, F, Q; O for no beat, X for none in shutdown.
  public var letter: String { ["N", "S", "V", "F", "Q", "O", "X"][rawValue] }

  /// The label of an annotation, nil for one that marks no beat.
  ///
  /// The mapping is that of `bxb` (WFDB Applications Guide, bemoody/wfdb app/bxb.c): escape beats of the atria and the
  /// node count as supraventricular there, which some papers count as normal.
  public init?(_ annotation: Annotation) {
    guard annotation.isBeat else { return nil }
    switch annotation.symbol {
    case "N", "L", "R", "B": self = .normal
    case "a", "J", "A", "S", "j", "e", "n": self = .supraventricular
    case "V", "r", "E": self = .ventricular
    case "F": self = .fusion
    default: self = .unclassifiable
    }
  }
}
