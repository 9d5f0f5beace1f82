// How urgent an alarm is.

/// Urgency of an alarm, after IEC 60601-1-8: by how soon harm comes and how bad it is.
public enum AlarmPriority: UInt8, Comparable, CaseIterable, Sendable, BitwiseCopyable {
  case low, medium, high

  /// The word in JSON and on the screen.
  public var name: String {
    switch self {
    case .low: "low"
    case .medium: "medium"
    case .high: "high"
    }
  }

  /// The priority of a word; nil where it is none.
  public init?(name: String) {
    guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = found
  }

  /// The sign beside the word: readable from afar and without colour.
  public var sign: String { String(repeating: "!", count: Int(rawValue) + 1) }

  /// The next graver priority; high stays high.
  var raised: AlarmPriority { AlarmPriority(rawValue: rawValue &+ 1) ?? .high }

  public static func < (a: AlarmPriority, b: AlarmPriority) -> Bool { a.rawValue < b.rawValue }
}
