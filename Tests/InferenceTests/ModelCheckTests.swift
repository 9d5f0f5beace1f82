// A model is checked before it is used: damage is found by the manifest, nonsense by shapes and ranges,
// and the message names the file or the layer.

import ECGSignal
import Foundation
import Testing

@testable import Inference

@Test("one flipped bit in any file is refused, and the file is named")
func flippedBitInFiles() throws {
  let fixture = try ModelFixture()
  for (name, bytes) in fixture.files where name != "SHA256SUMS" {
    for index in [0, bytes.count / 3, bytes.count - 1] {
      var damaged = fixture
      damaged.files[name]?[index] ^= 0x10
      let error = #expect(throws: ModelError.self) { try damaged.load() }
      #expect(error?.description.contains("/" + name + " ") == true, "\(name)")
    }
  }
}

@Test("a start checks the files that it uses, and leaves the others to model info")
func filesInUse() throws {
  var fixture = try ModelFixture()
  fixture.files["card.md"] = nil
  #expect(throws: Never.self) { try fixture.load(completely: false) }
  for name in ["model.safetensors", "golden.safetensors"] {
    var damaged = fixture
    let last = (damaged.files[name] ?? []).count - 1
    damaged.files[name]?[last] ^= 1
    #expect(throws: ModelError.self) { try damaged.load(completely: false) }
  }
}

@Test("no bit of the manifest can flip unnoticed")
func flippedBitInManifest() throws {
  let fixture = try ModelFixture()
  for index in (fixture.files["SHA256SUMS"] ?? []).indices {
    var damaged = fixture
    damaged.files["SHA256SUMS"]?[index] ^= 1 << UInt8(index % 8)
    #expect(throws: ModelError.self, "byte \(index)") { try damaged.load() }
  }
}

@Test("a file that is listed and not there, and one that must be listed and is not, are refused")
func missingFiles() throws {
  var fixture = try ModelFixture()
  fixture.files["card.md"] = nil
  #expect(throws: ModelError.self) { try fixture.load() }
  fixture.renewManifest()
  #expect(throws: Never.self) { try fixture.load() }
  fixture.files["golden.safetensors"] = nil
  fixture.renewManifest()
  let error = #expect(throws: ModelError.self) { try fixture.load() }
  #expect(error?.description.contains("golden.safetensors") == true)
  #expect(throws: ModelError.self) { try Model(folder: "/nowhere") }
}

@Test(
  "manifests that sha256sum does not write are refused",
  arguments: ["../model.safetensors", "/etc/passwd", "..", ""])
func strangeManifest(name: String) throws {
  var fixture = try ModelFixture()
  fixture.files["SHA256SUMS"]? += Array((String(repeating: "0", count: 64) + "  \(name)\n").utf8)
  let error = #expect(throws: ModelError.self) { try fixture.load() }
  #expect(error?.description.contains("SHA256SUMS") == true)
}

@Test("a model's numbers outside their ranges are refused by their layer")
func ranges() throws {
  func refusal(_ tensor: String, _ bytes: [UInt8]) throws -> String {
    var fixture = try ModelFixture()
    try fixture.changeTensor(tensor) { slice in
      slice.replaceSubrange(slice.startIndex..<slice.startIndex + bytes.count, with: bytes)
    }
    return try #require(#expect(throws: ModelError.self) { try fixture.load() }).description
  }
  // A weight of 64 where the graph allows 63, and one of -128.
  #expect(try refusal("layer1.0.conv2.weight", [64]).contains("layer1.0.conv2 has a weight"))
  #expect(try refusal("stem.weight", [0x80]).contains("stem has a weight"))
  let minusOne: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
  #expect(try refusal("stem.multiplier", minusOne).contains("negative multiplier"))
  #expect(try refusal("layer2.0.conv2.skipMultiplier", minusOne).contains("negative multiplier"))
  // A bias so large that the weights can carry the sum over 2^31, and the most negative one.
  let large: [UInt8] = [0xFF, 0xFF, 0xFF, 0x7F]
  #expect(try refusal("layer2.0.conv1.bias", large).contains("can leave 32 bits"))
  #expect(try refusal("layer2.0.conv1.bias", [0, 0, 0, 0x80]).contains("can leave 32 bits"))
  // An infinity in the head.
  #expect(try refusal("head.weight", [0, 0, 0x80, 0x7F]).contains("not finite"))
}

