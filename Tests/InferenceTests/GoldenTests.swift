// The int8 arithmetic against numpy: what the committed generator computed in 64-bit integers must come
// out bit for bit, and a golden vector that differs must be noticed.

import ECGSignal
import Foundation
import TestSupport
import Testing

@testable import Inference

@Test("the tiny model gives its golden vectors bit for bit")
func tinyModelLoads() throws {
  let model = try Model(folder: ModelFixture.tinyFolder, completely: true)
  #expect(model.goldenCaseCount == 4)
  #expect(model.name == "tiny")
  #expect(model.statements.map(\.code) == ["NORM", "AFIB", "STE_"])
  #expect(model.statements[1].leadSets == LeadSet.limb.leads.map { LeadSet($0) })
  #expect(model.statements[2].threshold == 0.125)
  #expect(model.graph.windowSamples == 69)
  #expect(model.metrics.contains(Model.Metric(name: "testSet.records", value: 0)))
  // 33*8*60 + 31*8*24 + 29*8*24 + 14*10*24 + 14*10*8 + 12*10*30
  #expect(model.multiplyAccumulates == 35_440)
}

@Test(
  "a golden vector that differs by one bit is refused by the name of what differs",
  arguments: [
    ("case0.layer1.0.conv2", "layer layer1.0.conv2 of case 0"),
    ("case0.layer2.0.shortcut", "layer layer2.0.shortcut of case 0"),
    ("case2.embedding", "the embedding of case2"),
    ("case3.logits", "the logits of case3"),
    ("case1.input", "the embedding of case1"),
    ("case3.mask", "the logits of case3"),
  ])
func goldenMismatch(tensor: String, message: String) throws {
  var fixture = try ModelFixture()
  try fixture.changeTensor(tensor, in: "golden.safetensors") { bytes in
    bytes[bytes.startIndex + bytes.count / 2] ^= 1
  }
  let error = #expect(throws: ModelError.self) { try fixture.load() }
  #expect(error?.description.contains(message) == true, "\(String(describing: error))")
}

@Test("weights that differ by two are noticed by the golden vectors, by their layer")
func goldenNoticesWeights() throws {
  for layer in ["stem", "layer1.0.conv1", "layer2.0.shortcut", "layer2.0.conv2"] {
    var fixture = try ModelFixture()
    try fixture.changeTensor(layer + ".weight") { bytes in
      for index in bytes.indices { bytes[index] ^= 2 }
    }
    let error = #expect(throws: ModelError.self) { try fixture.load() }
    #expect(error?.description.contains("layer \(layer)") == true)
  }
}

@Test(
  "every kind of layer gives its golden vectors in every instruction set",
  arguments: KernelSet.available,
  [ModelFixture.tinyFolder, TestData.repository + "/models/ecgclip-r18"])
func goldenLayers(set: KernelSet, folder: String) throws {
  let model = try Model(folder: folder)
  let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder + "/golden.safetensors")))
  let vectors = try GoldenVectors(
    bytes, name: folder, graph: model.graph, statementCount: model.statements.count)
  try vectors.check(model, kernels: set)
  // A stream of the same samples in steps that divide nothing, in the same instruction set.
  let codes: [Int8] = try SafeTensors(bytes, name: folder).values(
    "case0.input", shape: [model.graph.windowSamples, 12])
  let whole = Encoder(model: model, kernels: try KernelSet.named("c"))
  let stream = StreamingEncoder(model: model, kernels: set)
  #expect(stream.kernelName == set.name)
  for (sample, start) in stride(from: 0, to: codes.count, by: 12).enumerated() {
    stream.append { row in
      for lead in 0..<12 { row[lead] = codes[start + lead] }
    }
    if sample % 37 == 0 { stream.advance() }
  }
  stream.advance()
  var sums = [Int32](repeating: 0, count: stream.embeddingWidth)
  var expected = sums
  let frames = whole.encode(codes, sampleCount: model.graph.windowSamples, into: &expected)
  stream.sum(frames: frames, into: &sums)
  #expect(frames == stream.frameCount && sums == expected)
}
