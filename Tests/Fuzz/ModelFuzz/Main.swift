// libFuzzer's way into the model files, past the manifest: a file that is accepted must keep every promise.
//
//   FUZZ=1 swift build --scratch-path .build-fuzz --product ModelFuzz
//   .build-fuzz/debug/ModelFuzz seeds CORPUS_FOLDER      writes inputs to start from
//   .build-fuzz/debug/ModelFuzz -max_total_time=300 -max_len=20000 CORPUS_FOLDER
//
// An input's first byte chooses what the rest is: model.safetensors, golden.safetensors of the tiny model,
// float.safetensors, or the text of a graph for which tensors are made up, so that graphs of any shape get to
// the kernels.

import Foundation
import Glibc
import Inference
import ModelExercise

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

/// The fixtures of the checkout that this was built in.
private enum Fixture {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../InferenceTests/Fixtures").standardized

  static func bytes(_ name: String) -> [UInt8] {
    guard let data = try? Data(contentsOf: folder.appending(path: name)) else {
      preconditionFailure("\(name) is not in the checkout that this was built in")
    }
    return [UInt8](data)
  }

  static let integers = bytes("tiny/model.safetensors")
  static let golden = bytes("tiny/golden.safetensors")
}

/// A model whose work under a sanitizer takes seconds teaches nothing more.
private let multiplyAccumulatesMax = 20_000_000

private func exercise(_ model: Model) {
  guard model.multiplyAccumulates <= multiplyAccumulatesMax else { return }
  do {
    try ModelExercise(model).run()
  } catch {
    preconditionFailure("\(error)")
  }
}

private func load(_ kind: UInt8, _ bytes: [UInt8]) throws(ModelError) {
  switch kind % 4 {
  case 0: exercise(try Model(bytes, golden: nil, in: "fuzz", arithmetic: .int8))
  case 1:
    _ = try Model(Fixture.integers, golden: bytes, in: "fuzz", arithmetic: .int8)
  case 2: exercise(try Model(bytes, golden: nil, in: "fuzz", arithmetic: .float))
  default:
    guard let file = try MadeUpModel(graph: String(decoding: bytes, as: UTF8.self))?.bytes else {
      return
    }
    exercise(try Model(file, golden: nil, in: "fuzz", arithmetic: .int8))
  }
}

/// One input; the name by which libFuzzer's own main would call it.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  guard size > 0 else { return 0 }
  do throws(ModelError) {
    try load(data[0], Array(UnsafeBufferPointer(start: data + 1, count: size - 1)))
  } catch {
    precondition(!error.description.isEmpty)
  }
  return 0
}

/// One input of every kind, and one of each graph.
private func writeSeeds(_ folder: String) throws {
  let integers = Fixture.integers
  let floats = ["float-valid", "float-padded"].map { Fixture.bytes("\($0)/float.safetensors") }
  var seeds = [[0] + integers, [1] + Fixture.golden] + floats.map { [2] + $0 }
  for (file, arithmetic) in [(integers, Arithmetic.int8)] + floats.map({ ($0, .float) }) {
    let model = try Model(file, golden: nil, in: "seed", arithmetic: arithmetic)
    seeds.append([3] + Array(MadeUpModel.text(of: model.graph).utf8))
  }
  for (index, seed) in seeds.enumerated() {
    try Data(seed).write(to: URL(filePath: "\(folder)/seed\(index)"))
  }
}

@main
enum Main {
  static func main() throws {
    if CommandLine.arguments.count == 3, CommandLine.arguments[1] == "seeds" {
      return try writeSeeds(CommandLine.arguments[2])
    }
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    exit(runDriver(&count, &arguments, testOneInput))
  }
}