@Test(
  "metadata that contradict the graph are refused",
  arguments: [
    ("ecgclip-model/1", "ecgclip-model/2", "ecgclip-model/1"),
    (#"frameStride\": 4"#, #"frameStride\": 8"#, "every 8 samples"),
    (#"receptiveField\": 25"#, #"receptiveField\": 26"#, "over 26"),
    (#"receptiveField\": 25"#, #"receptiveField\": 24"#, "receptive field"),
    (#"\"stride\": 2, \"crop\": 1"#, #"\"stride\": 1, \"crop\": 1"#, "another stride"),
    (#"\"skipCrop\": 2"#, #"\"skipCrop\": 9"#, "receptive field"),
    (#"embeddingWidth\": 10"#, #"embeddingWidth\": 11"#, "11 channels"),
    (#"\"inputChannels\": 12"#, #"\"inputChannels\": 13"#, "input channels"),
    (#"\"shift\": 22"#, #"\"shift\": 63"#, "1 to 62"),
    (#"\"input\": \"stem\""#, #"\"input\": \"stam\""#, "earlier layer"),
    (#"\"name\": \"stem\""#, #"\"name\": \"stam\""#, "earlier layer"),
    (#"\"aVR\", \"aVL\""#, #"\"aVL\", \"aVR\""#, "twelve leads"),
    (#"\"code\": \"STE_\""#, #"\"code\": \"AFIB\""#, "no code stands twice"),
    (#"\"needs\": \"limbLead\""#, #"\"needs\": \"limbLeag\""#, "limbLead"),
    (#"\"threshold\": 0.125"#, #"\"threshold\": 1.125"#, "0.0 to 1.0"),
    (#"steadyState"#, #"steadyStare"#, "steadyState"),
    (#"kaiserSinc"#, #"kaiserSine"#, "kaiserSinc"),
  ])
func contradictoryMetadata(old: String, new: String, message: String) throws {
  var fixture = try ModelFixture()
  try fixture.replace(old, by: new)
  let error = #expect(throws: ModelError.self) { try fixture.load() }
  #expect(error?.description.contains(message) == true, "\(String(describing: error))")
}

@Test("an unstable high-pass is refused")
func unstableHighPass() throws {
  let text = """
    {"format":"ecgclip-preprocessing/1","sampleRateHz":100,"resampler":{"kind":"kaiserSinc",
    "cutoffHz":40.0,"halfWidthSeconds":0.08,"kaiserBeta":5.0},"highPass":{"kind":"biquad",
    "frequencyHz":0.5,"b":[1,-2,1],"a":[1,-1.9,A2]},"startup":"steadyState","unit":"mV"}
    """
  func load(_ a2: String) throws -> Preprocessing {
    try Preprocessing(text: text.replacing("A2", with: a2), path: "test")
  }
  #expect(throws: Never.self) { try load("0.95") }
  for a2 in ["0.89", "1.0", "-3", "null"] {
    #expect(throws: ModelError.self, "\(a2)") { try load(a2) }
  }
  // Within the triangle of stable filters, but 1 + a1 + a2, which the start divides by, rounds to 0.
  let edge = text.replacing("-1.9,A2", with: "-1.0e-16,-0.9999999999999999")
  #expect(throws: ModelError.self) { try Preprocessing(text: edge, path: "test") }
}

/// The tiny model's graph with some of its words exchanged.
private func graph(_ changes: KeyValuePairs<String, String>) throws -> Graph {
  let fixture = try ModelFixture()
  let file = try SafeTensors(fixture.files["model.safetensors"] ?? [], name: "tiny")
  var text = try #require(file.metadata["graph"])
  for (old, new) in changes {
    #expect(text.contains(old))
    text = text.replacing(old, with: new)
  }
  return try Graph(text: text, path: "test")
}

@Test("zeros around an input and a crop of it exclude each other")
func paddingWithCrop() throws {
  let error = #expect(throws: ModelError.self) {
    try graph([#""stride": 2, "crop": 0"#: #""stride": 2, "crop": 1, "padding": 1"#])
  }
  #expect(error?.description.contains("without a crop") == true, "\(String(describing: error))")
}

/// A graph of one layer over a padded window.
private func wide(samples: Int, inputs: String = "12", channels: Int) throws -> Graph {
  let names = Lead.allCases.map { "\"\($0.name)\"" }.joined(separator: ",")
  return try Graph(
    text: """
      {"input":{"leads":[\(names)],"sampleRateHz":100,"millivoltsPerCode":0.03},"frameStride":1,
      "receptiveField":1,"windowFrames":4096,"minimumFrames":1,"embeddingWidth":\(channels),
      "embeddingScale":1,"weightMaximum":63,"windowSamples":\(samples),"layers":[
      {"name":"a","input":"input","kernel":64,"stride":1,"crop":0,"padding":1,"inputChannels":12,
      "outputChannels":4096,"minimum":0,"maximum":127,"shift":20},
      {"name":"b","input":"a","kernel":64,"stride":\(samples == 4096 + 124 ? 1 : 16),"crop":0,
      "padding":1,"inputChannels":4096,"outputChannels":\(channels),"minimum":0,"maximum":127,
      "shift":20}]}
      """, path: "test")
}

@Test("a graph that wants absurd memory or absurd work is refused before it gets either")
func absurdGraphs() throws {
  // 4096 channels over 65,000 samples: 268 MB from a file of a few megabytes.
  let memory = #expect(throws: ModelError.self) { try wide(samples: 65_660, channels: 1) }
  #expect(memory?.description.contains("activations") == true, "\(String(describing: memory))")
  let work = #expect(throws: ModelError.self) { try wide(samples: 4_220, channels: 512) }
  #expect(work?.description.contains("multiply-accumulates") == true, "\(String(describing: work))")
}

@Test(
  "products that can leave 62 bits, which a kernel's shift would take for positive, are refused")
func largestProducts() throws {
  var fixture = try ModelFixture()
  let name = "layer1.0.conv2"
  let weights: [Int8] = try SafeTensors(fixture.files["model.safetensors"] ?? [], name: "tiny")
    .values(name + ".weight", shape: [8, 3, 8])
  // The accumulator of every channel can just reach 2^31 - 1, and both multipliers are that.
  let biases = (0..<8).flatMap { channel -> [UInt8] in
    let row = weights[channel * 24..<(channel + 1) * 24].reduce(0) { $0 + abs(Int($1)) }
    let bias = Int32(Int(Int32.max) - row * 127)
    return (0..<4).map { UInt8(truncatingIfNeeded: bias >> (8 * $0)) }
  }
  let largest = [[UInt8]](repeating: [0xFF, 0xFF, 0xFF, 0x7F], count: 8).flatMap(\.self)
  for (tensor, bytes) in [
    (".bias", biases), (".multiplier", largest), (".skipMultiplier", largest),
  ] {
    try fixture.changeTensor(name + tensor) { slice in
      slice.replaceSubrange(slice.startIndex..<slice.endIndex, with: bytes)
    }
  }
  try fixture.replace(
    #"\"minimum\": 0, \"maximum\": 127, \"shift\": 22, \"skip\": \"stem\""#,
    by: #"\"minimum\": 0, \"maximum\": 127, \"shift\": 33, \"skip\": \"stem\""#)
  let error = #expect(throws: ModelError.self) { try fixture.load() }
  #expect(error?.description.contains("62 bits") == true, "\(String(describing: error))")
}
