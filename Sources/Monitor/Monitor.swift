// The composition: a source, two real-time threads, a recorder and the sinks. `run` returns when the stream
// ends, the time is over or somebody asks to stop.
//
//   source -> Acquisition -> [SampleRing] -> Processing (Pipeline.step) -> [events] -> sinks
//             acquisition thread             processing thread               caller's thread
//                                                  `-> [SampleRing] -> Recorder (its own thread)

import Alarms
import Annunciator
import CLinux
import Devices
import ECGSignal
import Guard
import Inference
import Pipeline
import SignalProcessing
import RealTime
import Recordings

/// What can be chosen about a monitor.
public struct MonitorConfiguration: Sendable {
  /// The pipeline's settings.
  public var pipeline: PipelineConfiguration
  /// Seconds of signal after which to stop, nil for as long as it comes.
  public var seconds: Double?
  /// Folder in which to record the raw samples, nil for no recording.
  public var recordFolder: String?
  /// Whether somebody looks at curves.
  public var showsCurves: Bool

  /// The defaults: bedside settings, no end, no recording, no screen.
  public init(
    pipeline: PipelineConfiguration = PipelineConfiguration(), seconds: Double? = nil,
    recordFolder: String? = nil, showsCurves: Bool = false
  ) {
    self.pipeline = pipeline
    self.seconds = seconds
    self.recordFolder = recordFolder
    self.showsCurves = showsCurves
  }
}

/// A source's format with its device's calibration on it.
public struct CalibratedFormat: Sendable {
  /// The format.
  public let format: SignalFormat
  /// What people must know about the calibration, one sentence each: told at the start and in the summary.
  public let warnings: [String]
  /// What they must know about the front-end besides, told in the same places: nothing that a calibration mends.
  public let notices: [String]

  /// A format and what is to be said about it.
  public init(format: SignalFormat, warnings: [String], notices: [String] = []) {
    self.format = format
    self.warnings = warnings
    self.notices = notices
  }
}

/// A monitoring session. One `run` each.
public final class Monitor {
  private let source: any SampleSource
  private let model: Result<Model, ModelError>
  private let configuration: MonitorConfiguration
  private let sinks: [any EventSink]
  private let stop: StopFlag
  private let life: SignsOfLife
  private let desk: AlarmDesk
  private let annunciation: AnnunciationCell
  private let calibrate: (SignalFormat) throws -> CalibratedFormat
  /// Events that may wait for their readers: more than a minute of findings. A quarter is for alarms alone.
  var eventCapacity = 8192

  /// - Parameters:
  ///   - source: not opened yet; belongs to the monitor from here on.
  ///   - model: or why it cannot be used: then the rhythm alone is watched, and `modelRefused` alarms.
  ///   - desk: where keys, people elsewhere and the rest of the program hand in what the alarms must know.
  ///   - annunciation: where lamp and sound threads read what they show.
  ///   - life: told how far the monitor has come, and beaten by its loops.
  ///   - calibrate: puts the device's calibration on the format that the source reports.
  public init(
    source: any SampleSource, model: Result<Model, ModelError>,
    configuration: MonitorConfiguration,
    sinks: [any EventSink], stop: StopFlag, desk: AlarmDesk = AlarmDesk(),
    annunciation: AnnunciationCell = AnnunciationCell(), life: SignsOfLife = SignsOfLife(),
    calibrate: @escaping (SignalFormat) throws -> CalibratedFormat = {
      CalibratedFormat(format: $0, warnings: [])
    }
  ) {
    self.source = source
    self.model = model
    self.configuration = configuration
    self.sinks = sinks
    self.stop = stop
    self.life = life
    self.desk = desk
    self.annunciation = annunciation
    self.calibrate = calibrate
  }

