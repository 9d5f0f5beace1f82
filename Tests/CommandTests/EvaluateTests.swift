// `ecgclip annotate` and `ecgclip evaluate beats|rhythm` as a user meets them.

import Foundation
import Recordings
import TestSupport
import Testing

@Suite(.serialized) struct EvaluateTests {
  /// Forty seconds of the simulated patient, recorded, as the record "patient" in a folder.
  private func recorded() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let run = try Run(
      "monitor", "--source", "sim:nsr?hr=72", "--speed", "max", "--seconds", "40", "--record",
      folder.path, "--json")
    #expect(run.status == 0, "\(run.complaint)")
    return folder
  }

  @Test("a recording is annotated, and what was annotated is a perfect score against itself")
  func annotateAndScore() throws {
    let folder = try recorded()
    let record = try #require(try Recordings.list(folder.path).first)
    let output = folder.path + "/out/deep"
    let run = try Run("annotate", record + ".hea", "--output", output, "--json")
    #expect(run.status == 0, "\(run.complaint)")
    let entry = try #require((try run.object()["records"] as? [[String: Any]])?.first)
    let file = try #require(entry["file"] as? String)
    let annotations = try AnnotationFile.read(file)
    let beats = annotations.count(where: \.isBeat)
    // 72 a minute, less the second and a half that the detector learns.
    #expect((44...48).contains(beats) && entry["beats"] as? Int == beats)
    #expect(annotations.first?.auxiliary == "(N")
    #expect(try FileManager.default.contentsOfDirectory(atPath: output).count == 1)

    try AnnotationFile.write(annotations, to: record + ".atr")
    let scored = try Run("evaluate", "beats", folder.path, "--json")
    #expect(scored.status == 0, "\(scored.complaint)")
    let object = try scored.object()
    #expect(object["unit"] as? String == "percent")
    let gross = try #require(object["gross"] as? [String: Any])
    #expect(gross["qrsSensitivity"] as? Double == 100)
    #expect(gross["qrsPositivePredictivity"] as? Double == 100)
    #expect(gross["truePositives"] as? Int == beats)
    #expect(gross["vebSensitivity"] is NSNull)
    let first = try #require((object["records"] as? [[String: Any]])?.first)
    for key in [
      "record", "paced", "learningSeconds", "qrsSensitivity", "qrsPositivePredictivity",
      "vebSensitivity", "vebPositivePredictivity", "svebSensitivity", "svebPositivePredictivity",
      "rrErrorMilliseconds", "shutdownSeconds", "confusion", "missedSeconds",
    ] { #expect(first[key] != nil, "a record lacks \(key)") }
    for key in ["average", "grossWithoutPaced", "averageWithoutPaced"] {
      #expect((object[key] as? [String: Any])?["qrsSensitivity"] as? Double == 100)
    }
  }

  @Test("files of another annotator are scored instead, from their own folder")
  func otherAnnotator() throws {
    let folder = try recorded()
    let record = try #require(try Recordings.list(folder.path).first)
    let name = try #require(record.split(separator: "/").last)
    let other = try TemporaryFolder()
    func beats(_ samples: [Int]) -> [Annotation] {
      samples.compactMap { Annotation(sample: $0, symbol: "N") }
    }
    try AnnotationFile.write(beats([1000, 2000, 3000, 4000]), to: record + ".atr")
    try AnnotationFile.write(beats([1010, 2500, 3000, 4060]), to: "\(other.path)/\(name).theirs")
    let run = try Run(
      "evaluate", "beats", folder.path, "--test-annotator", "theirs", "--test-folder", other.path,
      "--json")
    let gross = try #require(try run.object()["gross"] as? [String: Any])
    // At 500 a second the window is 75 samples.
    #expect(gross["truePositives"] as? Int == 3 && gross["falsePositives"] as? Int == 1)
    #expect(gross["qrsSensitivity"] as? Double == 75)
    let table = try Run("evaluate", "beats", folder.path)
    #expect(table.status == 0 && table.output.contains("\ngross "))
    let missing = try Run("evaluate", "beats", folder.path, "--test-annotator", "nobody")
    #expect(missing.refused("nobody"))
  }

  @Test("rhythm: a marked fibrillation that nobody told is missed, in episodes and seconds")
  func rhythm() throws {
    let folder = try recorded()
    let record = try #require(try Recordings.list(folder.path).first)
    let marks = [(0, "(N"), (5000, "(AFIB"), (10_000, "(N")].compactMap {
      Annotation(sample: $0.0, symbol: "+", auxiliary: $0.1)
    }
    try AnnotationFile.write(marks, to: record + ".atr")
    let run = try Run("evaluate", "rhythm", folder.path, "--json")
    #expect(run.status == 0, "\(run.complaint)")
    let gross = try #require(try run.object()["gross"] as? [String: Any])
    #expect(gross["afEpisodeSensitivity"] as? Double == 0)
    #expect(gross["afDurationPositivePredictivity"] is NSNull)
    let counts = try #require(gross["atrialFibrillation"] as? [String: Any])
    #expect(counts["referenceEpisodes"] as? Int == 1 && counts["referenceSeconds"] as? Double == 10)
    #expect(try Run("evaluate", "rhythm", folder.path).output.contains("\ngross "))
  }

  @Test("nothing to score or to annotate is status 2 with the reason; wrong usage is 64")
  func refusals() throws {
    let empty = try TemporaryFolder()
    #expect(try Run("evaluate", "beats", empty.path).refused(empty.path, "holds no recordings"))
    #expect(try Run("evaluate", "rhythm", "/nowhere/x").refused("/nowhere/x"))
    #expect(try Run("annotate", empty.path, "--output", empty.path).refused("no recordings"))
    #expect(try Run("annotate", "/nowhere/x", "--output", empty.path).refused("/nowhere/x"))
    #expect(try Run("annotate", "--output", empty.path).status == 64)
    #expect(try Run("annotate", "x").status == 64)
    #expect(try Run("evaluate", "beats").status == 64)
    #expect(try Run("evaluate", "beats", "x", "--test-folder", "y").status == 64)
    #expect(try Run("evaluate", "beats", "x", "--learning-seconds", "-1").status == 64)
  }

  @Test("of several recordings one that cannot be read is told, and the status is 1")
  func oneOfSeveral() throws {
    let folder = try recorded()
    let record = try #require(try Recordings.list(folder.path).first)
    let run = try Run(
      "annotate", record, "/nowhere/x", "--output", folder.path + "/out", "--json")
    #expect(run.status == 1 && run.complaint.contains("/nowhere/x"))
    let records = try #require(try run.object()["records"] as? [[String: Any]])
    #expect(records.map { $0["error"] is String } == [false, true])
    // A file where the output folder should be.
    #expect(
      try Run("annotate", record, "--output", record + ".hea/out").refused("cannot be made"))
  }

  @Test(
    "python-wfdb reads what annotate wrote", .enabled(if: TestData.isPresent && Python.readsWFDB))
  func readByWFDB() throws {
    let folder = try TemporaryFolder()
    let run = try Run("annotate", TestData.path("mitdb/104"), "--output", folder.path)
    #expect(run.status == 0, "\(run.complaint)")
    let ours = try AnnotationFile.read(folder.path + "/104.qrs")
    let theirs = try Python.peer("read_annotations.py", folder.path + "/104", "qrs")
    #expect(theirs["sample"].list.map(\.integer) == ours.map { $0.sample })
    #expect(theirs["symbol"].list.map(\.text) == ours.map { $0.symbol })
    #expect(theirs["subtype"].list.map(\.integer) == ours.map { Int($0.subtype) })
    #expect(theirs["auxiliary"].list.map(\.text) == ours.map { $0.auxiliary })
    // Muscle noise takes both leads away for moments.
    #expect(ours.contains { $0.symbol == "~" } && ours.count(where: \.isBeat) > 2000)
  }
}
