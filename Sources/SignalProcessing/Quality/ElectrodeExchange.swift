// The electrodes of a 12-lead ECG that may stand in each other's place, and the suspicion that they do.

/// Electrodes that may stand in each other's place. LA/LL is not among them: its ECG looks so usual that at one
/// false suspicion in a thousand only one in six would be told.
public enum ElectrodeExchange: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case rightArmLeftArm
  case rightArmLeftLeg
  /// Both arms and the left leg, each one place further: RA, LA, LL are on LA, LL, RA or on LL, RA, LA.
  case threeLimbs
  case rightArmRightLeg
  case leftArmRightLeg
  /// Both arms with both legs.
  case armsAndLegs
  case v1v2, v2v3, v3v4, v4v5, v5v6

  /// The electrodes by the names that stand on their cables (IEC R, L, F, N are AHA RA, LA, LL, RL).
  public var name: String { Self.names[Int(rawValue)] }

  private static let names = [
    "RA/LA", "RA/LL", "RA/LA/LL", "RA/RL", "LA/RL", "RA/RL LA/LL", "V1/V2", "V2/V3", "V3/V4",
    "V4/V5",
    "V5/V6",
  ]
}

/// A suspicion, to be checked at the patient. A heart on the right side (dextrocardia) looks like RA/LA.
public struct SuspectedSwap: Sendable, BitwiseCopyable, Hashable {
  /// The electrodes.
  public var exchange: ElectrodeExchange
  /// 0.5 to 1: how much more usual the heart looks with the exchange undone, as the model's probability. It was
  /// not calibrated on real exchanges.
  public var confidence: Float

  /// Creates a suspicion.
  public init(exchange: ElectrodeExchange, confidence: Float) {
    self.exchange = exchange
    self.confidence = confidence
  }
}
