// The container against damage: whatever bytes come, the answer is a file that keeps its promises or
// an error in words. Files that the Python package writes are read by every other test here.

import Testing

@testable import Inference

/// A file from its header text and data.
private func file(_ header: String, data: [UInt8] = []) -> [UInt8] {
  let length = UInt64(header.utf8.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + Array(header.utf8) + data
}

private let sound = file(
  """
  {"__metadata__":{"a":"b"},"x":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},\
  "y":{"dtype":"I8","shape":[1,3],"data_offsets":[8,11]}}
  """, data: [1, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 5, 0x80, 7])

@Test("a sound file gives its metadata and tensors")
func soundFile() throws {
  let tensors = try SafeTensors(sound, name: "test")
  #expect(tensors.metadata == ["a": "b"])
  #expect(try tensors.values("x", shape: [2], as: Int32.self) == [1, -2])
  #expect(try tensors.values("y", shape: [1, 3], as: Int8.self) == [5, -128, 7])
}

@Test("a tensor of another type or shape, or none, is refused by its name")
func wrongTensor() throws {
  let tensors = try SafeTensors(sound, name: "test")
  for ask in [
    { _ = try tensors.values("x", shape: [2], as: Float.self) },
    { _ = try tensors.values("x", shape: [1], as: Int32.self) },
    { _ = try tensors.values("x", shape: [2, 1], as: Int32.self) },
  ] {
    let error = #expect(throws: ModelError.self) { try ask() }
    #expect(error?.description.contains("tensor x") == true)
  }
  let error = #expect(throws: ModelError.self) {
    try tensors.values("z", shape: [2], as: Int32.self)
  }
  #expect(error?.description.contains("lacks the tensor z") == true)
}

@Test("every bit of a file flipped: an error, or a file that still keeps its promises")
func flippedBits() {
  for index in sound.indices {
    for bit in 0..<8 {
      var bytes = sound
      bytes[index] ^= 1 << UInt8(bit)
      guard let tensors = try? SafeTensors(bytes, name: "test") else { continue }
      for (name, tensor) in tensors.tensors {
        #expect(tensor.range.lowerBound >= 8 && tensor.range.upperBound <= bytes.count)
        let count = tensor.shape.reduce(1, *)
        #expect(count * tensor.elementType.byteCount == tensor.range.count)
        switch tensor.elementType {
        case .int8: #expect(throws: Never.self) { try read(name, tensor, Int8.self) }
        case .uint8: #expect(throws: Never.self) { try read(name, tensor, UInt8.self) }
        case .int32: #expect(throws: Never.self) { try read(name, tensor, Int32.self) }
        case .float32: #expect(throws: Never.self) { try read(name, tensor, Float.self) }
        case .float64: #expect(throws: Never.self) { try read(name, tensor, Double.self) }
        }
      }
      func read<Element: SafeTensorElement>(
        _ name: String, _ tensor: SafeTensors.Tensor, _ type: Element.Type
      ) throws {
        let values = try tensors.values(name, shape: tensor.shape, as: type)
        #expect(values.count == tensor.range.count / MemoryLayout<Element>.stride)
      }
    }
  }
}

@Test("a file cut anywhere, or with a byte too many, is refused")
func truncatedFile() {
  for count in 0..<sound.count {
    #expect(throws: ModelError.self) { try SafeTensors(Array(sound[..<count]), name: "test") }
  }
  #expect(throws: ModelError.self) { try SafeTensors(sound + [0], name: "test") }
}

@Test(
  "headers that contradict themselves or the file are refused",
  arguments: [
    #"{"x":{"dtype":"I8","shape":[4],"data_offsets":[0,4]},"x":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}}"#,
    #"{"x":{"dtype":"I8","shape":[4],"data_offsets":[0,4],"shape":[4]}}"#,
    #"{"x":{"dtype":"I8","shape":[3],"data_offsets":[0,3]},"y":{"dtype":"I8","shape":[2],"data_offsets":[2,4]}}"#,
    #"{"x":{"dtype":"I8","shape":[4],"data_offsets":[0,4]},"y":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}}"#,
    #"{"x":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"I8","shape":[2],"data_offsets":[2,4]}}"#,
    #"{"x":{"dtype":"I8","shape":[2],"data_offsets":[2,4]}}"#,
    #"{"x":{"dtype":"I8","shape":[5],"data_offsets":[0,5]}}"#,
    #"{"x":{"dtype":"I8","shape":[4],"data_offsets":[4,0]}}"#,
    #"{"x":{"dtype":"I8","shape":[4],"data_offsets":[-1,3]}}"#,
    #"{"x":{"dtype":"I8","shape":[4],"data_offsets":[0,4,4]}}"#,
    #"{"x":{"dtype":"I8","shape":[4],"data_offsets":[0,4.5]}}"#,
    #"{"x":{"dtype":"I8","shape":[4],"data_offsets":[0,18446744073709551616]}}"#,
    #"{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,4]}}"#,
    #"{"x":{"dtype":"F64","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"x":{"dtype":"I16","shape":[2],"data_offsets":[0,4]}}"#,
    #"{"x":{"dtype":"I8","shape":[0],"data_offsets":[0,0]},"y":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}}"#,
    #"{"x":{"dtype":"I8","shape":[-2,-2],"data_offsets":[0,4]}}"#,
    #"{"x":{"dtype":"I8","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,4]}}"#,
    #"{"x":{"shape":[4],"data_offsets":[0,4]}}"#,
    #"{"x":[]}"#, #"{"__metadata__":{"a":1}}"#, "[]", "", "{",
  ])
func contradictoryHeader(header: String) {
  #expect(throws: ModelError.self) {
    try SafeTensors(file(header, data: [1, 2, 3, 4]), name: "test")
  }
}

@Test("a header of more than a megabyte is refused before it is read")
func longHeader() {
  let spaces = String(repeating: " ", count: SafeTensors.headerByteCountMax - 1)
  #expect(throws: Never.self) { try SafeTensors(file("{" + spaces.dropLast() + "}"), name: "test") }
  #expect(throws: ModelError.self) { try SafeTensors(file("{" + spaces + "}"), name: "test") }
  let huge: [UInt8] = Array(repeating: 0xFF, count: 64)
  #expect(throws: ModelError.self) { try SafeTensors(huge, name: "test") }
}
