// The heart: one call of `step` takes a block of ADC codes through calibration, filters, beats, the model
// and the alarms. Pure: no clock, no device, no thread; the same blocks give the same events, bit for bit.

import Alarms
import ECGSignal
import Findings
import Inference
import SignalProcessing

/// A running pipeline. All memory is allocated at `init`; `step` allocates nothing, locks nothing, cannot
/// fail. Calls come from one thread.
public final class Pipeline {
  /// Rhythms in which waves may be counted, but no heart beats.
  private static let pulselessRhythms: RhythmState = [.asystole, .ventricularFibrillation]
  private static let unreadableRhythms: RhythmState = [
    .asystole, .ventricularFibrillation, .ventricularTachycardia, .cannotAnalyse,
  ]

  /// What the stream is.
  public let format: SignalFormat
  /// The rows that are filtered and shown.
  public let layout: RowLayout
  /// The alarms that `PipelineEvent.alarm` counts through.
  public var alarmDefinitions: [AlarmDefinition] { panel.system.definitions }
  /// What lamp and sounder show now.
  public var annunciation: Annunciation { panel.system.annunciation }
  /// Whether there is room for another command before the next step.
  public var takesCommands: Bool { panel.system.takesCommands }
  /// What the last step had to say.
  public let events: EventBuffer
  /// Filtered microvolts of the last step, `[row][SampleBlock.sampleCountMax]`; NaN where nothing was
  /// measured or an electrode is off.
  public let waveform: UnsafeMutablePointer<Float>
  /// Samples of the last step in `waveform`.
  public private(set) var waveformSampleCount = 0
  /// What the model's head read of the newest window.
  public var features: UnsafeBufferPointer<Double> {
    findings?.features ?? UnsafeBufferPointer(start: nil, count: 0)
  }

  /// What arrived so far and what did not.
  public private(set) var tally = SampleTally()

  private let assembly: RowAssembly
  private let chain: SignalChain
  private let swap: ElectrodeWatch?
  /// The model's branch; nil where it was refused, which keeps nobody from watching the rhythm.
  let findings: FindingsEngine?
  private let panel: AlarmPanel
  private var tracker: LeadTracker
  private var conditions = AlarmPanel.Conditions()
  private var hasHeartRate = false
  private let raw: UnsafeMutablePointer<Float>
  private let modelInput: UnsafeMutablePointer<Float>
  private let samplesPerSecond: Int64
  private let samplesPerTick: Int64
  private let windowSamples: Int64

  private var index: Int64 = 0
  private var time: StreamTime
  private var clock: ClockFit?
  private var nextClockIndex: Int64 = 0
  private var arrival: UInt64 = 0
  private var electrodesOff: UInt32 = 0
  private var lostRows: UInt32 = 0
  private var contacts: ElectrodeContacts
  private var missingRun: Int64 = 0
  private var toldFilters: FilterState?
  /// Windows that end before this sample hold a rhythm that the model cannot read.
  private var unreadableUntil: Int64 = 0

  /// Plans every buffer for a stream of this format.
  ///
  /// - Throws: where the model does not fit the stream: `init(format:configuration:)` does without it.
  public convenience init(
    format: SignalFormat, model: Model, configuration: PipelineConfiguration
  ) throws(ModelError) {
    let findings = try FindingsEngine(
      model: model, sampleRate: format.sampleRate, stepSeconds: configuration.windowStepSeconds,
      ageYears: configuration.profile.ageYears)
    let windowSeconds =
      Double(model.graph.windowSamples) / Double(model.preprocessing.sampleRateHz)
    self.init(
      format: format, configuration: configuration, findings: findings,
      statements: model.statements, windowSeconds: windowSeconds)
  }

  /// A pipeline without a model: beats, rhythms and their alarms, no findings.
  public convenience init(format: SignalFormat, configuration: PipelineConfiguration) {
    self.init(
      format: format, configuration: configuration, findings: nil, statements: [],
      windowSeconds: 0)
  }

  private init(
    format: SignalFormat, configuration: PipelineConfiguration, findings: FindingsEngine?,
    statements: [Statement], windowSeconds: Double
  ) {
    self.format = format
    layout = RowLayout(format)
    let rate = format.sampleRate
    time = StreamTime(sampleRate: format.trueSampleRate)
    let rowCount = layout.rows.count
    assembly = RowAssembly(format: format, layout: layout)
    chain = SignalChain(
      sampleRate: rate, rowCount: rowCount, filters: configuration.filters,
      limits: RhythmLimits(configuration.profile.limits))
    swap = ElectrodeWatch(sampleRate: rate, layout: layout)
    self.findings = findings
    panel = AlarmPanel(statements: statements, configuration: configuration)
    contacts = ElectrodeContacts(sampleRate: rate)
    tracker = LeadTracker(leads: layout.leads, sampleRate: rate)
    events = EventBuffer(
      capacity: 4 * statements.count + 512 + panel.system.newsCapacity)
    waveform = .allocate(capacity: rowCount * SampleBlock.sampleCountMax)
    waveform.initialize(repeating: .nan, count: rowCount * SampleBlock.sampleCountMax)
    raw = .allocate(capacity: rowCount)
    raw.initialize(repeating: .nan, count: rowCount)
    modelInput = .allocate(capacity: 12)
    modelInput.initialize(repeating: 0, count: 12)
    samplesPerSecond = Int64(rate.rounded())
    samplesPerTick = max(1, Int64((rate / 10).rounded()))
    windowSamples = Int64(windowSeconds * rate)
    findings?.restart(leads: layout.leads)
  }

