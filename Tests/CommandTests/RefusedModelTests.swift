// `ecgclip monitor` with models that are damaged, of another version, incomplete or not there.

import Foundation
import TestSupport
import Testing

@Suite struct RefusedModelTests {
  static let tiny = TestData.repository + "/Tests/InferenceTests/Fixtures/tiny"

  /// What is wrong with a copy of a model.
  enum Damage: String, CaseIterable {
    case flippedBit, missingFile, missingFolder, noManifest, otherVersion

    /// What the sentence must name.
    var word: String {
      switch self {
      case .flippedBit: "model.safetensors"
      case .missingFile: "golden.safetensors"
      case .missingFolder, .noManifest: "SHA256SUMS"
      case .otherVersion: "format"
      }
    }

    func apply(to folder: String) throws {
      let main = folder + "/model.safetensors"
      var bytes = [UInt8](try Data(contentsOf: URL(filePath: main)))
      switch self {
      case .flippedBit:
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(filePath: main))
      case .missingFile:
        try FileManager.default.removeItem(atPath: folder + "/golden.safetensors")
      case .missingFolder: try FileManager.default.removeItem(atPath: folder)
      case .noManifest: try FileManager.default.removeItem(atPath: folder + "/SHA256SUMS")
      case .otherVersion:
        let old = Array("ecgclip-model/1".utf8)
        let range = try #require(bytes.firstRange(of: old))
        bytes.replaceSubrange(range, with: Array("ecgclip-model/9".utf8))
        try Data(bytes).write(to: URL(filePath: main))
        try renewManifest(folder)
      }
    }

    /// By sha256sum itself, which the manifest's form is that of.
    private func renewManifest(_ folder: String) throws {
      let process = Process()
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = ["-c", "cd '\(folder)' && sha256sum *.* > sums && mv sums SHA256SUMS"]
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
  }

  @Test(
    "a monitor watches the rhythm without its model, and says so in its lines, its log and on the screen",
    arguments: Damage.allCases)
  func watchesWithoutModel(damage: Damage) throws {
    let folder = try TemporaryFolder()
    let model = folder.path + "/model"
    try FileManager.default.copyItem(atPath: Self.tiny, toPath: model)
    try damage.apply(to: model)
    let state = folder.path + "/state"
    let arguments = [
      "monitor", "--source", "sim:asystole?onset=6", "--speed", "max", "--seconds", "16", "--model",
      model, "--state", state,
    ]
    let run = try Run(arguments: arguments + ["--json"])
    #expect(run.status == 0, "\(run.complaint)")
    let lines = run.lines
    #expect(lines.first?["model"] is NSNull)
    let problems = lines.filter { $0["type"] as? String == "problem" }
    let sentence = try #require(problems.first?["message"] as? String)
    #expect(sentence.contains(model) && sentence.contains(damage.word), "\(sentence)")
    let started = lines.filter {
      $0["type"] as? String == "alarm" && $0["phase"] as? String == "start"
    }
    let refusal = started.first { $0["condition"] as? String == "modelRefused" }
    #expect(refusal?["priority"] as? String == "medium")
    #expect(refusal?["message"] as? String == "Findings not available")
    #expect(started.contains { $0["condition"] as? String == "asystole" })
    #expect(!lines.contains { $0["type"] as? String == "finding" })
    #expect(lines.last?["windows"] as? Int == 0)
    let log = try Run("alarms", "--state", state, "--json").lines
    #expect(log.contains { $0["condition"] as? String == "modelRefused" })
    #expect(
      log.contains { $0["phase"] as? String == "problem" && $0["message"] as? String == sentence })
    // Whoever reads recordings asked for findings: there it is an error.
    let record = TestData.repository + "/Tests/RecordingsTests"
    let screening = try Run("screen", record, "--model", model)
    #expect(screening.status == 2 && screening.complaint.contains(damage.word))
  }

  @Test("a model that is not there is named with the folder it is not in")
  func unknownModel() throws {
    let record = TestData.repository + "/Tests/RecordingsTests"
    let run = try Run("screen", record, "--model", "no-such-model")
    #expect(run.status == 2)
    #expect(run.complaint.contains("'no-such-model' in /"))
    #expect(run.complaint.contains("/models: name one") && !run.complaint.contains("//"))
  }

  @Test("the screen and the plain lines say that there are no findings, and why")
  func plainly() throws {
    let nowhere = "/nowhere/model"
    let run = try Run(
      "monitor", "--source", "sim:nsr", "--speed", "max", "--seconds", "2", "--model", nowhere)
    #expect(run.output.contains("medium alarm start: Findings not available"))
    #expect(run.output.contains("Findings are not available") && run.output.contains(nowhere))
    let screen = try LivingProgram(onTerminal: [
      "monitor", "--source", "sim:nsr", "--model", nowhere,
    ])
    try screen.shows("Findings not available")
    screen.press("q")
  }
}
