// Every alarm that a monitor can raise, whatever its model, so that a patient's file and what is kept over a restart
// mean the same where the model is another one or cannot be used.

import Alarms
import Findings

/// The table of all alarms.
public enum AlarmCatalogue {
  /// The built-in alarms at their raw values, then one for each statement that alarms. As they are without a
  /// patient's profile.
  public static let definitions: [AlarmDefinition] =
    BuiltInAlarm.allCases.map(\.definition) + StatementCatalogue.alertRules.map(definition)

  /// A finding never becomes more than medium: the model was trained on recordings at rest, not on emergencies.
  private static func definition(_ rule: AlertRule) -> AlarmDefinition {
    AlarmDefinition(
      name: AlarmDefinition.findingPrefix + rule.code, message: rule.message,
      priority: rule.urgency == .medium ? .medium : .low, escalationSeconds: 600,
      priorityMax: .medium)
  }
}
