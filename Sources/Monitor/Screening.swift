// Offline screening: one recording through the very pipeline that monitors, as fast as it goes, and what it
// said about the whole of it.

import Alarms
import ECGSignal
import Inference
import Pipeline
import Recordings
import SignalProcessing

/// What the pipeline says of one recording.
public struct ScreeningResult: Sendable {
  /// One statement of the model over all windows.
  public struct Finding: Sendable {
    /// The statement.
    public let statement: Statement
    /// Mean probability over the windows, nil when it was not assessed.
    public let probability: Float?
    /// Why it was not assessed, nil when it was.
    public let obstacle: String?
  }

  /// An alarm condition that started in the recording.
  public struct Condition: Sendable {
    /// The condition's name.
    public let name: String
    /// Its priority.
    public let priority: AlarmPriority
    /// Seconds from the start of the recording.
    public let seconds: Double
  }

  /// The recording's format.
  public let format: SignalFormat
  /// Length in seconds.
  public let durationSeconds: Double
  /// Standard leads, derived limb leads counted.
  public let leads: LeadSet
  /// Median of the rates told once a second.
  public let heartRateBPM: Float?
  /// Median quality 0-100, nil for a recording shorter than a second.
  public let quality: Int?
  /// Intervals, axes and amplitudes, nil where they could not be measured.
  public let measured: MeasuredStretch?
  /// Electrodes that look exchanged, nil where none do: of several suspicions the surest.
  public let suspectedSwap: SuspectedSwap?
  /// Share of the samples that were measured.
  public let completeness: Double
  /// Windows that the model read.
  public let windows: Int
  /// Signal in a window, in seconds.
  public let windowSeconds: Double
  /// All statements of the model.
  public let findings: [Finding]
  /// The patient's age as the recording tells it, nil where it does not.
  public let ageYears: Int?
  /// Conditions that started.
  public let conditions: [Condition]
  /// Mean over windows of the encoder's output per frame, in the model's units.
  public let embedding: [Double]
}

/// Screens recordings with one model.
public struct Screening {
  private let model: Model
  private let configuration: PipelineConfiguration

  /// - Parameter configuration: its window step is how far apart the windows of a long record lie.
  public init(model: Model, configuration: PipelineConfiguration) {
    self.model = model
    self.configuration = configuration
  }

  /// Reads one recording to its end.
  ///
  /// - Throws: `RecordingError` for a file that cannot be read, `ModelError` for a rate that the model
  ///   cannot take.
  public func screen(_ path: String) throws -> ScreeningResult {
    let reader = try Recordings.open(path)
    let format = reader.format
    var configuration = configuration
    configuration.profile.ageYears = PatientAge.years(comments: reader.comments)
    let pipeline = try Pipeline(format: format, model: model, configuration: configuration)
    let storage = SampleBlockStorage(channelCount: format.channels.count)
    var collector = Collector(
      model: model, pipeline: pipeline, ageYears: configuration.profile.ageYears)
    var measurer = StretchMeasurer(format)
    var index: Int64 = 0
    while true {
      let header = storage.block.header
      header.pointee = SampleBlock.Header()
      header.pointee.firstIndex = index
      let count = try reader.read(
        into: storage.block.codes, stride: SampleBlock.sampleCountMax,
        count: SampleBlock.sampleCountMax)
      header.pointee.sampleCount = Int32(count)
      header.pointee.isLast = count == 0
      measurer?.take(storage.block)
      pipeline.step(storage.block)
      collector.collect()
      if count == 0 { break }
      index += Int64(count)
    }
    return collector.result(
      durationSeconds: Double(index) / format.trueSampleRate, measured: measurer?.result())
  }
}

/// Gathers a recording's events.
private struct Collector {
  private let model: Model
  private let pipeline: Pipeline
  private let ageYears: Int?
  private var heartRates: [Float] = []
  private var qualities: [Int] = []
  private var sums: [Double]
  private var assessed: [Int]
  private var embeddingSum: [Double]
  private var suspectedSwap: SuspectedSwap?
  private var windows = 0
  private var framesUsed = 0
  private var conditions: [ScreeningResult.Condition] = []

  init(model: Model, pipeline: Pipeline, ageYears: Int?) {
    self.model = model
    self.pipeline = pipeline
    self.ageYears = ageYears
    sums = Array(repeating: 0, count: model.statements.count)
    assessed = Array(repeating: 0, count: model.statements.count)
    embeddingSum = Array(repeating: 0, count: pipeline.features.count)
  }

  mutating func collect() {
    for position in 0..<pipeline.events.count {
      let event = pipeline.events[position]
      switch event.kind {
      case .heartRate(let rate?): heartRates.append(rate)
      case .electrodeSwap(let swap?):
        if swap.confidence > suspectedSwap?.confidence ?? 0 { suspectedSwap = swap }
      case .quality(let index, _, _, _): qualities.append(Int(index))
      case .finding(let statement, let probability?, _):
        sums[Int(statement)] += Double(probability)
        assessed[Int(statement)] += 1
      case .window(let frames, _): addWindow(frames: Int(frames))
      case .alarm(let transition) where transition.phase == .start:
        conditions.append(
          .init(
            name: pipeline.alarmDefinitions[transition.alarm].name,
            priority: transition.priority,
            seconds: event.seconds))
      default: break
      }
    }
  }

  private mutating func addWindow(frames: Int) {
    windows += 1
    framesUsed = frames
    for (index, value) in pipeline.features.enumerated() { embeddingSum[index] += value }
  }

  func result(durationSeconds: Double, measured: MeasuredStretch?) -> ScreeningResult {
    let graph = model.graph
    let windowSamples = (framesUsed - 1) * graph.frameStride + graph.receptiveField
    return ScreeningResult(
      format: pipeline.format, durationSeconds: durationSeconds, leads: pipeline.layout.leads,
      heartRateBPM: median(heartRates), quality: median(qualities),
      measured: measured, suspectedSwap: suspectedSwap,
      completeness: pipeline.tally.completeness, windows: windows,
      windowSeconds: windows == 0
        ? 0 : Double(windowSamples) / Double(model.preprocessing.sampleRateHz),
      findings: model.statements.enumerated().map { index, statement in
        ScreeningResult.Finding(
          statement: statement,
          probability: assessed[index] == 0
            ? nil : Float(sums[index] / Double(assessed[index])),
          obstacle: assessed[index] == 0 ? obstacle(to: statement) : nil)
      },
      ageYears: ageYears, conditions: conditions,
      embedding: windows == 0 ? [] : embeddingSum.map { $0 / Double(windows) })
  }

  /// What kept every window from assessing the statement.
  private func obstacle(to statement: Statement) -> String {
    if windows == 0 { return "too short a stretch of good signal" }
    return statement.obstacle(leads: pipeline.layout.leads, ageYears: ageYears)?.reason
      ?? "leads or rhythm kept the model from reading"
  }

  private func median<Value: Comparable>(_ values: [Value]) -> Value? {
    values.isEmpty ? nil : values.sorted()[values.count / 2]
  }
}
