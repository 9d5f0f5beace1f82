// False alarms an hour, sensitivity and time to alarm over many long records.

import Alarms
import Inference
import Pipeline
import Recordings

/// The alarms of annotated records judged.
public struct AlarmEvaluation: Sendable {
  /// One record's alarms.
  public struct Record: Sendable {
    /// The record's path below the folder.
    public let name: String
    /// Its length.
    public let hours: Double
    /// By the alarm's name; only those that were raised or due.
    public let alarms: [String: AlarmComparison]
    /// Every alarm with the reference's verdict, in the order of their starts.
    public let told: [(alarm: ToldAlarm, verdict: AlarmVerdict)]

    /// False alarms of a priority.
    public func falseAlarms(_ priority: AlarmPriority) -> Int {
      told.count { $0.alarm.priority == priority && $0.verdict == .unjustified }
    }

    /// Alarms that a finding of the model raised, with this verdict.
    public func findings(_ verdict: AlarmVerdict) -> Int {
      told.count {
        $0.alarm.name.hasPrefix(AlarmDefinition.findingPrefix) && $0.verdict == verdict
      }
    }
  }

  /// Records that were scored, in the order of their paths.
  public private(set) var records: [Record] = []
  /// Records that could not be, with the reason.
  public private(set) var failures: [(name: String, reason: String)] = []
  /// The alarms that can be raised, in their order.
  public let definitions: [AlarmDefinition]

  /// Runs the whole pipeline over each record; what cannot be read is a failure among them. Nothing is left out at the
  /// start of a record: an alarm of the first minutes wakes people, too.
  public init(
    records: [AnnotatedRecord], model: Model, configuration: PipelineConfiguration
  ) {
    definitions = AlarmCatalogue.definitions
    for record in records {
      do throws(RecordingError) {
        let told = try ToldAlarms(path: record.path, model: model, configuration: configuration)
        let reference = AlarmReference(
          try record.reference(), sampleRate: told.sampleRate, sampleCount: told.sampleCount,
          limits: configuration.profile.limits)
        self.records.append(Record(record.name, told, reference))
      } catch {
        failures.append((record.name, error.description))
      }
    }
  }

  /// Hours in all.
  public var hours: Double { records.reduce(0) { $0 + $1.hours } }

  /// All records together, by the alarm's name.
  public var gross: [String: AlarmComparison] {
    records.reduce(into: [:]) { sum, record in
      for (name, alarm) in record.alarms { sum[name, default: AlarmComparison()] += alarm }
    }
  }

  /// Alarms that a finding of the model raised, with this verdict, in all records together.
  public func findings(_ verdict: AlarmVerdict) -> Int {
    records.reduce(0) { $0 + $1.findings(verdict) }
  }

  /// False alarms of a priority in all records together.
  public func falseAlarms(_ priority: AlarmPriority) -> Int {
    records.reduce(0) { $0 + $1.falseAlarms(priority) }
  }
}

extension AlarmEvaluation.Record {
  init(_ name: String, _ told: ToldAlarms, _ reference: AlarmReference) {
    let judged = JudgedAlarms(told: told, reference: reference)
    self.init(
      name: name, hours: Double(told.sampleCount) / told.sampleRate / 3600,
      alarms: judged.comparisons(), told: told.alarms.map { ($0, judged.verdict($0)) })
  }
}
