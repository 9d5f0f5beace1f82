// What can be chosen about a pipeline before it starts. Nothing changes while it runs.

import Alarms
import Findings
import SignalProcessing

/// Settings of a pipeline.
public struct PipelineConfiguration: Sendable {
  /// Filters of what is shown and measured. The model's own preprocessing is fixed with the model.
  public var filters: FilterSettings
  /// Limits of heart rate and rhythm alarms.
  public var limits: RhythmLimits
  /// Seconds between two windows that the model reads.
  public var windowStepSeconds: Double
  /// The patient's age in whole years, nil where nobody told it: outside the ages that a statement was
  /// validated for it is not assessed.
  public var patientAgeYears: Int?

  /// The defaults of bedside monitoring: 0.67-40 Hz, a window each second.
  public init(
    filters: FilterSettings = .monitoring, limits: RhythmLimits = RhythmLimits(),
    windowStepSeconds: Double = 1, patientAgeYears: Int? = nil
  ) {
    self.filters = filters
    self.limits = limits
    self.windowStepSeconds = windowStepSeconds
    self.patientAgeYears = patientAgeYears
  }
}
