// `ecgclip annotate`: what the signal chain says of recordings, as annotation files that the field's tools read.

import ArgumentParser
import Evaluation
import Foundation
import Recordings

struct AnnotateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "annotate",
    abstract: "Write beats and rhythms of recordings as MIT annotation files.",
    discussion: """
      RECORD is a WFDB record (with or without .hea), an EDF file, or a folder: then every record \
      below it. The folder gets NAME.qrs for each, below a folder at the same place; WFDB's bxb and \
      epicmp, wfdb-python and `ecgclip evaluate beats --test-annotator qrs` read it. Example:

        ecgclip annotate mitdb --output annotations
        bxb -r 100 -a atr qrs

      Beats are N, S, V, / (paced) and Q (unclassifiable); rhythms (N, (AFIB, (VT, (B, (T and \
      (SVTA; [ and ] hold ventricular fibrillation; ~ tells of noise, with subtype -1 that nothing \
      was analysed. docs/evaluation.md has the details.
      """)

  @Argument(help: "Records, EDF files or folders.")
  var records: [String]

  @Option(help: "Folder for the annotation files; made where it is missing.")
  var output: String

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if records.isEmpty { throw ValidationError("Name at least one record or folder.") }
  }

  func run() throws {
    let plans = try AnnotationPlan.plan(records)
    var results: [AnnotationResult] = []
    for plan in plans {
      let file = "\(output)/\(plan.name).qrs"
      do {
        let detections = try Detections(path: plan.record)
        try Self.makeFolder(of: file)
        try AnnotationFile.write(detections.annotations, to: file)
        results.append(AnnotationResult(plan, file, detections))
        if !json { print("\(file): \(detections.beats.count) beats") }
      } catch {
        if plans.count == 1 { throw CommandFailure("\(error)") }
        results.append(AnnotationResult(plan, error: "\(error)"))
        JSONOutput.complain("\(error)")
      }
    }
    if json { try JSONOutput.print(AnnotationObject(output: output, records: results)) }
    if results.contains(where: { $0.error != nil }) { throw ExitCode(1) }
  }

  private static func makeFolder(of file: String) throws {
    let folder = URL(filePath: file).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      let path = folder.path(percentEncoded: false)
      throw CommandFailure(
        "\(path): cannot be made a folder; choose a place that is writable and no file")
    }
  }
}

private struct AnnotationObject: Encodable {
  let output: String
  let records: [AnnotationResult]
}

private struct AnnotationResult: Encodable {
  let record: String
  var file: String?
  var sampleRate: Double?
  var durationSeconds: Double?
  var beats: Int?
  var error: String?

  init(_ plan: AnnotationPlan, _ file: String, _ detections: Detections) {
    record = plan.record
    self.file = file
    sampleRate = detections.sampleRate
    durationSeconds = Double(detections.sampleCount) / detections.sampleRate
    beats = detections.beats.count
  }

  init(_ plan: AnnotationPlan, error: String) {
    record = plan.record
    self.error = error
  }
}
