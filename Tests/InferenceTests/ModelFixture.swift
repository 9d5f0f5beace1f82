// Copies of the tiny model that a test may damage.

import Foundation
import Testing
import TestSupport

@testable import Inference

/// A model's folder as files in memory, written to a temporary folder to be loaded.
struct ModelFixture {
  static let tinyFolder = TestData.repository + "/Tests/InferenceTests/Fixtures/tiny"

  var files: [String: [UInt8]] = [:]

  /// The tiny model, or another, undamaged.
  init(folder: String = tinyFolder) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let url = URL(filePath: folder + "/" + name)
      files[name] = [UInt8](try Data(contentsOf: url))
    }
  }

  /// Writes the manifest anew, so that a change is not found by its SHA-256.
  mutating func renewManifest() {
    let names = files.keys.filter { $0 != "SHA256SUMS" }.sorted()
    let lines = names.map { "\(ModelFolder.sha256(files[$0] ?? []))  \($0)\n" }
    files["SHA256SUMS"] = Array(lines.joined().utf8)
  }

  /// Changes the bytes of a tensor in place and renews the manifest.
  mutating func changeTensor(
    _ name: String, in file: String = "model.safetensors",
    _ change: (inout ArraySlice<UInt8>) -> Void
  ) throws {
    let bytes = files[file] ?? []
    let range = try #require(try SafeTensors(bytes, name: file).tensors[name]?.range)
    change(&files[file, default: []][range])
    renewManifest()
  }

  /// Replaces a text of the same length in a file and renews the manifest.
  mutating func replace(_ old: String, by new: String, in file: String = "model.safetensors") throws
  {
    precondition(old.utf8.count == new.utf8.count)
    var bytes = files[file] ?? []
    let range = try #require(bytes.firstRange(of: Array(old.utf8)))
    bytes.replaceSubrange(range, with: Array(new.utf8))
    files[file] = bytes
    renewManifest()
  }

  /// Writes the files to a folder of their own, loads the model from there and removes the folder.
  func load(arithmetic: Arithmetic = .int8, completely: Bool = true) throws -> Model {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, bytes) in files { try Data(bytes).write(to: folder.appending(path: name)) }
    return try Model(folder: folder.path(), arithmetic: arithmetic, completely: completely)
  }
}
