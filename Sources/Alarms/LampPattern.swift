// What an alarm looks like from across the room: colour and flashing of the lamp after IEC 60601-1-8.

/// How the lamp shows a priority. What has the highest priority owns the lamp.
public struct LampPattern: Hashable, Sendable {
  /// The colours that the standard reserves for alarms.
  public enum Colour: String, Sendable {
    case red, yellow, cyan
  }

  /// The colour.
  public let colour: Colour
  /// Flashes a second: high 1.4-2.8, medium 0.4-0.8; nil for a steady light.
  public let flashHz: Double?
  /// Share of a flash during which it is lit: 0.2-0.6.
  public let litShare: Double

  /// The pattern of a priority.
  public init(_ priority: AlarmPriority) {
    switch priority {
    case .high: (colour, flashHz, litShare) = (.red, 2, 0.4)
    case .medium: (colour, flashHz, litShare) = (.yellow, 0.6, 0.4)
    case .low: (colour, flashHz, litShare) = (.cyan, nil, 1)
    }
  }

  /// Whether the lamp is lit at a time since the alarm started. It starts lit.
  public func isLit(atSeconds seconds: Double) -> Bool {
    guard let flashHz else { return true }
    let flashes = seconds * flashHz
    return flashes - flashes.rounded(.down) < litShare
  }
}
