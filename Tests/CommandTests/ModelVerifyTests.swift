// `ecgclip model verify`, and what the commands make of a model that has float weights alone.

import Foundation
import TestSupport
import Testing

private let floatFolder = TestData.repository + "/Tests/InferenceTests/Fixtures/float-valid"
private let record = TestData.path("ptbxl/native/00001_hr")

@Suite(.serialized) struct ModelVerifyTests {
  @Test("without a record verify says what was checked and what was not")
  func withoutRecord() throws {
    let run = try Run("model", "verify")
    #expect(run.status == 0)
    for words in ["SHA256SUMS", "9 cases bit-equal", "not compared"] {
      #expect(run.output.contains(words))
    }
    #expect(try Run("model", "verify", floatFolder).output.contains("float weights have none"))
  }

  @Test("integers are compared with floats on a record", .enabled(if: TestData.isPresent))
  func withRecord() throws {
    let run = try Run("model", "verify", "--json", "--record", record)
    #expect(run.status == 0)
    let object = try run.object()
    let error = try #require(object["logitRootMeanSquareError"] as? Double)
    let cosine = try #require(object["embeddingCosineMinimum"] as? Double)
    #expect(error > 0.01 && error < 0.1 && cosine > 0.999 && cosine < 1)
    #expect(object["windows"] as? Int == 1 && object["isWithinGate"] as? Bool == true)
  }

  @Test("integers that are far from their floats are status 1", .enabled(if: TestData.isPresent))
  func beyondTheLimits() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let source = TestData.repository + "/models/ecgclip-r18"
    for name in try FileManager.default.contentsOfDirectory(atPath: source) {
      try FileManager.default.copyItem(atPath: source + "/" + name, toPath: folder + "/" + name)
    }
    // Another exponent in half of the last tensor's floats, and a manifest to match.
    let path = folder + "/float.safetensors"
    var bytes = try #require(FileManager.default.contents(atPath: path))
    for index in stride(from: bytes.count - 2685, to: bytes.count, by: 4) { bytes[index] ^= 2 }
    try bytes.write(to: URL(filePath: path))
    let sums = Process()
    sums.executableURL = URL(filePath: "/bin/sh")
    sums.arguments = ["-c", "cd '\(folder)' && sha256sum [!S]* >SHA256SUMS"]
    try sums.run()
    sums.waitUntilExit()
    let run = try Run("model", "verify", folder, "--record", record)
    #expect(run.status == 1 && run.output.contains("BEYOND"), "\(run.output)\(run.complaint)")
  }

  @Test("what cannot be compared is one sentence and status 2")
  func refusals() throws {
    #expect(try Run("model", "verify", "--record", "/nowhere/x").refused("/nowhere/x"))
    #expect(
      try Run("model", "verify", floatFolder, "--record", "/nowhere/x")
        .refused("float weights alone"))
  }

  @Test(
    "a model of floats alone screens, is not timed, and monitors without its findings",
    .enabled(if: TestData.isPresent))
  func floatsAlone() throws {
    let run = try Run("screen", "--model", floatFolder, "--json", "--embedding", record)
    #expect(run.status == 0)
    let object = try run.object()
    #expect((object["embedding"] as? [Double])?.count == 20)
    let findings = try #require(object["findings"] as? [[String: Any]])
    #expect(findings.count == 3 && findings.contains { $0["probability"] is Double })
    let info = try Run("model", "info", floatFolder, "--json")
    #expect(try info.object()["arithmetic"] as? String == "float")
    #expect(try Run("bench", "--model", floatFolder, "--json").refused("float weights alone"))
    let monitor = try Run(
      "monitor", "--model", floatFolder, "--speed", "max", "--seconds", "2", "--json")
    #expect(monitor.status == 0 && monitor.output.contains("float weights alone"))
  }
}
