// `--display none` and outputs that are no terminal: one line when an alarm changes, and the summary. What a
// service's log should hold.

import Alarms
import Foundation
import Pipeline

/// Writes alarms and problems as lines of text.
public final class PlainTextSink: EventSink {
  private let output: LineWriter
  private var context: SessionContext?
  private var board = AlarmBoard()

  /// A sink that writes to an output.
  public init(output: LineWriter) { self.output = output }

  public func begin(_ context: SessionContext) {
    self.context = context
    let missing = context.leads.missing.names
    line(
      "\(mark)monitoring \(context.format.sourceName), \(context.format.sampleRate) Hz, leads "
        + context.leads.names.joined(separator: " ")
        + (missing.isEmpty
          ? "" : "; monitoring leads only, missing \(missing.joined(separator: " "))"))
  }

  public func take(_ event: PipelineEvent) {
    guard let context else { return }
    let time = "\((event.seconds * 10).rounded() / 10) s"
    switch event.kind {
    case .alarm(let transition):
      board.take(transition, at: event.seconds)
      line(
        "\(mark)\(time) \(transition.priority.name) alarm \(transition.phase.name): "
          + context.alarms[transition.alarm].message + by(transition.person))
    case .inactivation(let inactivation) where inactivation.cause != .countdown:
      line("\(mark)\(time) \(inactivation.sentence)\(by(inactivation.person))")
    case .gap(let samples, let cause):
      line("\(mark)\(time) \(samples) samples missing: \(cause.name)")
    default: break
    }
  }

  public func tell(problem: String) { line("\(mark)\(problem)") }

  public func end(_ summary: Summary) {
    if let clock = summary.clock {
      line(
        "\(mark)true rate \(clock.sampleRate(nominal: summary.sampleRate)) Hz: "
          + "\((clock.partsPerMillion * 10).rounded() / 10) ppm, +-"
          + "\((clock.uncertaintyPartsPerMillion * 10).rounded() / 10)")
    }
    let rate = summary.heartRateBPM.map { "\(Int($0.rounded())) bpm" } ?? "--"
    line(
      "\(mark)\(Int(summary.durationSeconds)) s, median heart rate \(rate), \(summary.windows) windows, complete "
        + "\((summary.completeness * 10_000).rounded() / 100) %, \(summary.samplesLost) samples lost"
    )
    let shown = board.alarms.compactMap { entry in
      context.map { "\($0.alarms[entry.alarm].message) (\(entry.priority.name))" }
    }
    if !shown.isEmpty { line("\(mark)alarms at the end: \(shown.joined(separator: ", "))") }
    for warning in summary.warnings { line("\(mark)\(warning)") }
  }

  private func by(_ person: AlarmPerson) -> String {
    context?.people.name(of: person).map { ", by \($0)" } ?? ""
  }

  /// Everything that comes from no patient says so.
  private var mark: String {
    switch context?.format.provenance {
    case .simulated: "SIMULATED "
    case .replay: "REPLAY "
    case .testSignal: "TEST SIGNAL "
    case .live, nil: ""
    }
  }

  private func line(_ text: String) {
    output.add(Data(text.utf8))
    output.flush()
  }
}
