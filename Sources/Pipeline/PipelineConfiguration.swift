// What can be chosen about a pipeline before it starts. Nothing changes while it runs.

import Alarms
import Findings
import SignalProcessing

/// Settings of a pipeline.
public struct PipelineConfiguration: Sendable {
  /// Filters of what is shown and measured. The model's own preprocessing is fixed with the model.
  public var filters: FilterSettings
  /// Whom it watches, and the limits of the alarms.
  public var profile: PatientProfile
  /// Seconds between two windows that the model reads.
  public var windowStepSeconds: Double
  /// Alarms that nobody had seen and alarms that were off when the monitor last ended; nil for a fresh start.
  public var restoredAlarms: AlarmSnapshot?

  /// The defaults of bedside monitoring: 0.67-40 Hz, a window each second.
  public init(
    filters: FilterSettings = .monitoring, profile: PatientProfile = PatientProfile(),
    windowStepSeconds: Double = 1, restoredAlarms: AlarmSnapshot? = nil
  ) {
    self.filters = filters
    self.profile = profile
    self.windowStepSeconds = windowStepSeconds
    self.restoredAlarms = restoredAlarms
  }
}