  /// Opens the source and monitors until the end.
  ///
  /// - Throws: what keeps it from starting: `SourceError`, `RecordingError`, a sink's or the
  ///   calibration's error. Once it runs it does not throw.
  public func run() throws -> Summary {
    let calibrated = try calibrate(source.openOnElectrodes())
    let format = calibrated.format
    try Self.checkRate(format)
    let (pipeline, model) = makePipeline(format)
    let used = try? model.get()
    var context = SessionContext(
      format: format, layout: pipeline.layout, leads: pipeline.layout.leads,
      modelName: used?.name, modelSHA256: used?.sha256, statements: used?.statements ?? [],
      filters: configuration.pipeline.filters, alarms: pipeline.alarmDefinitions,
      profile: configuration.pipeline.profile)
    let session = try configuration.recordFolder.map { folder in
      try SessionRecorder.begin(folder: folder, context: context)
    }
    context.recordName = session?.recordName
    context.people = desk.people
    context.restored = configuration.pipeline.restoredAlarms
    for sink in sinks { try sink.begin(context) }
    (calibrated.notices + calibrated.warnings).forEach(tell)
    if !calibrated.warnings.isEmpty { desk.report(.calibrationExpired, isPresent: true) }
    if case .failure(let error) = model {
      tell("Findings are not available, the rhythm is watched. \(error)")
      desk.report(.modelRefused, isPresent: true)
    }
    var summary = stream(pipeline, context, session)
    summary.warnings = calibrated.notices + calibrated.warnings
    for sink in sinks { sink.end(summary) }
    return summary
  }

  private static func checkRate(_ format: SignalFormat) throws(SourceError) {
    guard !SignalChain.sampleRateLimitsHz.contains(format.sampleRate) else { return }
    throw SourceError(
      "\(format.sourceName) has \(format.sampleRate) Hz, and beats are looked for at 100 to 10000 Hz: "
        + "set another rate.")
  }

  /// The pipeline with the model, or without it where it was refused or does not fit the front-end.
  private func makePipeline(_ format: SignalFormat) -> (Pipeline, Result<Model, ModelError>) {
    let refusal: ModelError
    do throws(ModelError) {
      let pipeline = try Pipeline(
        format: format, model: model.get(), configuration: configuration.pipeline)
      return (pipeline, model)
    } catch { refusal = error }
    let pipeline = Pipeline(format: format, configuration: configuration.pipeline)
    return (pipeline, .failure(refusal))
  }

  /// Starts the threads, drains their events and waits for their end.
  private func stream(
    _ pipeline: Pipeline, _ context: SessionContext, _ session: SessionRecorder?
  ) -> Summary {
    let startNanoseconds = clinux_monotonic_nanoseconds()
    let startCPU = clinux_process_cpu_nanoseconds()
    let rate = context.format.sampleRate
    let samples = SampleRing(channelCount: context.format.channels.count)
    // 2048 points are eight seconds at 250 a second.
    let events = ValueRing<PipelineEvent>(capacity: eventCapacity)
    let curves = ValueRing<CurvePoint>(capacity: 2048)
    let recorder = session.map { _ in Recorder(channelCount: context.format.channels.count) }
    let news = ValueRing<FrontEndNews>(capacity: 64)
    let acquisition = Acquisition(
      source: source, ring: samples, news: news, stop: stop, pulse: life.pulse(of: .acquisition),
      format: context.format,
      sampleLimit: configuration.seconds.map { Int64(($0 * rate).rounded()) })
    let processing = Processing(
      pipeline: pipeline, samples: samples, events: events, curves: curves,
      recording: recorder?.ring, desk: desk, annunciation: annunciation, life: life,
      alarmPlaces: eventCapacity / 4, waits: source.waitsForConsumer,
      curveRows: configuration.showsCurves ? Self.curveRows(context.layout) : [],
      curveStride: Self.curveStride(sampleRate: rate))
    let recorderThread = recorder.flatMap { recorder in
      session.map { session in
        nonisolated(unsafe) let session = session
        return RealTimeThread(name: "recorder", priority: nil) {
          recorder.run(into: session, sampleRate: rate)
        }
      }
    }
    life.begin()
    nonisolated(unsafe) let handedAcquisition = acquisition
    nonisolated(unsafe) let handedProcessing = processing
    let processingThread = RealTimeThread(name: "processing", priority: 40) {
      handedProcessing.run()
    }
    let acquisitionThread = RealTimeThread(name: "acquisition", priority: 50) {
      handedAcquisition.run()
    }
    var collector = SummaryCollector()
    let latency = drain(events, processing.refused, curves, news, recorder, into: &collector)
    life.end(inOrder: source.endReason == nil)
    acquisitionThread.join()
    processingThread.join()
    recorderThread?.join()
    while let told = news.pop() { tell(told.sentence) }
    tell(refused: processing.refused)
    if let problem = recorder?.takeProblem() { tell(problem) }
    for sink in sinks { sink.takeProblems().forEach(tell) }
    if let reason = source.endReason { tell(reason) }
    return collector.summary(
      context: context, latency: latency,
      cpuSeconds: Double(clinux_process_cpu_nanoseconds() - startCPU) / 1e9,
      wallSeconds: Double(clinux_monotonic_nanoseconds() - startNanoseconds) / 1e9,
      residentBytes: Int(clinux_resident_bytes()), endReason: source.endReason)
  }