  deinit {
    waveform.deallocate()
    raw.deallocate()
    modelInput.deallocate()
  }

  /// Tells the alarm system what people did or what the rest of the program found; light and sound follow at once,
  /// events with the next step. Call it only while `takesCommands`.
  public func perform(_ command: AlarmCommand, by person: AlarmPerson = .unnamed) {
    panel.system.perform(command, by: person)
  }

  /// Takes a block of samples; what follows from it stands in `events` and `waveform` until the next call.
  public func step(_ block: SampleBlock) {
    events.clear()
    let header = block.header.pointee
    arrival = header.arrivalNanoseconds
    waveformSampleCount = 0
    tally.counters = header.counters
    conditions.isDeviceAway = header.isDeviceAway
    if let clock = header.clock { follow(clock) }
    if header.isDeviceAway {
      waitForDevice(at: header.firstIndex)
      return
    }
    if header.gapBefore > 0 { crossGap(header.gapBefore, header.gapCause) }
    electrodesOff = header.leadOff
    contacts.take(electrodesOff, at: index)
    lostRows = assembly.rows(lostWith: electrodesOff)
    for sample in 0..<Int(header.sampleCount) {
      assembly.assemble(block, sample: sample, into: raw)
      measure()
      listen(sample)
      understand()
      if index % samplesPerTick == 0 { callForHelp() }
      index &+= 1
    }
    waveformSampleCount = Int(header.sampleCount)
    if header.isLast { finish() }
  }

  /// Time goes by the newest fit. Filters, limits and the model stay with the nominal rate, so that the same samples
  /// give the same findings, alarms and beats.
  private func follow(_ newest: ClockFit) {
    guard newest != clock else { return }
    clock = newest
    time.setSampleRate(newest.sampleRate(nominal: format.sampleRate), at: index)
    guard index >= nextClockIndex else { return }
    nextClockIndex = index &+ 10 &* samplesPerSecond
    report(.clock(newest))
  }

  /// The heart rate that may be read, in true time: it is counted in nominal seconds.
  private var heartRateBPM: Float? {
    guard !isPulseless, let beatsPerMinute = chain.heartRate(at: index) else { return nil }
    return beatsPerMinute * Float(time.sampleRate / format.sampleRate)
  }

  /// Counts what was not measured.
  private func measure() {
    var measuredRows = 0
    for row in 0..<assembly.rowCount {
      if lostRows & (1 << UInt32(row)) != 0 { raw[row] = .nan }
      if !raw[row].isNaN { measuredRows &+= 1 }
    }
    if measuredRows == 0 && lostRows == 0 {
      missingRun &+= 1
      tally.samplesLost &+= 1
    } else {
      if missingRun > 0 { report(.gap(samples: missingRun, cause: .notRecorded)) }
      missingRun = 0
      tally.samplesReceived &+= 1
    }
  }

  /// Curves, beats, heart rate and rhythm.
  private func listen(_ sample: Int) {
    let beat = chain.step(raw, saturated: assembly.saturatedRows, lost: lostRows, at: index)
    for row in 0..<assembly.rowCount {
      waveform[row &* SampleBlock.sampleCountMax &+ sample] = chain.filtered[row]
    }
    swap?.take(raw, beat: beat?.sampleIndex)
    tell(beat)
  }

  /// What followed from a sample, or from its not being there.
  private func tell(_ beat: Beat?) {
    if let beat { report(.beat(beatIndex: beat.sampleIndex, beatClass: beat.beatClass)) }
    for position in 0..<chain.rhythmChangeCount { report(.rhythm(chain.rhythmChange(position))) }
    let wasPulseless = isPulseless
    conditions.rhythm = chain.rhythmState
    // What was counted before is no heart rate any more: nobody may read 70 beside an asystole.
    if isPulseless && !wasPulseless { report(.heartRate(beatsPerMinute: nil)) }
    if !conditions.rhythm.isDisjoint(with: Self.unreadableRhythms) {
      unreadableUntil = index &+ windowSamples
    }
    if index % samplesPerSecond == 0 {
      hasHeartRate = chain.heartRate(at: index) != nil
      report(.heartRate(beatsPerMinute: heartRateBPM))
      report(
        .quality(
          index: Int32(chain.qualityIndex), unusableRows: ~chain.usableRows & rowMask,
          electrodesOff: electrodesOff, grades: chain.rowGrades))
      report(.tally(tally))
      if toldFilters != chain.filterState {
        toldFilters = chain.filterState
        report(.filters(chain.filterState))
      }
    }
    if index % (10 &* samplesPerSecond) == 0 { judgeElectrodes() }
  }

