// `ecgclip screen`: one or many recordings in, findings out, offline.

import ArgumentParser
import ECGSignal
import Foundation
import Inference
import Monitor
import Pipeline
import Recordings

struct ScreenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "screen",
    abstract: "Read recordings and say what the model finds in them.",
    discussion: """
      RECORD is a WFDB record (with or without .hea), an EDF file, or a folder: then every record \
      below it. Examples:

        ecgclip screen ptbxl/native/00001_hr
        ecgclip screen --jsonl recordings/ > findings.jsonl

      A record longer than ten seconds is read in windows of 9.87 s, one every ten seconds, and the \
      probabilities are averaged. Statements that need leads which the record has not are not \
      assessed, instead of guessed. docs/json.md describes the output.
      """)

  @Argument(help: "Records, EDF files or folders.")
  var records: [String]

  @Flag(help: "Print JSON: an object for one record, an array for several.")
  var json = false

  @Flag(help: "Print JSON, an object a line, as each record is done.")
  var jsonl = false

  @Flag(help: "Add the encoder's embedding.")
  var embedding = false

  @Option(help: "Model: a name in models or a path.")
  var model: String?

  @Option(help: MainsChoice.help)
  var mains: MainsChoice = .auto

  func validate() throws {
    if records.isEmpty { throw ValidationError("Name at least one record or folder.") }
    if json && jsonl { throw ValidationError("--json and --jsonl exclude each other.") }
  }

  func run() throws {
    let loaded = try Model(folder: Installation.modelFolder(model), arithmetic: nil)
    var configuration = PipelineConfiguration(windowStepSeconds: 10)
    configuration.filters.mains = mains.setting
    let screening = Screening(model: loaded, configuration: configuration)
    // Of several a wrong path is one failure among them; alone it is the end.
    let paths = try records.flatMap { path in
      try records.count == 1 ? Recordings.list(path) : (try? Recordings.list(path)) ?? [path]
    }
    var objects: [ScreeningObject] = []
    var failureCount = 0
    for path in paths {
      do {
        let result = try screening.screen(path)
        if json || jsonl {
          let object = ScreeningObject(
            record: path, result: result, model: loaded, includesEmbedding: embedding)
          if jsonl { try JSONOutput.printLine(object) } else { objects.append(object) }
        } else {
          ScreeningText.print(path: path, result: result, model: loaded)
        }
      } catch {
        if paths.count == 1 { throw CommandFailure("\(error)") }
        failureCount += 1
        let object = ScreeningObject(record: path, error: "\(error)")
        if jsonl { try JSONOutput.printLine(object) } else { objects.append(object) }
        if !json && !jsonl { JSONOutput.complain("\(error)") }
      }
    }
    if json {
      if paths.count == 1 {
        try JSONOutput.print(objects[0])
      } else {
        try JSONOutput.print(objects)
      }
    }
    if failureCount > 0 { throw ExitCode(1) }
  }
}
