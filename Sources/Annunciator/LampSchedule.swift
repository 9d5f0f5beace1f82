// What the lamp shows when: which colour is lit now, and when that changes. Pure: time is handed in.

import Alarms

/// The colour that is lit, as time goes on. One thread.
struct LampSchedule {
  private var priority: AlarmPriority?
  private var sinceSeconds = 0.0

  /// The colour to light at a time, nil for dark. A new priority begins lit; a new alarm of the same one keeps the
  /// rhythm, so that its flashes stay within the standard's limits.
  mutating func colour(_ light: AlarmPriority?, atSeconds seconds: Double) -> LampPattern.Colour? {
    if light != priority {
      priority = light
      sinceSeconds = seconds
    }
    guard let light else { return nil }
    let pattern = LampPattern(light)
    return pattern.isLit(atSeconds: seconds - sinceSeconds) ? pattern.colour : nil
  }

  /// Seconds until a lamp that flashes changes; nil for one that does not.
  func secondsToChange(atSeconds seconds: Double) -> Double? {
    guard let priority, let flashHz = LampPattern(priority).flashHz else { return nil }
    let flashes = (seconds - sinceSeconds) * flashHz
    let phase = flashes - flashes.rounded(.down)
    let litShare = LampPattern(priority).litShare
    return ((phase < litShare ? litShare : 1) - phase) / flashHz
  }
}
