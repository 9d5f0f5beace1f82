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
  private static let unreadableRhythms: RhythmState = [
    .asystole, .ventricularFibrillation, .ventricularTachycardia,
  ]

  /// What the stream is.
  public let format: SignalFormat
  /// The rows that are filtered and shown.
  public let layout: RowLayout
  /// The alarms that `PipelineEvent.alarm` counts through.
  public var alarmDefinitions: [AlarmDefinition] { panel.definitions }
  /// What the last step had to say.
  public let events: EventBuffer
  /// Filtered microvolts of the last step, `[row][SampleBlock.sampleCountMax]`; NaN where nothing was
  /// measured or an electrode is off.
  public let waveform: UnsafeMutablePointer<Float>
  /// Samples of the last step in `waveform`.
  public private(set) var waveformSampleCount = 0
  /// What the model's head read of the newest window.
  public var features: UnsafeBufferPointer<Double> { findings.features }

  /// What arrived so far and what did not.
  public private(set) var tally = SampleTally()

  private let assembly: RowAssembly
  private let chain: SignalChain
  private let swap: ElectrodeWatch?
  private let findings: FindingsEngine
  private let panel: AlarmPanel
  private var tracker: LeadTracker
  private var conditions = AlarmPanel.Conditions()
  private let raw: UnsafeMutablePointer<Float>
  private let modelInput: UnsafeMutablePointer<Float>
  private let samplesPerSecond: Int64
  private let samplesPerTick: Int64
  private let windowSamples: Int64

  private var index: Int64 = 0
  private var arrival: UInt64 = 0
  private var electrodesOff: UInt32 = 0
  private var lostRows: UInt32 = 0
  private var missingRun: Int64 = 0
  private var toldFilters: FilterState?
  /// Windows that end before this sample hold a rhythm that the model cannot read.
  private var unreadableUntil: Int64 = 0

  /// Plans every buffer for a stream of this format.
  public init(
    format: SignalFormat, model: Model, configuration: PipelineConfiguration
  ) throws(ModelError) {
    self.format = format
    layout = RowLayout(format)
    let rate = format.sampleRate
    let rowCount = layout.rows.count
    assembly = RowAssembly(format: format, layout: layout)
    chain = SignalChain(
      sampleRate: rate, rowCount: rowCount, filters: configuration.filters,
      limits: configuration.limits)
    swap = ElectrodeWatch(sampleRate: rate, layout: layout)
    findings = try FindingsEngine(
      model: model, sampleRate: rate, stepSeconds: configuration.windowStepSeconds,
      ageYears: configuration.patientAgeYears)
    panel = AlarmPanel(model: model)
    tracker = LeadTracker(leads: layout.leads, sampleRate: rate)
    events = EventBuffer(capacity: 4 * model.statements.count + 512)
    waveform = .allocate(capacity: rowCount * SampleBlock.sampleCountMax)
    waveform.initialize(repeating: .nan, count: rowCount * SampleBlock.sampleCountMax)
    raw = .allocate(capacity: rowCount)
    raw.initialize(repeating: .nan, count: rowCount)
    modelInput = .allocate(capacity: 12)
    modelInput.initialize(repeating: 0, count: 12)
    samplesPerSecond = Int64(rate.rounded())
    samplesPerTick = max(1, Int64((rate / 10).rounded()))
    windowSamples = Int64(
      Double(model.graph.windowSamples) / Double(model.preprocessing.sampleRateHz) * rate)
    findings.restart(leads: layout.leads)
  }

  deinit {
    waveform.deallocate()
    raw.deallocate()
    modelInput.deallocate()
  }

  /// Takes a block of samples; what follows from it stands in `events` and `waveform` until the next call.
  public func step(_ block: SampleBlock) {
    events.clear()
    let header = block.header.pointee
    arrival = header.arrivalNanoseconds
    waveformSampleCount = 0
    tally.counters = header.counters
    conditions.isDeviceAway = header.isDeviceAway
    if header.isDeviceAway {
      waitForDevice(at: header.firstIndex)
      return
    }
    if header.gapBefore > 0 { crossGap(header.gapBefore, header.gapCause) }
    electrodesOff = header.leadOff
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
    if let beat { report(.beat(beatIndex: beat.sampleIndex, beatClass: beat.beatClass)) }
    for position in 0..<chain.rhythmChangeCount { report(.rhythm(chain.rhythmChange(position))) }
    conditions.rhythm = chain.rhythmState
    if !conditions.rhythm.isDisjoint(with: Self.unreadableRhythms) {
      unreadableUntil = index &+ windowSamples
    }
    if index % samplesPerSecond == 0 {
      report(.heartRate(beatsPerMinute: chain.heartRate(at: index)))
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

  /// Says when electrodes begin to look exchanged and when they no longer do.
  private func judgeElectrodes() {
    if let change = swap?.change() { report(.electrodeSwap(change)) }
  }

  private var rowMask: UInt32 { UInt32.max >> UInt32(32 &- assembly.rowCount) }

  /// Hands the sample to the model's own branch and reports a window when one was read.
  private func understand() {
    var present = LeadSet()
    for lead in 0..<12 {
      let row = layout.rowOfLead[lead]
      guard row >= 0, !raw[row].isNaN else { continue }
      modelInput[lead] = raw[row]
      present.formUnion(LeadSet(rawValue: 1 << UInt16(lead)))
    }
    if tracker.update(present: present) { findings.restart(leads: tracker.leads) }
    if findings.push(modelInput) { reportWindow() }
  }

  /// A window with no heart beat in it, or with a rhythm that the model has never seen (it was trained on
  /// people at rest), is not assessed: what it says of a flat line means nothing.
  private func reportWindow() {
    let isReadable = index >= unreadableUntil
    let probabilities = findings.probabilities
    panel.take(probabilities, areReadable: isReadable)
    for statement in 0..<probabilities.count {
      let probability = probabilities[statement]
      report(
        .finding(
          statement: Int32(statement),
          probability: probability.isNaN || !isReadable ? nil : probability,
          leads: findings.leads))
    }
    report(.window(frames: Int32(findings.framesUsed), leads: findings.leads))
  }

  /// Ten times a second: which alarms start and end.
  private func callForHelp() {
    conditions.isLeadOff = electrodesOff != 0
    conditions.hasNoSignal = chain.usableRows == 0
    panel.update(
      conditions, at: Double(index) / format.sampleRate, index: index, arrival: arrival,
      events: events)
  }

  /// Samples are missing: the chain bridges a short gap, the encoder's stream always starts again.
  private func crossGap(_ samples: Int64, _ cause: GapCause) {
    report(.gap(samples: samples, cause: cause))
    tally.samplesLost &+= samples
    panel.tellLoss(at: Double(index) / format.sampleRate)
    index &+= samples
    chain.crossGap(samples, last: raw, to: index)
    swap?.restart(at: index)
    findings.restart(leads: tracker.leads)
  }

  /// The device is silent: time goes on so that the silence can alarm; no heart rate is known.
  private func waitForDevice(at estimatedIndex: Int64) {
    conditions.rhythm = RhythmState()
    let now = max(index, estimatedIndex)
    events.append(.heartRate(beatsPerMinute: nil), index: now, arrivalNanoseconds: arrival)
    panel.update(
      conditions, at: Double(now) / format.sampleRate, index: now, arrival: arrival,
      events: events)
  }

  /// The last block is through: a record shorter than a window is read with the frames there are.
  private func finish() {
    if missingRun > 0 { report(.gap(samples: missingRun, cause: .notRecorded)) }
    if findings.finish() { reportWindow() }
    judgeElectrodes()
    report(.tally(tally))
    report(.ended)
  }

  private func report(_ kind: PipelineEvent.Kind) {
    events.append(kind, index: index, arrivalNanoseconds: arrival)
  }
}