  /// Hands events and curve points to the sinks until the stream's last event.
  private func drain(
    _ events: ValueRing<PipelineEvent>, _ refused: RefusedEvents,
    _ curves: ValueRing<CurvePoint>, _ news: ValueRing<FrontEndNews>, _ recorder: Recorder?,
    into collector: inout SummaryCollector
  ) -> LatencyHistogram {
    var held: Set<BuiltInAlarm> = []
    var recording: Set<BuiltInAlarm> = []
    var latency = LatencyHistogram()
    while true {
      while let told = news.pop() { tell(told.sentence) }
      while let point = curves.pop() {
        for sink in sinks { sink.take(point.microvolts) }
      }
      while let event = events.pop() {
        collector.take(event)
        for sink in sinks { sink.take(event) }
        let now = clinux_monotonic_nanoseconds()
        latency.add(nanoseconds: now &- min(now, event.arrivalNanoseconds))
        if case .ended = event.kind { return latency }
      }
      tell(refused: refused)
      if let problem = recorder?.takeProblem() {
        tell(problem)
        recording = [.storageFailing]
      }
      for sink in sinks { sink.takeProblems().forEach(tell) }
      let holding = sinks.reduce(into: recording) { $0.formUnion($1.technicalConditions) }
      desk.report(holding, after: &held)
      for sink in sinks { sink.refresh() }
      events.waitForData(milliseconds: 50)
    }
  }

  /// Says what found no place because the readers stood still.
  private func tell(refused: RefusedEvents) {
    let lost = refused.take()
    guard lost.events > 0 else { return }
    tell(
      "\(lost.events) events were neither shown nor sent: whoever reads them stood still. "
        + (lost.alarms == 0 ? "No alarm was among them." : "\(lost.alarms) were of alarms."))
    if lost.alarms > 0 { for sink in sinks { sink.tell(lostAlarmEvents: lost.alarms) } }
  }

  private func tell(_ problem: String) {
    for sink in sinks { sink.tell(problem: problem) }
  }

  /// The rows that a screen shows, at most twelve: the leads that tell most first, then what there is.
  public static func curveRows(_ layout: RowLayout) -> [Int] {
    let preferred: [Lead] = [.II, .V1, .V5, .I, .V2, .aVF, .III, .V6, .V4, .V3, .aVL, .aVR]
    let placed = preferred.map { layout.rowOfLead[Int($0.rawValue)] }.filter { $0 >= 0 }
    let unplaced = layout.rows.indices.filter { layout.rows[$0].lead == nil }
    return Array((placed + unplaced).prefix(12))
  }

  /// Every how many-th sample a curve shows: about 250 points a second are more than any terminal has.
  public static func curveStride(sampleRate: Double) -> Int {
    max(1, Int((sampleRate / 250).rounded()))
  }
}
