// Which statements of the model may raise an alarm, and how urgent it is at most. A table in code and
// not beside the weights: it is a clinical decision that is reviewed with the alarm system, holds for
// every model, and must not change because a file was exchanged.
//
// A model that was trained on ten-second records at rest never raises more than a medium alarm (IEC
// 60601-1-8: prompt response): what needs an immediate one is found by the rhythm analysis from beats.

/// How urgent a finding of the model may be.
public enum FindingUrgency: Int, Comparable, Sendable {
  /// Stands in the report only.
  case none
  /// Awareness.
  case low
  /// Prompt response.
  case medium

  /// Less urgent first.
  public static func < (a: FindingUrgency, b: FindingUrgency) -> Bool { a.rawValue < b.rawValue }
}

/// One statement that raises an alarm once it persists.
public struct AlertRule: Hashable, Sendable {
  /// The SCP-ECG code.
  public let code: String
  /// How urgent the alarm is.
  public let urgency: FindingUrgency
  /// What the alarm says.
  public let message: String
}

/// The table of rules.
public enum StatementCatalogue {
  /// Every statement that raises an alarm; all others stand in the report only.
  public static let alertRules: [AlertRule] =
    medium.map { AlertRule(code: $0.0, urgency: .medium, message: $0.1) }
    + low.map { AlertRule(code: $0.0, urgency: .low, message: $0.1) }

  /// The rule for a statement, nil where it raises no alarm.
  public static func alertRule(code: String) -> AlertRule? {
    alertRules.first { $0.code == code }
  }

  /// How urgent a statement is.
  public static func urgency(code: String) -> FindingUrgency {
    alertRule(code: code)?.urgency ?? .none
  }

  private static let medium: [(String, String)] = [
    ("AFIB", "Atrial fibrillation"),
    ("AFLT", "Atrial flutter"),
    ("SVTAC", "Supraventricular tachycardia"),
    ("PSVT", "Paroxysmal supraventricular tachycardia"),
    ("2AVB", "Second degree AV block"),
    ("3AVB", "Third degree AV block"),
    ("AMI", "Anterior myocardial infarction"),
    ("ASMI", "Anteroseptal myocardial infarction"),
    ("ALMI", "Anterolateral myocardial infarction"),
    ("IMI", "Inferior myocardial infarction"),
    ("ILMI", "Inferolateral myocardial infarction"),
    ("IPMI", "Inferoposterior myocardial infarction"),
    ("IPLMI", "Inferoposterolateral myocardial infarction"),
    ("LMI", "Lateral myocardial infarction"),
    ("PMI", "Posterior myocardial infarction"),
    ("INJAL", "Injury in anterolateral leads"),
    ("INJAS", "Injury in anteroseptal leads"),
    ("INJIL", "Injury in inferolateral leads"),
    ("INJIN", "Injury in inferior leads"),
    ("INJLA", "Injury in lateral leads"),
    ("STE_", "ST elevation"),
  ]

  private static let low: [(String, String)] = [
    ("STD_", "ST depression"),
    ("ISC_", "Ischaemic ST-T changes"),
    ("ISCAL", "Ischaemia in anterolateral leads"),
    ("ISCAN", "Ischaemia in anterior leads"),
    ("ISCAS", "Ischaemia in anteroseptal leads"),
    ("ISCIL", "Ischaemia in inferolateral leads"),
    ("ISCIN", "Ischaemia in inferior leads"),
    ("ISCLA", "Ischaemia in lateral leads"),
    ("ANEUR", "ST-T changes of a ventricular aneurysm"),
    ("LNGQT", "Long QT interval"),
    ("CLBBB", "Complete left bundle branch block"),
    ("WPW", "Wolff-Parkinson-White pattern"),
    ("BIGU", "Bigeminy"),
    ("TRIGU", "Trigeminy"),
    ("SVARR", "Supraventricular arrhythmia"),
  ]
}
