// The float network against evaluations that share nothing with it: 64-bit numpy on small networks of every
// shape, layer by layer, and onnxruntime on the shipped one. Then the shipped integers against it.

import ECGSignal
import Foundation
import Testing
import TestSupport

@testable import Inference

private let fixtures = TestData.repository + "/Tests/InferenceTests/Fixtures"
private let shippedFolder = TestData.repository + "/models/ecgclip-r18"

private func tensors(_ path: String) throws -> SafeTensors {
  try SafeTensors([UInt8](Data(contentsOf: URL(filePath: path))), name: path)
}

/// A tensor's values, whatever its shape.
private func values<Element: SafeTensorElement>(
  _ file: SafeTensors, _ name: String, as type: Element.Type = Element.self
) throws -> [Element] {
  try file.values(name, shape: #require(file.tensors[name]?.shape, "\(name)"))
}

private func distance(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}

/// Features and logits of a window.
private func evaluate(
  _ model: Model, _ codes: [Int8], leads: LeadSet
) throws -> (features: [Double], logits: [Double]) {
  let encoder = try FloatEncoder(model: model)
  var features = [Double](repeating: 0, count: encoder.featureCount)
  #expect(
    encoder.encode(codes, sampleCount: codes.count / 12, into: &features)
      == model.graph.windowFrames)
  var logits = [Double](repeating: 0, count: model.statements.count)
  StatementHead(model: model).evaluate(features: features, leads: leads, into: &logits)
  return (features, logits)
}

// Values are below 12, so one rounding is at most 2^-21 = 5e-7, and a sum of up to 84 products rounds about as
// often: those errors are random and mostly cancel, but would pass 2e-5 if they all had one sign. Errors of a
// crop, a tap or a channel are of the size of the values.
@Test(
  "every layer, the features and the logits are those of 64-bit numpy",
  arguments: ["float-valid", "float-padded"])
func smallNetworks(name: String) throws {
  let model = try Model(folder: fixtures + "/" + name, arithmetic: nil, completely: true)
  #expect(model.arithmetic == .float && model.goldenCaseCount == 0)
  let expected = try tensors(fixtures + "/\(name)/expected.safetensors")
  let codes: [Int8] = try values(expected, "input")
  let outputs = try FloatEncoder(model: model).outputs(
    codes, sampleCount: model.graph.windowSamples)
  for (layer, output) in zip(model.graph.layers, outputs) {
    let wanted: [Double] = try values(expected, "layer." + layer.name)
    #expect(distance(output.values.map(Double.init), wanted) < 2e-5, "\(layer.name)")
  }
  let leads = LeadSet(Lead.allCases.filter { $0.rawValue % 3 != 2 }.map { LeadSet($0) })
  let found = try evaluate(model, codes, leads: leads)
  #expect(try distance(found.features, values(expected, "features")) < 2e-5)
  #expect(try distance(found.logits, values(expected, "logits")) < 1e-4)
}

// Both sides are in 32-bit floats and add in another order: each keeps some six digits of values up to 9 in
// the frames, and a logit is a sum of 480 products of magnitudes up to 30.
@Test("the shipped float network gives onnxruntime's embeddings and logits of model.onnx")
func shippedNetwork() throws {
  let expected = try tensors(fixtures + "/onnx-r18.safetensors")
  let network = [UInt8](try Data(contentsOf: URL(filePath: shippedFolder + "/model.onnx")))
  #expect(
    expected.metadata["model.onnx"] == ModelFolder.sha256(network),
    "the model is another one: run Fixtures/make_float_reference.py again")
  let model = try Model(folder: shippedFolder, arithmetic: .float, completely: true)
  let golden = try tensors(shippedFolder + "/golden.safetensors")
  for index in 0..<9 {
    let name = "case\(index)"
    let mask: [UInt8] = try values(golden, name + ".mask")
    let leads = LeadSet(
      Lead.allCases.filter { mask[Int($0.rawValue)] != 0 }.map { LeadSet($0) })
    let found = try evaluate(model, values(golden, name + ".input"), leads: leads)
    let embedding: [Float] = try values(expected, name + ".embedding")
    let logits: [Float] = try values(expected, name + ".logits")
    #expect(distance(found.features, embedding.map(Double.init)) < 5e-5, "\(name)")
    #expect(distance(found.logits, logits.map(Double.init)) < 5e-4, "\(name)")
  }
}

@Test("integers are asked for by default, and a folder that has none says what it is for")
func arithmeticOfFolders() throws {
  #expect(try Model(folder: shippedFolder, arithmetic: nil).arithmetic == .int8)
  #expect(try Model(folder: shippedFolder, arithmetic: .float).sha256.count == 64)
  let error = #expect(throws: ModelError.self) { try Model(folder: fixtures + "/float-valid") }
  #expect(error?.description.contains("float weights alone") == true)
}

@Test("a float file with a number that is not finite, or of the other format, is refused")
func damagedFloats() throws {
  var fixture = try ModelFixture(folder: fixtures + "/float-valid")
  try fixture.changeTensor("stem.weight", in: "float.safetensors") { bytes in
    bytes.replaceSubrange(bytes.startIndex..<bytes.startIndex + 4, with: [0, 0, 0xC0, 0x7F])
  }
  let error = #expect(throws: ModelError.self) { try fixture.load(arithmetic: .float) }
  #expect(error?.description.contains("layer stem has a number that is not finite") == true)
  fixture = try ModelFixture(folder: fixtures + "/float-valid")
  try fixture.replace("ecgclip-float/1", by: "ecgclip-model/1", in: "float.safetensors")
  #expect(throws: ModelError.self) { try fixture.load(arithmetic: .float) }
}
