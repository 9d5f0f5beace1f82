// What a check found: a state, a sentence, and where it is not well the line that puts it right.

/// The state of one thing on the device.
public enum CheckState: String, Sendable {
  case ok
  /// It works, but will not always, or not as well as it could.
  case warning
  /// It does not work.
  case failure
  /// This device has no such thing, and needs none as far as is known.
  case absent
}

/// What a check found.
public struct CheckResult: Hashable, Sendable {
  /// The check, as `spi.device`: docs/doctor.md lists them all.
  public let id: String
  /// How it is.
  public let state: CheckState
  /// What was found, in a sentence.
  public let text: String
  /// A line for a shell that puts it right; one that begins with # is for hands. Nil where nothing is wrong.
  public let fix: String?

  /// All is well.
  public static func ok(_ id: String, _ text: String) -> CheckResult {
    CheckResult(id: id, state: .ok, text: text, fix: nil)
  }

  /// It is not here, and that is nobody's fault.
  public static func absent(_ id: String, _ text: String) -> CheckResult {
    CheckResult(id: id, state: .absent, text: text, fix: nil)
  }

  /// It is not well.
  public static func warning(_ id: String, _ text: String, fix: String) -> CheckResult {
    CheckResult(id: id, state: .warning, text: text, fix: fix)
  }

  /// It does not work.
  public static func failure(_ id: String, _ text: String, fix: String) -> CheckResult {
    CheckResult(id: id, state: .failure, text: text, fix: fix)
  }

  /// A failure where the front-end needs it, else a warning.
  static func bad(_ id: String, needed: Bool, _ text: String, fix: String) -> CheckResult {
    CheckResult(id: id, state: needed ? .failure : .warning, text: text, fix: fix)
  }
}
