// Times real alarms on their whole way: a source whose electrode comes off again and again, acquisition, ring,
// pipeline, alarm system, the word between threads, the thread of the lamp, its line.

import Alarms
import Annunciator
import Devices
import ECGSignal
import Inference
import Pipeline
import Synchronization

/// A lamp that knows when its line last changed.
public protocol TimedLamp: AlarmLamp {
  /// CLOCK_MONOTONIC, nanoseconds; nil where that change was not seen.
  var changedAt: UInt64? { get }
}

/// One alarm on its way.
public struct TimedAlarm: Hashable, Sendable {
  /// From the condition's first sample to the one that decided, seconds of signal.
  public let detectionSeconds: Double
  /// From the arrival of the block that decided to the lamp's line, nanoseconds; nil where it did not light within a
  /// second, or was lit already.
  public let lampNanoseconds: UInt64?
}

/// A run of a monitor that is timed.
public enum AlarmPath {
  /// Seconds of signal from one loss of the electrode to the next, and how long it is off: the alarm begins after one
  /// second of it and ends two seconds after.
  static let periodSeconds = 5.0, offSeconds = 1.5

  /// Watches a source that nobody is at, and lights one line for every alarm of medium or high priority.
  ///
  /// - Parameters:
  ///   - source: with an ECG, so that nothing else alarms. Its first channel is told to be off in turn.
  ///   - firstSeconds: before the first loss, longer than the lamp's greeting.
  ///   - lamp: opens the line, dark. Called on the lamp's thread.
  ///   - check: told the source's format before it begins.
  /// - Returns: every alarm of the electrode, in order.
  public static func run(
    source: any SampleSource, model: Model, seconds: Double, firstSeconds: Double = 3,
    stop: StopFlag,
    lamp: @escaping @Sendable () throws(SourceError) -> any TimedLamp,
    check: @escaping (SignalFormat) throws -> Void = { _ in }
  ) throws -> [TimedAlarm] {
    let times = AlarmTimes()
    let annunciator = Annunciator(
      loudspeaker: nil,
      lights: AlarmLights(red: 1, yellow: 1, cyan: 0) { () throws(SourceError) in
        [NotedLamp(try lamp(), times)]
      }, buzzer: nil)
    let sink = LeadOffSink(times)
    let monitor = Monitor(
      source: SteppedSource(source, firstSeconds: firstSeconds, times), model: .success(model),
      configuration: MonitorConfiguration(seconds: seconds), sinks: [sink], stop: stop,
      annunciation: annunciator.cell,
      calibrate: { format in
        try check(format)
        annunciator.start()
        return CalibratedFormat(format: format, warnings: [])
      })
    defer { annunciator.stop() }
    _ = try monitor.run()
    if let problem = annunciator.health.problem(.lamp) { throw SourceError(problem) }
    return times.alarms()
  }
}

/// What three threads note, and one reads at the end.
final class AlarmTimes: Sendable {
  private struct Notes {
    var rate = 1.0
    var offs: [Int64] = []
    var decisions: [(index: Int64, arrival: UInt64)] = []
    var lamp: [(isLit: Bool, at: UInt64)] = []
  }

  private let notes = Mutex(Notes())

  func begin(sampleRate: Double) { notes.withLock { $0.rate = sampleRate } }
  func electrodeOff(at index: Int64) { notes.withLock { $0.offs.append(index) } }
  func decided(at index: Int64, arrival: UInt64) {
    notes.withLock { $0.decisions.append((index, arrival)) }
  }
  func lamp(isLit: Bool, at nanoseconds: UInt64) {
    notes.withLock { $0.lamp.append((isLit, nanoseconds)) }
  }

  /// Each decision with the loss before it and the light after it.
  func alarms() -> [TimedAlarm] {
    notes.withLock { notes in
      notes.decisions.compactMap { decision in
        guard let off = notes.offs.last(where: { $0 <= decision.index }) else { return nil }
        let wasLit = notes.lamp.last { $0.at < decision.arrival }?.isLit == true
        let lit = notes.lamp.first { $0.at >= decision.arrival && $0.isLit }?.at
        let took = lit.map { $0 &- decision.arrival }
        return TimedAlarm(
          detectionSeconds: Double(decision.index - off) / notes.rate,
          lampNanoseconds: wasLit ? nil : took.flatMap { $0 < 1_000_000_000 ? $0 : nil })
      }
    }
  }
}

/// A source of which the first electrode comes off again and again, as far as its front-end can be believed.
final class SteppedSource: SampleSource {
  private let source: any SampleSource
  private let times: AlarmTimes
  private let firstSeconds: Double
  private var rate = 1.0
  private var isOff = false

  init(_ source: any SampleSource, firstSeconds: Double, _ times: AlarmTimes) {
    self.source = source
    self.firstSeconds = firstSeconds
    self.times = times
  }

  var waitsForConsumer: Bool { source.waitsForConsumer }
  var keepsRealTime: Bool { source.keepsRealTime }
  var endReason: String? { source.endReason }
  var control: (any FrontEndControl)? { source.control }
  var unit: String? { source.unit }
  var fittedSampleRate: Double? {
    get { source.fittedSampleRate }
    set { source.fittedSampleRate = newValue }
  }
  var whileWaiting: () -> Void {
    get { source.whileWaiting }
    set { source.whileWaiting = newValue }
  }

  func open() throws(SourceError) -> SignalFormat {
    let format = try source.open()
    rate = format.sampleRate
    times.begin(sampleRate: rate)
    return format
  }

  func read(into block: SampleBlock) -> ReadOutcome {
    let outcome = source.read(into: block)
    guard outcome == .samples else { return outcome }
    let header = block.header
    let seconds = Double(header.pointee.firstIndex) / rate - firstSeconds
    let phase = seconds.truncatingRemainder(dividingBy: AlarmPath.periodSeconds)
    let isOffNow = seconds >= 0 && phase < AlarmPath.offSeconds
    if isOffNow && !isOff { times.electrodeOff(at: header.pointee.firstIndex) }
    isOff = isOffNow
    if isOff { header.pointee.leadOff |= 1 }
    return outcome
  }

  func takeNews() -> FrontEndNews? { source.takeNews() }
  func reopen() -> Bool { source.reopen() }
  func close() { source.close() }
}

/// Notes when the electrode's alarm was decided.
private final class LeadOffSink: EventSink {
  private let times: AlarmTimes
  private var leadOff: Int?

  init(_ times: AlarmTimes) { self.times = times }

  func begin(_ context: SessionContext) {
    leadOff = context.alarms.firstIndex { $0.name == "leadOff" }
  }

  func take(_ event: PipelineEvent) {
    guard case .alarm(let transition) = event.kind, transition.alarm == leadOff,
      transition.phase == .start
    else { return }
    times.decided(at: event.index, arrival: event.arrivalNanoseconds)
  }

  func tell(problem: String) {}
  func end(_ summary: Summary) {}
}

/// Notes when the lamp's line changed.
private final class NotedLamp: AlarmLamp {
  private let lamp: any TimedLamp
  private let times: AlarmTimes

  init(_ lamp: any TimedLamp, _ times: AlarmTimes) {
    self.lamp = lamp
    self.times = times
  }

  func set(isLit: Bool) throws(SourceError) {
    try lamp.set(isLit: isLit)
    if let changedAt = lamp.changedAt { times.lamp(isLit: isLit, at: changedAt) }
  }
}
