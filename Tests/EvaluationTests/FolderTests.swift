// Which records are scored, what they are called, and where their annotations go.

import Recordings
import TestSupport
import Testing

@testable import Evaluation

private func folder(_ records: [String], annotated: [String] = []) throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  for record in records {
    try folder.makeFolder(of: record)
    try folder.write(record + ".hea", "x 1 360 10\nx.dat 16 200 12 0 0 0 0 II\n")
    try folder.write(
      record.split(separator: "/").dropLast().map { $0 + "/" }.joined() + "x.dat",
      [UInt8](repeating: 1, count: 20))
  }
  for record in annotated {
    try AnnotationFile.write(beats([5]), to: "\(folder.path)/\(record).atr")
  }
  return folder
}

@Suite struct FolderTests {
  @Test("records with annotations are found at any depth, by their path below the folder")
  func list() throws {
    let folder = try folder(["100", "a/101", "102"], annotated: ["100", "a/101"])
    let records = try AnnotatedRecord.list(folder.path, annotator: "atr")
    #expect(records.map(\.name) == ["100", "a/101"])
    #expect(
      try AnnotatedRecord.list(folder.path + "/100.hea", annotator: "atr").map(\.name) == ["100"])
  }

  @Test("a folder without annotations is refused with what it holds")
  func nothing() throws {
    let folder = try folder(["100", "101"], annotated: ["100"])
    for (path, annotator, words) in [
      (folder.path, "qrs", "2 recording(s)"), (folder.path + "/101", "atr", "1 recording(s)"),
      (folder.path + "/nowhere", "atr", "no such recording"),
    ] {
      do {
        _ = try AnnotatedRecord.list(path, annotator: annotator)
        Issue.record("\(path) was listed")
      } catch { #expect(error.description.contains(words)) }
    }
  }

  @Test("a missing or damaged file of one record fails that record alone")
  func failures() throws {
    let folder = try folder(["100", "101"], annotated: ["100", "101"])
    try AnnotationFile.write(beats([5]), to: folder.path + "/100.qrs")
    let records = try AnnotatedRecord.list(folder.path, annotator: "atr")
    let test = TestAnnotator.files(extension: "qrs", folder: nil)
    let scored = BeatEvaluation(records: records, test: test)
    #expect(scored.records.map(\.name) == ["100"] && scored.failures.map(\.name) == ["101"])
    #expect(scored.records[0].learningSeconds == 0)
    #expect(scored.gross.qrsSensitivity == 100)
    #expect(RhythmEvaluation(records: records, test: test).failures.map(\.name) == ["101"])
  }

  @Test("annotation files keep the paths below a folder, and single records their names")
  func plan() throws {
    let folder = try folder(["100", "a/101", "b/101"])
    let path = folder.path
    func names(_ inputs: [String]) throws -> [String] {
      try AnnotationPlan.plan(inputs).map(\.name)
    }
    #expect(try names([path]) == ["100", "a/101", "b/101"])
    #expect(try names([path + "/100.hea"]) == ["100"])
    #expect(try names([path + "/a/101", path + "/100"]) == ["101", "100"])
    // Two of one name are told apart; one that is named twice is done once.
    #expect(try names([path + "/a/101", path + "/b/101.hea"]) == ["a/101", "b/101"])
    #expect(try names([path + "/100", path + "/./100.hea"]) == ["100"])
    // Of several one that is not there fails by itself later.
    #expect(try names([path + "/100", path + "/nowhere"]) == ["100", "nowhere"])
    #expect(throws: RecordingError.self) { try names([path + "/nowhere"]) }
    let empty = try TemporaryFolder()
    #expect(throws: RecordingError.self) { try names([empty.path]) }
  }

  @Test("five minutes to learn, nothing in a record of less than ten, or what was chosen")
  func learning() {
    #expect(LearningPeriod.seconds(durationSeconds: 1805, chosen: nil) == 300)
    #expect(LearningPeriod.seconds(durationSeconds: 599, chosen: nil) == 0)
    #expect(LearningPeriod.seconds(durationSeconds: 599, chosen: 300) == 300)
    #expect(LearningPeriod.seconds(durationSeconds: 1805, chosen: 0) == 0)
  }
}
