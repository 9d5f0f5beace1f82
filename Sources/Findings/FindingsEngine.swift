// The model's branch of the pipeline: samples in, a probability per statement out once a step. Owns the
// stream of input codes and everything behind it; what it computes depends on the samples since the
// last restart alone, never on how they were cut into blocks.

import ECGSignal
import Inference

/// Preprocessing, window, encoder and head of one stream. One thread at a time; allocates only when it
/// is made. It owns the memory of its buffers: hold it while they are read (`withExtendedLifetime`).
public final class FindingsEngine {
  private static let leadCount = 12

  /// Probability per statement, in the order of `Model.statements`; NaN where the statement was not
  /// assessed: no window yet, leads that it needs are missing, or not validated at this age. Valid until the next call.
  public let probabilities: UnsafeBufferPointer<Float>
  /// Logit per statement of the last window evaluated, assessed or not: for evaluations in full precision.
  public let logits: UnsafeBufferPointer<Double>
  /// What the head read of the last window's frames: means, with spread pooling standard deviations behind them.
  public let features: UnsafeBufferPointer<Double>
  /// Frames in the last window evaluated; 0 before the first since the restart.
  public private(set) var framesUsed = 0
  /// Leads of the stream.
  public private(set) var leads = LeadSet.twelve
  /// Windows evaluated since the restart.
  public private(set) var windowsEvaluated = 0
  /// Samples refused because a present lead was not a finite number; each restarted the stream.
  public private(set) var samplesRefused = 0

  /// Whether the model computed something that is no number, as only damaged memory makes it. It reads no window
  /// after that one, of which nothing is assessed.
  public private(set) var hasFailed = false

  private let preprocessor: Preprocessor
  private let encoder: FeatureStream
  private let quantiser: InputQuantiser
  package let head: StatementHead
  private let stepSamples: Int
  private let windowFrames: Int
  private let minimumFrames: Int
  private let windowSamples: Int
  private let statementCount: Int
  private let assessability: Assessability
  private let mutableLogits: UnsafeMutablePointer<Double>
  private let mutableProbabilities: UnsafeMutablePointer<Float>
  private let mutableFeatures: UnsafeMutablePointer<Double>
  /// 100 Hz samples after which the next window is due.
  private var dueSampleCount = 0

  /// Makes the branch for a nominal input rate; a window is evaluated every `stepSeconds` (at least one
  /// sample of 10 ms). Statements that were not validated at the patient's age are not assessed.
  public init(
    model: Model, sampleRate: Double, stepSeconds: Double = 1, ageYears: Int? = nil
  ) throws(ModelError) {
    guard stepSeconds >= 0.01, stepSeconds <= 3600 else {
      throw ModelError("A step of \(stepSeconds) s is not possible: choose 0.01 s to 3600 s.")
    }
    let graph = model.graph
    preprocessor = try Preprocessor(model.preprocessing, sampleRate: sampleRate)
    guard graph.isStreamable else {
      throw ModelError(
        "\(model.name) pads its input, so its frames depend on where a window begins: it is for "
          + "measurements. Choose a model without padding.")
    }
    encoder = try FeatureStream(model: model)
    quantiser = InputQuantiser(graph)
    head = StatementHead(model: model)
    stepSamples = Int((stepSeconds * Double(model.preprocessing.sampleRateHz)).rounded())
    windowFrames = graph.windowFrames
    minimumFrames = graph.minimumFrames
    windowSamples = graph.windowSamples
    statementCount = model.statements.count
    assessability = Assessability(model.statements, ageYears: ageYears)
    mutableLogits = .allocate(capacity: statementCount)
    mutableLogits.initialize(repeating: 0, count: statementCount)
    logits = UnsafeBufferPointer(start: mutableLogits, count: statementCount)
    mutableProbabilities = .allocate(capacity: statementCount)
    mutableProbabilities.initialize(repeating: .nan, count: statementCount)
    mutableFeatures = .allocate(capacity: encoder.featureCount)
    mutableFeatures.initialize(repeating: 0, count: encoder.featureCount)
    probabilities = UnsafeBufferPointer(start: mutableProbabilities, count: statementCount)
    features = UnsafeBufferPointer(start: mutableFeatures, count: encoder.featureCount)
    restart(leads: .twelve)
  }

  deinit {
    mutableLogits.deallocate()
    mutableProbabilities.deallocate()
    mutableFeatures.deallocate()
  }

  /// The kernels in use ("c"), "openblas" for a model loaded in floats.
  public var kernelName: String { encoder.kernelName }

  /// Starts the stream again from the next sample: after a gap, or when a lead came or went.
  public func restart(leads: LeadSet) {
    self.leads = leads
    assessability.update(leads: leads)
    preprocessor.restart(leads: leads)
    encoder.restart()
    windowsEvaluated = 0
    framesUsed = 0
    dueSampleCount = windowSamples
    for index in 0..<statementCount { mutableProbabilities[index] = .nan }
  }

  /// Takes one sample: `[12]` microvolts at the input rate, those of missing leads ignored. Returns
  /// whether a window was evaluated: first when a full one exists, then once each step.
  ///
  /// A present lead that is not a finite number is the caller's mistake: the sample is dropped and
  /// counted, and the stream restarts with the next.
  public func push(_ microvolts: UnsafePointer<Float>) -> Bool {
    guard isFinite(microvolts) else {
      samplesRefused &+= 1
      restart(leads: leads)
      return false
    }
    guard preprocessor.push(microvolts) > 0 else { return false }
    append(preprocessor.output(0))
    guard encoder.sampleCount >= dueSampleCount, !hasFailed else { return false }
    dueSampleCount &+= stepSamples
    encoder.advance()
    evaluate(frameCount: windowFrames)
    return true
  }

  /// At the end of a stream too short for a full window: evaluates the frames there are, if there are
  /// enough. Returns whether it did; false also when a window was evaluated before.
  public func finish() -> Bool {
    guard windowsEvaluated == 0, !hasFailed else { return false }
    encoder.advance()
    guard encoder.frameCount >= minimumFrames else { return false }
    evaluate(frameCount: min(encoder.frameCount, windowFrames))
    return true
  }

  /// Evaluates the newest `frameCount` frames.
  private func evaluate(frameCount: Int) {
    framesUsed = frameCount
    encoder.features(frames: frameCount, into: mutableFeatures)
    head.evaluate(features: mutableFeatures, leads: leads, into: mutableLogits)
    for index in 0..<statementCount where !logits[index].isFinite { hasFailed = true }
    for index in 0..<statementCount {
      mutableProbabilities[index] =
        assessability[index] && !hasFailed ? Float(StatementHead.probability(logits[index])) : .nan
    }
    windowsEvaluated &+= 1
  }

  /// Appends a sample of `[12]` millivolts as codes.
  private func append(_ millivolts: UnsafePointer<Double>) {
    encoder.append { row in
      for lead in 0..<Self.leadCount { row[lead] = quantiser.code(millivolts[lead]) }
    }
  }

  private func isFinite(_ microvolts: UnsafePointer<Float>) -> Bool {
    for lead in 0..<Self.leadCount where leads.rawValue >> UInt16(lead) & 1 == 1 {
      guard microvolts[lead].isFinite else { return false }
    }
    return true
  }
}
