// `monitor --json`: every event as one JSON object on a line of its own, for scripts and other programs.

import Alarms
import ECGSignal
import Foundation
import Pipeline
import SignalProcessing

/// Writes events as JSON lines.
public final class JSONLinesSink: EventSink {
  private let output: LineWriter
  private let encoder = JSONEncoder()
  private var context: SessionContext?
  private var lastSeconds = 0.0
  private var board = AlarmBoard()
  /// Where the rhythms that hold began.
  private var onsets: [Rhythm: Double] = [:]

  /// A sink that writes to an output, flushed after each batch of events.
  public init(output: LineWriter) {
    self.output = output
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  }

  public func begin(_ context: SessionContext) {
    self.context = context
    write(
      MonitorLine.Source(
        simulated: context.isSimulated, provenance: context.format.provenance.rawValue,
        name: context.format.sourceName, sampleRate: context.format.sampleRate,
        measuredSampleRate: Nullable(context.format.measuredSampleRate),
        channels: context.format.channels.map(\.name), leads: context.leads.names,
        leadsMissing: context.leads.missing.names,
        model: Nullable(Self.model(context))))
    refresh()
  }

  private static func model(_ context: SessionContext) -> MonitorLine.ModelIdentity? {
    guard let name = context.modelName, let sha256 = context.modelSHA256 else { return nil }
    return MonitorLine.ModelIdentity(name: name, sha256: sha256)
  }

  public func take(_ event: PipelineEvent) {
    guard let context else { return }
    let time = event.seconds
    lastSeconds = time
    let simulated = context.isSimulated
    switch event.kind {
    case .heartRate(let rate):
      write(
        MonitorLine.HeartRate(time: time, simulated: simulated, heartRateBPM: Nullable(rate)))
    case .beat(let beatIndex, let beatClass):
      write(
        MonitorLine.Beat(
          time: time, simulated: simulated, beatTime: event.seconds(at: beatIndex),
          beatClass: beatClass.name))
    case .rhythm(let change): write(change, event, context)
    case .finding(let index, let probability, let leads):
      let statement = context.statements[Int(index)]
      write(
        MonitorLine.Finding(
          time: time, simulated: simulated, code: statement.code, name: statement.name,
          probability: Nullable(probability), assessed: probability != nil, leads: leads.names))
    case .alarm(let transition):
      let alarm = context.alarms[transition.alarm]
      write(
        MonitorLine.Alarm(
          time: time, simulated: simulated, condition: alarm.name, message: alarm.message,
          priority: transition.priority.name, phase: transition.phase.name,
          cause: transition.cause.name,
          person: Nullable(context.people.name(of: transition.person)),
          values: context.values(transition), limits: context.limits(transition)))
      board.take(transition, at: time)
    case .inactivation(let inactivation):
      write(
        MonitorLine.Inactivation(
          time: time, simulated: simulated,
          audioPauseSecondsLeft: Nullable(inactivation.audioPauseSecondsLeft),
          standby: inactivation.isStandby, alarmsOff: board.off.map { context.alarms[$0].name },
          cause: inactivation.cause.name,
          person: Nullable(context.people.name(of: inactivation.person))))
    case .gap(let samples, let cause):
      write(
        MonitorLine.Gap(time: time, simulated: simulated, samples: samples, cause: cause.name))
    case .quality(let index, let unusable, let electrodesOff, let grades):
      write(
        MonitorLine.Quality(
          time: time, simulated: simulated, quality: index,
          unusable: names(unusable, context.layout.rows.map(\.name)),
          electrodesOff: names(electrodesOff, context.format.channels.map(\.name)),
          grades: Dictionary(
            grades.troubles(of: context.layout).map { ($0.row, $0.grade.name) },
            uniquingKeysWith: { first, _ in first })))
    case .filters(let state):
      write(
        MonitorLine.Filters(
          time: time, simulated: simulated, highPassHz: context.filters.highPassHz,
          lowPassHz: context.filters.lowPassHz, mainsHz: Nullable(state.mainsHz),
          mainsDetected: state.isMainsDetected, delayMilliseconds: state.delayMilliseconds))
    case .electrodeSwap(let swap):
      write(
        MonitorLine.ElectrodeSwap(
          time: time, simulated: simulated, electrodes: Nullable(swap?.exchange.name),
          confidence: Nullable(swap?.confidence)))
    case .clock(let fit):
      write(
        MonitorLine.Clock(
          time: time, simulated: simulated,
          fit: MonitorLine.Fit(fit, sampleRate: context.format.sampleRate)))
    case .window, .tally, .ended: break
    }
  }

  public func tell(problem: String) {
    guard let context else { return }
    write(
      MonitorLine.Problem(time: lastSeconds, simulated: context.isSimulated, message: problem))
  }

  public func refresh() { output.flush() }

  public func end(_ summary: Summary) {
    guard let context else { return }
    write(
      MonitorLine.Summary(
        time: summary.durationSeconds, simulated: context.isSimulated,
        samplesReceived: summary.samplesReceived, samplesLost: summary.samplesLost,
        samplesLostInFrontEnd: summary.counters.samplesLostInFrontEnd,
        samplesLostByClock: summary.counters.samplesLostByClock,
        samplesSurplus: summary.counters.samplesSurplus,
        framesCorrupt: summary.counters.framesCorrupt,
        framesFailedChecksum: summary.counters.framesFailedChecksum,
        framesRepeated: summary.counters.framesRepeated,
        datagramsForeign: summary.counters.datagramsForeign,
        resynchronisations: summary.counters.resynchronisations,
        bytesDiscarded: summary.counters.bytesDiscarded,
        reconnects: summary.counters.reconnects, completeness: summary.completeness,
        heartRateBPM: Nullable(summary.heartRateBPM), windows: summary.windows,
        latencyMilliseconds: .init(
          p50: Nullable(summary.latencyMillisecondsP50),
          p99: Nullable(summary.latencyMillisecondsP99)),
        cpuShare: Nullable(summary.cpuShare), residentBytes: summary.residentBytes,
        leads: summary.leads.names, leadsMissing: summary.leads.missing.names,
        warnings: summary.warnings,
        clock: Nullable(
          summary.clock.map { MonitorLine.Fit($0, sampleRate: summary.sampleRate) }),
        endReason: Nullable(summary.endReason)))
    refresh()
  }

  /// The line of an end holds the onset, too: the whole episode.
  private func write(_ change: RhythmChange, _ event: PipelineEvent, _ context: SessionContext) {
    let changed = event.seconds(at: change.sampleIndex)
    let onset = change.isOnset ? changed : onsets[change.rhythm]
    onsets[change.rhythm] = change.isOnset ? changed : nil
    write(
      MonitorLine.Rhythm(
        time: event.seconds, simulated: context.isSimulated, rhythm: change.rhythm.name,
        phase: change.isOnset ? "start" : "end", onsetTime: Nullable(onset),
        endTime: Nullable(change.isOnset ? nil : changed)))
  }

  private func names(_ bits: UInt32, _ all: [String]) -> [String] {
    all.indices.filter { bits & (1 << UInt32($0)) != 0 }.map { all[$0] }
  }

  /// Encoding these plain values cannot fail but for numbers that are not finite, which no field holds.
  private func write(_ line: some Encodable) {
    if let data = try? encoder.encode(line) { output.add(data) }
  }
}