  private var isPulseless: Bool { !conditions.rhythm.isDisjoint(with: Self.pulselessRhythms) }

  /// Says when electrodes begin to look exchanged and when they no longer do.
  private func judgeElectrodes() {
    if let change = swap?.change() { report(.electrodeSwap(change)) }
  }

  private var rowMask: UInt32 { UInt32.max >> UInt32(32 &- assembly.rowCount) }

  /// Hands the sample to the model's own branch and reports a window when one was read.
  private func understand() {
    guard findings != nil else { return }
    var present = LeadSet()
    for lead in 0..<12 {
      let row = layout.rowOfLead[lead]
      let bit = LeadSet(rawValue: 1 << UInt16(lead))
      guard row >= 0, layout.leads.contains(bit), !raw[row].isNaN else { continue }
      modelInput[lead] = raw[row]
      present.formUnion(bit)
    }
    if tracker.update(present: present) { findings?.restart(leads: tracker.leads) }
    if findings?.push(modelInput) == true { reportWindow() }
  }

  /// A window with no heart beat in it, or with a rhythm that the model has never seen (it was trained on
  /// people at rest), is not assessed: what it says of a flat line means nothing.
  ///
  /// Each use of the branch unwraps it anew: bound to a name it would be retained at every sample.
  private func reportWindow() {
    guard let probabilities = findings?.probabilities, let leads = findings?.leads,
      let frames = findings?.framesUsed
    else { return }
    let isReadable = index >= unreadableUntil
    conditions.hasModelFailed = findings?.hasFailed == true
    panel.take(
      probabilities, areReadable: isReadable, at: Double(index) / format.sampleRate)
    for statement in 0..<probabilities.count {
      let probability = probabilities[statement]
      report(
        .finding(
          statement: Int32(statement),
          probability: probability.isNaN || !isReadable ? nil : probability,
          leads: leads))
    }
    report(.window(frames: Int32(frames), leads: leads))
  }

  /// Ten times a second: which alarms start and end.
  private func callForHelp() {
    conditions.isFurtherLeadOff = contacts.findsFurther(
      at: index, isTold: panel.system.isActive(BuiltInAlarm.leadOff.rawValue))
    conditions.isLeadOff = contacts.isAnyOff
    conditions.isLeadFlickering = contacts.isFlickering
    let usableCount = chain.usableRows.nonzeroBitCount
    conditions.hasNoSignal = usableCount == 0
    conditions.isNoisy = 2 &* usableCount < assembly.rowCount
    conditions.hasGoodECG = !conditions.isNoisy && electrodesOff == 0 && hasHeartRate
    conditions.measures = chain.rhythmMeasures
    conditions.heartRateBPM = heartRateBPM
    panel.update(
      conditions, at: Double(index) / format.sampleRate, index: index, time: time,
      arrival: arrival, events: events)
  }

  /// Samples are missing: the chain bridges a short gap, the encoder's stream always starts again.
  private func crossGap(_ samples: Int64, _ cause: GapCause) {
    report(.gap(samples: samples, cause: cause))
    tally.samplesLost &+= samples
    panel.tellLoss(at: Double(index) / format.sampleRate)
    if chain.isBridged(gap: samples) {
      bridge(samples)
    } else {
      index &+= samples
      chain.crossGap(samples, last: raw, to: index)
    }
    swap?.restart(at: index)
    findings?.restart(leads: tracker.leads)
  }

  private func bridge(_ samples: Int64) {
    for row in 0..<assembly.rowCount { raw[row] = .nan }
    let end = index &+ samples
    while index < end {
      tell(chain.step(raw, saturated: 0, lost: lostRows, at: index))
      index &+= 1
    }
  }

  /// The device is silent: time goes on so that the silence can alarm; no heart rate is known.
  private func waitForDevice(at estimatedIndex: Int64) {
    conditions.rhythm = RhythmState()
    conditions.measures = RhythmMeasures()
    conditions.heartRateBPM = nil
    conditions.hasGoodECG = false
    hasHeartRate = false
    let now = max(index, estimatedIndex)
    events.append(
      .heartRate(beatsPerMinute: nil), index: now, time: time, arrivalNanoseconds: arrival)
    panel.update(
      conditions, at: Double(now) / format.sampleRate, index: now, time: time, arrival: arrival,
      events: events)
  }

  /// The last block is through: a record shorter than a window is read with the frames there are.
  private func finish() {
    if missingRun > 0 { report(.gap(samples: missingRun, cause: .notRecorded)) }
    if findings?.finish() == true { reportWindow() }
    judgeElectrodes()
    if let clock { report(.clock(clock)) }
    report(.tally(tally))
    report(.ended)
  }

  private func report(_ kind: PipelineEvent.Kind) {
    events.append(kind, index: index, time: time, arrivalNanoseconds: arrival)
  }
}
