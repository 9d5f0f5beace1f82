// Alarms as datagrams to a program elsewhere. Sent once and never waited for.

import AlertLink
import Foundation
import Pipeline

/// Sends every alarm transition to one destination.
public final class AlertSink: EventSink {
  private let sender: UDPAlertSender
  private var context: SessionContext?
  private var heartRate: Float?
  private var sequence: UInt64 = 0

  /// A sink for one destination.
  public init(_ sender: UDPAlertSender) { self.sender = sender }

  public func begin(_ context: SessionContext) { self.context = context }

  public func take(_ event: PipelineEvent) {
    if case .heartRate(let rate) = event.kind { heartRate = rate }
    guard let context, case .alarm(let transition) = event.kind else { return }
    sequence += 1
    let alarm = context.alarms[transition.alarm]
    sender.send(
      AlertMessage(
        device: context.format.sourceName, sequence: sequence, condition: alarm.name,
        message: alarm.message, priority: transition.priority.name,
        phase: transition.phase.name, timeSeconds: context.seconds(event.index),
        wallTime: Date().formatted(.iso8601), heartRateBPM: heartRate,
        leads: context.leads.names, simulated: context.isSimulated,
        provenance: context.format.provenance.rawValue, modelSHA256: context.modelSHA256))
  }

  public func tell(problem: String) {}

  public func end(_ summary: Summary) {}
}
