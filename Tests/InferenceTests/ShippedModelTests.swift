// The models of this repository, on this machine: what the tests of the tiny model say, said of the
// nets that are really run.

import ECGSignal
import Foundation
import Testing
import TestSupport

@testable import Inference

enum ShippedModels {
  /// The folders below `models/` that hold a model.
  static let folders: [String] = {
    let models = TestData.repository + "/models"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: models)) ?? []
    return names.sorted().map { models + "/" + $0 }.filter {
      FileManager.default.fileExists(atPath: $0 + "/model.safetensors")
    }
  }()
}

@Test("every shipped model gives its golden vectors bit for bit", arguments: ShippedModels.folders)
func shippedModelLoads(folder: String) throws {
  let model = try Model(folder: folder, completely: true)
  #expect(model.goldenCaseCount >= 1)
  #expect(folder.hasSuffix("/" + model.name))
  #expect(model.statements.contains { $0.code == "AFIB" })
  #expect(model.graph.windowSamples <= 1000, "a window must fit 10 s")
  #expect(!model.metrics.isEmpty)
}

@Test(
  "a shipped model's frames depend on their own samples alone", arguments: ShippedModels.folders)
func shippedModelFrames(folder: String) throws {
  let model = try Model(folder: folder)
  let graph = model.graph
  let sampleCount = graph.windowSamples + 3 * graph.frameStride
  var generator = SeededRandom(seed: 5)
  let input = (0..<sampleCount * 12).map { _ in Int8.random(in: -90...90, using: &generator) }
  let whole = Encoder(model: model, sampleCountMax: sampleCount)
  let part = Encoder(model: model)
  var embedding = [Int32](repeating: 0, count: graph.embeddingWidth)
  let frames = whole.encode(input, sampleCount: sampleCount, into: &embedding)
  #expect(frames == graph.windowFrames + 3)
  let codes = Array(UnsafeBufferPointer(start: whole.frames, count: frames * graph.frameChannels))
  #expect(Set(codes).count > 8, "the frames must differ for this to say anything")
  for offset in [1, 3] {
    let window = Array(input[(offset * graph.frameStride * 12)...])
    _ = part.encode(window, sampleCount: graph.windowSamples, into: &embedding)
    let count = graph.windowFrames * graph.frameChannels
    let shifted = UnsafeBufferPointer(start: part.frames, count: count)
    #expect(shifted.elementsEqual(codes[(offset * graph.frameChannels)...].prefix(count)))
  }
}

@Test(
  "one flipped bit in any file of a shipped model is refused, and the file is named",
  arguments: ShippedModels.folders)
func shippedModelDamage(folder: String) throws {
  let copy = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.copyItem(at: URL(filePath: folder), to: copy)
  defer { try? FileManager.default.removeItem(at: copy) }
  for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
    let file = copy.appending(path: name)
    let sound = try Data(contentsOf: file)
    var damaged = sound
    damaged[damaged.count * 2 / 3] ^= 1
    try damaged.write(to: file)
    let error = #expect(throws: ModelError.self) {
      try Model(folder: copy.path(), completely: true)
    }
    if name != "SHA256SUMS" { #expect(error?.description.contains("/\(name) ") == true) }
    try sound.write(to: file)
  }
  #expect(throws: Never.self) { try Model(folder: copy.path(), completely: true) }
}
