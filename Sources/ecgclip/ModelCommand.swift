// `ecgclip model info`: which model this is, what it can say and how good it was found to be.

import ArgumentParser
import Inference
import Monitor

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "The model: its hash, its statements, its scores.",
    subcommands: [Info.self, ModelVerifyCommand.self])

  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "info",
      abstract: "Check a model from the first to the last byte and describe it.",
      discussion: """
        The manifest's hashes, the shapes and ranges of every tensor and the golden vectors are \
        checked; at every other start those of the files in use. A model with one flipped bit is \
        refused (status 2). Of a model that has float weights alone there are no golden vectors.
        """)

    @Argument(help: "A name in models, or the path of a model's folder.")
    var model: String?

    @Flag(help: "Print JSON, with all statements and metrics.")
    var json = false

    func run() throws {
      let model = try Model(
        folder: Installation.modelFolder(model), arithmetic: nil, completely: true)
      if json { try JSONOutput.print(ModelObject(model)) } else { describe(model) }
    }

    private func describe(_ model: Model) {
      print("\(model.name), made \(model.created)")
      print("  sha256       \(model.sha256)")
      let isInteger = model.arithmetic == .int8
      print(
        "  parameters   \(model.parameterCount), "
          + (isInteger ? "int8 weights within +-\(model.graph.weightMaximum)" : "32-bit floats"))
      print(
        "  work         \(model.multiplyAccumulates) multiply-accumulates a window of "
          + "\(model.graph.windowSeconds) s")
      print(
        "  golden       "
          + (isInteger
            ? "\(model.goldenCaseCount) cases bit-equal on this machine"
            : "none: for screening only, no monitor runs on floats"))
      print("  statements   \(model.statements.count)")
      for group in [Statement.Group.rhythm, .diagnostic, .form] {
        let codes = model.statements.filter { $0.group == group }.map(\.code)
        print("    \(group.rawValue): \(codes.joined(separator: " "))")
      }
      print(
        "  Research software, no medical device. Scores: card.md and metrics.json beside the model."
      )
    }
  }
}

private struct ModelObject: Encodable {
  struct AgeRange: Encodable {
    let minimumYears: Int
    let maximumYears: Int
  }

  struct StatementObject: Encodable {
    let code: String
    let name: String
    let group: String
    let leadSets: [[String]]
    let ages: AgeRange?
    let threshold: Float
    let trainingPositives: Int
  }

  let name: String
  let arithmetic: String
  let sha256: String
  let created: String
  let training: String
  let parameters: Int
  let multiplyAccumulates: Int
  let weightMaximum: Int
  let frameStride: Int
  let receptiveField: Int
  let windowFrames: Int
  let goldenCases: Int
  let statements: [StatementObject]
  let metrics: [String: Double]

  init(_ model: Model) {
    name = model.name
    arithmetic = model.arithmetic.rawValue
    sha256 = model.sha256
    created = model.created
    training = model.training
    parameters = model.parameterCount
    multiplyAccumulates = model.multiplyAccumulates
    weightMaximum = model.graph.weightMaximum
    frameStride = model.graph.frameStride
    receptiveField = model.graph.receptiveField
    windowFrames = model.graph.windowFrames
    goldenCases = model.goldenCaseCount
    statements = model.statements.map {
      StatementObject(
        code: $0.code, name: $0.name, group: $0.group.rawValue, leadSets: $0.leadSets.map(\.names),
        ages: $0.ages.map {
          AgeRange(minimumYears: $0.lowerBound, maximumYears: $0.upperBound)
        },
        threshold: $0.threshold, trainingPositives: $0.trainingPositives)
    }
    metrics = Dictionary(
      model.metrics.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
  }
}
