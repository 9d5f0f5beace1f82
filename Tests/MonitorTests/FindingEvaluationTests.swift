// Labelled records: what is refused, and that the device computes the scores that training stated.

import Foundation
import Inference
import TestSupport
import Testing

@testable import Monitor

private func table(_ lines: String...) throws -> [LabelledRecord] {
  try LabelledRecord.parse(
    (["record,patient,codes"] + lines).joined(separator: "\n"), path: "labels.csv")
}

@Test("a table of labels is read")
func labelTable() throws {
  let records = try table("a/1,p7,NORM;SR", "a/2,p8,", "b 3,p8, AFIB ; PVC ")
  #expect(records.map(\.name) == ["a/1", "a/2", "b 3"])
  #expect(records.map(\.codes) == [["NORM", "SR"], [], ["AFIB", "PVC"]])
  #expect(records[1].patient == "p8")
}

@Test(
  "what cannot be scored is refused by name",
  arguments: [
    (["a,p,AFFIB"], "record a: unknown code AFFIB"),
    (["a,p,SR", "a,q,SR"], "record a is listed twice"),
    (["a,SR"], "has 2 fields"), ([], "no record is listed"),
  ] as [([String], String)])
func refusedTables(lines: [String], message: String) {
  let error = #expect(throws: EvaluationError.self) {
    _ = try LabelledRecord.parse(
      (["record,patient,codes"] + lines).joined(separator: "\n"), path: "labels.csv")
  }
  #expect(error?.description.contains(message) == true)
}

@Test("a table without its header is refused")
func headerless() {
  #expect(throws: EvaluationError.self) {
    _ = try LabelledRecord.parse("a,p,SR", path: "labels.csv")
  }
}

private func shipped() throws -> Model {
  let models = TestData.repository + "/models"
  let name = try #require(
    try FileManager.default.contentsOfDirectory(atPath: models).first { $0.hasPrefix("ecgclip-") })
  return try Model(folder: "\(models)/\(name)")
}

@Test(
  "records that are missing or without twelve leads are refused by name",
  .enabled(if: TestData.isPresent),
  arguments: [("101", "lead I is missing"), ("nowhere", "cannot be opened")])
func refusedRecords(name: String, reason: String) throws {
  let error = #expect(throws: EvaluationError.self) {
    _ = try FindingEvaluation(
      model: try shipped(), folder: TestData.path("mitdb"), labels: try table("\(name),p,SR"))
  }
  #expect(error?.description.contains("record \(name): ") == true)
  #expect(error?.description.contains(reason) == true)
}

@Test(
  "native PTB-XL records are scored, and what the model does not state is counted",
  .enabled(if: TestData.isPresent))
func nativeRecords() throws {
  let model = try shipped()
  let folder = TestData.path("ptbxl/native")
  let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    .filter { $0.hasSuffix("_hr.hea") }.map { String($0.dropLast(4)) }.sorted()
  let labels = names.enumerated().map { index, name in
    LabelledRecord(name: name, patient: name, codes: index % 2 == 0 ? ["SR"] : ["AFIB", "TRIGU"])
  }
  let evaluation = try FindingEvaluation(model: model, folder: folder, labels: labels)
  #expect(evaluation.records == names.count)
  #expect(evaluation.statements.count == model.statements.count)
  #expect(evaluation.statements["SR"]?.positives == (names.count + 1) / 2)
  #expect(evaluation.notScored == ["TRIGU": names.count / 2])
}
