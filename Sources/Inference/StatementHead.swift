// From an embedding to one logit a statement, in double precision and fixed order: the same bits as
// the training side wrote into the golden vectors.

import ECGSignal
import Glibc

/// The model's linear head with memory of its own. One thread at a time.
public final class StatementHead {
  /// Statements, in the order of `Model.statements`.
  public let statementCount: Int

  private let pooling: FramePooling
  private let weight: UnsafeMutablePointer<Double>
  private let mask: UnsafeMutablePointer<Double>
  /// Within the package, so that a test can force what the model says, and let memory go bad.
  package let bias: UnsafeMutablePointer<Double>
  private let features: UnsafeMutablePointer<Double>

  /// Copies the model's head.
  public init(model: Model) {
    statementCount = model.statements.count
    pooling = FramePooling(model.graph)
    weight = Self.copy(model.head.weight)
    mask = Self.copy(model.head.mask)
    bias = Self.copy(model.head.bias)
    features = Self.copy([Float](repeating: 0, count: pooling.featureCount))
  }

  deinit {
    weight.deallocate()
    mask.deallocate()
    bias.deallocate()
    features.deallocate()
  }

  private static func copy(_ values: [Float]) -> UnsafeMutablePointer<Double> {
    let memory = UnsafeMutablePointer<Double>.allocate(capacity: values.count)
    for (index, value) in values.enumerated() { (memory + index).initialize(to: Double(value)) }
    return memory
  }

  /// Evaluates all statements. `embedding` holds the sums that the encoder left over `frames` frames
  /// (at least 1), `leads` those that were present, `logits` takes `statementCount` values.
  public func evaluate(
    _ embedding: UnsafePointer<Int32>, frames: Int, leads: LeadSet,
    into logits: UnsafeMutablePointer<Double>
  ) {
    precondition(frames > 0, "no frame to evaluate")
    pooling.features(of: embedding, frames: frames, into: features)
    evaluate(features: features, leads: leads, into: logits)
  }

  /// The same from the frames' means, with spread pooling their standard deviations behind them.
  public func evaluate(
    features: UnsafePointer<Double>, leads: LeadSet, into logits: UnsafeMutablePointer<Double>
  ) {
    let width = pooling.featureCount
    for statement in 0..<statementCount {
      var sum = bias[statement]
      let maskRow = mask + statement &* 12
      for lead in 0..<12 {
        sum += maskRow[lead] * (leads.rawValue >> UInt16(lead) & 1 == 1 ? 1 : 0)
      }
      let row = weight + statement &* width
      for index in 0..<width { sum += row[index] * features[index] }
      logits[statement] = sum
    }
  }

  /// The probability that a logit stands for (calibration is part of the head's numbers).
  public static func probability(_ logit: Double) -> Double { 1 / (1 + exp(-logit)) }
}
