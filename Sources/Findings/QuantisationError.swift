// What a model's integers lose against the float network they were made from, on real signal: both read the
// same windows of the same input codes, so that the difference is the quantisation of the network alone. The
// same measure as metrics.json's section "quantisation".

import ECGSignal
import Inference

/// The difference between integers and floats over some windows.
public struct QuantisationError: Hashable, Sendable {
  /// Windows compared: full ones, side by side, from the first sample on or from behind a gap.
  public let windows: Int
  /// Root of the mean square of the logits' differences, over all statements and windows.
  public let logitRootMeanSquareError: Double
  /// Cosine between the two vectors of features, its mean and its minimum over windows.
  public let embeddingCosineMean: Double
  public let embeddingCosineMinimum: Double
}

/// Runs both networks over a stream. One thread at a time.
public final class NetworkComparison {
  private let graph: Graph
  private let leads: LeadSet
  private let preprocessor: Preprocessor
  private let quantiser: InputQuantiser
  private let integers: Encoder
  private let floats: FloatEncoder
  private let head: StatementHead
  private let pooling: FramePooling
  private var codes: [Int8] = []
  private var squares = 0.0
  private var cosines: [Double] = []

  /// Compares a model loaded in integers with the same one loaded in floats, on signal with these leads.
  public init(int8 model: Model, float: Model, sampleRate: Double, leads: LeadSet)
    throws(ModelError)
  {
    guard model.graph == float.graph, model.statements == float.statements else {
      throw ModelError(
        "\(model.name): its integers and its floats are not of the same network. Export it again.")
    }
    graph = model.graph
    self.leads = leads
    preprocessor = try Preprocessor(model.preprocessing, sampleRate: sampleRate)
    preprocessor.restart(leads: leads)
    quantiser = InputQuantiser(graph)
    integers = Encoder(model: model)
    floats = try FloatEncoder(model: float)
    head = StatementHead(model: model)
    pooling = FramePooling(graph)
  }

  /// Takes one sample of `[12]` microvolts, those of missing leads ignored. Where a lead that should be
  /// there is not a number, the stream starts again behind it.
  public func push(_ microvolts: UnsafePointer<Float>) {
    guard leads.leads.allSatisfy({ microvolts[Int($0.rawValue)].isFinite }) else {
      preprocessor.restart(leads: leads)
      codes.removeAll(keepingCapacity: true)
      return
    }
    guard preprocessor.push(microvolts) > 0 else { return }
    let millivolts = preprocessor.output(0)
    for lead in 0..<12 { codes.append(quantiser.code(millivolts[lead])) }
    guard codes.count == graph.windowSamples * 12 else { return }
    compare()
    codes.removeAll(keepingCapacity: true)
  }

  /// The difference so far; nil before the first full window.
  public var result: QuantisationError? {
    guard let minimum = cosines.min() else { return nil }
    let count = Double(cosines.count)
    return QuantisationError(
      windows: cosines.count,
      logitRootMeanSquareError: (squares / count / Double(head.statementCount)).squareRoot(),
      embeddingCosineMean: cosines.reduce(0, +) / count, embeddingCosineMinimum: minimum)
  }

  private func compare() {
    var sums = [Int32](repeating: 0, count: graph.embeddingWidth)
    var rounded = [Double](repeating: 0, count: graph.embeddingWidth)
    var exact = rounded
    let frames = integers.encode(codes, sampleCount: graph.windowSamples, into: &sums)
    pooling.features(of: sums, frames: frames, into: &rounded)
    _ = floats.encode(codes, sampleCount: graph.windowSamples, into: &exact)
    for (a, b) in zip(logits(rounded), logits(exact)) { squares += (a - b) * (a - b) }
    cosines.append(Self.cosine(rounded, exact))
  }

  private func logits(_ features: [Double]) -> [Double] {
    var logits = [Double](repeating: 0, count: head.statementCount)
    head.evaluate(features: features, leads: leads, into: &logits)
    return logits
  }

  /// 1 where both are zero: silence is encoded alike.
  private static func cosine(_ a: [Double], _ b: [Double]) -> Double {
    func product(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let norm = (product(a, a) * product(b, b)).squareRoot()
    return norm == 0 ? (a == b ? 1 : 0) : product(a, b) / norm
  }
}
