// A model is checked before it is used: damage is found by the manifest, nonsense by shapes and ranges,
// and the message names the file or the layer.

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
}
