// The self-test passes where all is well, and says which part is not where it is not.

import Foundation
import SelfTest
import TestSupport
import Testing

private let modelFolder = TestData.repository + "/models/ecgclip-r18"

@Test("every part of the chain passes on this machine")
func allPartsPass() {
  var told: [String] = []
  let results = SelfTest.run(modelFolder: modelFolder) { told.append($0.part) }
  #expect(results.filter { !$0.passed } == [])
  #expect(told == ["decoders", "filters", "encoder", "alarms", "chain"])
}

@Test("one changed byte of the weights fails the encoder, and the chain that cannot run without it")
func damagedWeightsAreFound() throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  defer { try? FileManager.default.removeItem(at: folder) }
  try FileManager.default.copyItem(at: URL(filePath: modelFolder), to: folder)
  let weights = folder.appending(path: "model.safetensors")
  var bytes = try Data(contentsOf: weights)
  bytes[bytes.count - 1000] ^= 1
  try bytes.write(to: weights)
  let results = SelfTest.run(modelFolder: folder.path(percentEncoded: false)) { _ in }
  #expect(results.filter { !$0.passed }.map(\.part) == ["encoder", "chain"])
}
