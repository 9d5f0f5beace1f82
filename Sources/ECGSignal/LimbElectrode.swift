// The electrodes of the limbs, and where Wilson's central terminal lies from each of them.

/// An electrode that chest leads can be measured against.
public enum LimbElectrode: String, Sendable, CaseIterable, BitwiseCopyable {
  case rightArm = "RA"
  case leftArm = "LA"
  case leftLeg = "LL"

  /// The potential of Wilson's central terminal, (RA + LA + LL) / 3, less the electrode's own: so many times lead I
  /// (LA - RA) plus so many times lead II (LL - RA).
  ///
  /// RA: (LA + LL - 2 RA) / 3 = (I + II) / 3. LA: (RA + LL - 2 LA) / 3 = (II - 2 I) / 3. LL: (RA + LA - 2 LL) / 3
  /// = (I - 2 II) / 3. A chest lead is what was measured against the electrode, less this.
  public var terminal: (first: Double, second: Double) {
    switch self {
    case .rightArm: (1.0 / 3, 1.0 / 3)
    case .leftArm: (-2.0 / 3, 1.0 / 3)
    case .leftLeg: (1.0 / 3, -2.0 / 3)
    }
  }
}
