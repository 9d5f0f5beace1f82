// The terminal as a sink: gathers events into the state that the screen draws, ten times a second.

import Alarms
import CLinux
import ECGSignal
import Foundation
import Pipeline
import SignalProcessing
import TerminalDisplay

/// Shows a session on the terminal.
public final class TerminalSink: EventSink {
  private static let frameNanoseconds: UInt64 = 100_000_000

  /// Seconds for which the findings of a window are shown without another.
  private static let findingSeconds = 30.0
  /// Seconds for which a sentence about the device is shown; the log keeps it.
  private static let problemSeconds = 60.0

  private let filters: FilterSettings
  private let stop: StopFlag
  private var state = DisplayState()
  private var context: SessionContext?
  private var session: TerminalSession?
  private var screen: TerminalScreen?
  private var lastFrame: UInt64 = 0
  private var window: [DisplayState.Finding] = []
  private var lastWindowSeconds = 0.0
  private var problemSince = 0.0
  private var notAssessed = 0
  private var board = AlarmBoard()
  private var operation: AlarmOperation
  private var rhythms: [Rhythm] = []

  /// - Parameter alertText: where alerts go, for the status line.
  ///   - desk: where the operator's keys go.
  public init(
    filters: FilterSettings, alertText: String?, stop: StopFlag, desk: AlarmDesk = AlarmDesk()
  ) {
    self.filters = filters
    self.stop = stop
    operation = AlarmOperation(desk: desk)
    state.alertText = alertText ?? ""
  }

  public func begin(_ context: SessionContext) {
    self.context = context
    state.sourceName = context.format.sourceName
    state.provenance = context.format.provenance
    state.sampleRate = context.format.sampleRate
    state.leads = context.leads
    state.modelName = context.modelName ?? ""
    let session = TerminalSession()
    let size = session.size
    let rows = Monitor.curveRows(context.layout)
    screen = TerminalScreen(
      columns: size.columns, rows: size.rows,
      traceNames: rows.map { context.layout.rows[$0].name },
      sampleRate: context.format.sampleRate
        / Double(Monitor.curveStride(sampleRate: context.format.sampleRate)),
      isColoured: ProcessInfo.processInfo.environment["NO_COLOR"] == nil,
      isUnicode: Self.isUnicode(ProcessInfo.processInfo.environment))
    self.session = session
  }

  /// Local time by 24 hours: 02:53 and 14:53 must not look alike.
  static func clock(_ date: Date, _ timeZone: TimeZone) -> String {
    date.formatted(
      .verbatim(
        """
        \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits)\
        :\(second: .twoDigits)
        """, timeZone: timeZone, calendar: Calendar(identifier: .gregorian)))
  }

  /// Braille needs a terminal that knows UTF-8.
  private static func isUnicode(_ environment: [String: String]) -> Bool {
    let locale = environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] ?? ""
    return locale.lowercased().replacing("-", with: "").contains("utf8")
  }

  public func take(_ point: InlineArray<12, Float>) {
    guard let screen else { return }
    for trace in 0..<min(screen.traceCount, 12) {
      screen.push(trace: trace, microvolts: point[trace])
    }
  }

  public func take(_ event: PipelineEvent) {
    guard let context else { return }
    state.elapsedSeconds = max(state.elapsedSeconds, event.seconds)
    switch event.kind {
    case .heartRate(let rate):
      state.heartRateBPM = rate
      // What the model said of signal that is long gone is no finding.
      if event.seconds - lastWindowSeconds > Self.findingSeconds { state.findings = nil }
      if event.seconds - problemSince > Self.problemSeconds { state.problem = "" }
    case .rhythm(let change):
      rhythms.removeAll { $0 == change.rhythm }
      if change.isOnset { rhythms.append(change.rhythm) }
      state.rhythms = rhythms.map(\.title)
    case .finding(let index, let probability, _): take(index, probability)
    case .window:
      lastWindowSeconds = event.seconds
      showWindow()
    case .alarm(let transition):
      board.take(transition, at: context.seconds(transition, event))
      showAlarms()
    case .inactivation(let inactivation):
      board.take(inactivation)
      showAlarms()
    case .electrodeSwap(let swap): state.suspectedSwap = swap?.exchange.name
    case .quality(let index, _, let off, let grades):
      state.quality = Int(index)
      state.rowTroubles = grades.troubles(of: context.layout).map { "\($0.row) \($0.grade.name)" }
      state.electrodesOff = context.format.channels.indices
        .filter { off & (1 << UInt32($0)) != 0 }
        .map { context.format.channels[$0].name }
    case .filters(let now): state.filterText = filters.text(mainsHz: now.mainsHz)
    case .tally(let tally):
      state.completeness = tally.completeness
      state.samplesLost = tally.samplesLost
      state.framesCorrupt = tally.counters.framesCorrupt
      state.resynchronisations = tally.counters.resynchronisations
      state.reconnects = tally.counters.reconnects
    case .beat, .gap, .clock, .ended: break
    }
  }

  private func take(_ index: Int32, _ probability: Float?) {
    guard let context else { return }
    guard let probability else {
      notAssessed += 1
      return
    }
    let statement = context.statements[Int(index)]
    if probability >= statement.threshold {
      window.append(
        .init(code: statement.code, name: statement.name, probability: probability))
    }
  }

  private func showWindow() {
    state.findings = window.sorted { $0.probability > $1.probability }
    state.notAssessedCount = notAssessed
    window = []
    notAssessed = 0
  }

  private func showAlarms() {
    guard let context else { return }
    operation.keepSelection(among: board.alarms)
    state.alarms = board.alarms.map { entry in
      DisplayState.ActiveAlarm(
        message: context.alarms[entry.alarm].message, priority: entry.priority,
        sinceSeconds: entry.sinceSeconds, isLatched: entry.isLatched,
        isAcknowledged: entry.isAcknowledged, isAccepted: entry.isAccepted,
        person: context.people.name(of: entry.person),
        isSelected: entry.alarm == operation.selected)
    }
    state.alarmsOff = board.off.map { context.alarms[$0].message }
    state.audioPauseSecondsLeft = board.inactivation.audioPauseSecondsLeft.map { Int($0) }
    state.isStandby = board.inactivation.isStandby
  }

  public func tell(problem: String) {
    state.problem = problem
    problemSince = state.elapsedSeconds
  }

  public func refresh() {
    guard let session, let screen else { return }
    let now = clinux_monotonic_nanoseconds()
    guard now &- lastFrame >= Self.frameNanoseconds else { return }
    lastFrame = now
    for key in session.keys() { press(key) }
    let size = session.size
    screen.resize(columns: size.columns, rows: size.rows)
    state.wallClock = Self.clock(Date(), .current)
    if !session.write(screen.frame(state)) { stop.set() }
  }

  private func press(_ key: UInt8) {
    if key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") { return stop.set() }
    guard let context else { return }
    operation.press(key, board, context)
    showAlarms()
  }

  public func end(_ summary: Summary) {
    let rate = summary.heartRateBPM.map { "\(Int($0.rounded())) bpm" } ?? "--"
    let complete = (summary.completeness * 10_000).rounded(.down) / 100
    session?.end()
    session?.write(
      "\(Int(summary.durationSeconds)) s, median heart rate \(rate), \(summary.windows) windows read, "
        + "complete \(complete) %, \(summary.samplesLost) samples lost\n"
        + summary.warnings.map { $0 + "\n" }.joined())
    session = nil
  }
}
