// `ecgclip model verify`: whether a model is whole, and what its integers lose on a record.

import ArgumentParser
import ECGSignal
import Findings
import Inference
import Monitor

struct ModelVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a model; with a record, its integers against its float weights.",
    discussion: """
      Every file is checked by its hash, every tensor by its shape and range, and the golden vectors are \
      computed again on this machine. With --record both networks read the same full windows of the \
      record, side by side from its first sample and from behind every gap:

        ecgclip model verify --record ptbxl/native/00001_hr

      Over many records the logits' root mean square error must be at most 0.1 (the model's card); single \
      records, and records of few leads, lie on both sides of that. Above 0.5, or with a window whose \
      embedding has a cosine below 0.97 to the float one, the status is 1. Float weights need OpenBLAS.
      """)

  @Argument(help: "A name in models, or the path of a model's folder.")
  var model: String?

  @Option(help: "A WFDB record or an EDF file.")
  var record: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let folder = try Installation.modelFolder(model)
    let model = try Model(folder: folder, arithmetic: nil, completely: true)
    let comparison = try record.map { try Comparison(model, folder: folder, record: $0) }
    if json {
      try JSONOutput.print(VerificationObject(model, comparison))
    } else {
      describe(model, comparison)
    }
    if comparison?.isWithinLimits == false { throw ExitCode(1) }
  }

  private func describe(_ model: Model, _ comparison: Comparison?) {
    print("\(model.name), \(model.arithmetic.rawValue), sha256 \(model.sha256)")
    print("  files        as SHA256SUMS lists them; shapes and ranges of all tensors fit the graph")
    print(
      "  golden       "
        + (model.arithmetic == .int8
          ? "\(model.goldenCaseCount) cases bit-equal with kernels \(model.kernels)"
          : "none: float weights have none"))
    guard let comparison else {
      print("  integers     not compared with the float weights: give a record (--record)")
      return
    }
    let error = comparison.error
    print(
      "  record       \(comparison.record): \(error.windows) windows of "
        + "\(model.graph.windowSeconds) s, \(comparison.leads.count) leads")
    print(
      "  logits       root mean square error \(rounded(error.logitRootMeanSquareError, 3)) against "
        + "float (over many records at most \(Comparison.gate), one at most \(Comparison.limit))")
    print(
      "  embedding    cosine \(rounded(error.embeddingCosineMean, 5)) on average, at least "
        + "\(rounded(error.embeddingCosineMinimum, 5)) (limit \(Comparison.cosineLimit))")
    print("  \(comparison.isWithinLimits ? "within" : "BEYOND") the limits for one record")
  }

  private func rounded(_ value: Double, _ digits: Int) -> Double {
    let power = (0..<digits).reduce(1.0) { power, _ in power * 10 }
    return (value * power).rounded() / power
  }
}

/// Both networks over one record, and what is asked of them.
private struct Comparison {
  /// What the model's card asks of the logits' error over a cohort.
  static let gate = 0.1
  /// What no record may exceed, and no window's embedding fall below: of 247 public records of 2 to 12 leads
  /// the worst have 0.45 and 0.983.
  static let limit = 0.5
  static let cosineLimit = 0.97

  let record: String
  let leads: LeadSet
  let error: QuantisationError

  init(_ model: Model, folder: String, record: String) throws {
    guard model.arithmetic == .int8 else {
      throw CommandFailure(
        "\(folder) has float weights alone: there are no integers to compare with them. Verify it "
          + "without --record.")
    }
    self.record = record
    let reader = try LeadReader(path: record)
    leads = reader.leads
    let networks = try NetworkComparison(
      int8: model, float: Model(folder: folder, arithmetic: .float),
      sampleRate: reader.sampleRate, leads: leads)
    var row = [Float](repeating: 0, count: 12)
    while try reader.next(into: &row) { networks.push(row) }
    guard !leads.isEmpty, let error = networks.result else {
      throw CommandFailure(
        "\(record): no full window of \(model.graph.windowSeconds) s of a standard lead. Give a "
          + "longer record without gaps.")
    }
    self.error = error
  }

  var isWithinLimits: Bool {
    error.logitRootMeanSquareError <= Self.limit && error.embeddingCosineMinimum >= Self.cosineLimit
  }
}

private struct VerificationObject: Encodable {
  let model: String
  let arithmetic: String
  let sha256: String
  let goldenCases: Int
  let record: String?
  let leads: [String]?
  let windows: Int?
  let logitRootMeanSquareError: Double?
  let embeddingCosineMean: Double?
  let embeddingCosineMinimum: Double?
  let isWithinGate: Bool?
  let isWithinLimits: Bool?

  init(_ model: Model, _ comparison: Comparison?) {
    self.model = model.name
    arithmetic = model.arithmetic.rawValue
    sha256 = model.sha256
    goldenCases = model.goldenCaseCount
    record = comparison?.record
    leads = comparison?.leads.names
    let error = comparison?.error
    windows = error?.windows
    logitRootMeanSquareError = error?.logitRootMeanSquareError
    embeddingCosineMean = error?.embeddingCosineMean
    embeddingCosineMinimum = error?.embeddingCosineMinimum
    isWithinGate = error.map { $0.logitRootMeanSquareError <= Comparison.gate }
    isWithinLimits = comparison?.isWithinLimits
  }
}
