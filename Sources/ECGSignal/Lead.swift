// The twelve standard leads: the words in which every room speaks of electrodes and curves.

/// One of the twelve standard ECG leads, in the order in which the model and every report list them.
public enum Lead: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  case I, II, III, aVR, aVL, aVF, V1, V2, V3, V4, V5, V6

  /// The lead's name as the field prints it ("aVR", "V1").
  public var name: String { Self.names[Int(rawValue)] }

  /// Whether it is one of V1-V6.
  public var isOnChest: Bool { rawValue >= Lead.V1.rawValue }

  private static let names = [
    "I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6",
  ]

  /// The lead that a recording's signal name stands for, or nil where the placement is unknown.
  ///
  /// Case does not matter ("avr"). "MLII" and "ML2", the modified limb leads of Holter recorders
  /// (MIT-BIH), stand for II and "MLIII" for III: electrodes on the torso instead of the limbs.
  public init?(signalName: String) {
    let name = signalName.lowercased().replacing("lead ", with: "").replacing("ecg ", with: "")
    switch name {
    case "mlii", "ml2": self = .II
    case "mliii": self = .III
    case "mli": self = .I
    default:
      guard let index = Self.names.firstIndex(where: { $0.lowercased() == name }) else {
        return nil
      }
      self = Self.allCases[index]
    }
  }
}
