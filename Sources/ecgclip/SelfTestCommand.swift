// `ecgclip selftest`: whether this program computes here what it must.

import ArgumentParser
import Monitor
import SelfTest

struct SelfTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest",
    abstract: "Check the whole chain on built-in vectors, in seconds.",
    discussion: """
      Decoders on frames of their specifications, filters on sines, the encoder on its golden vectors, \
      alarms on a made-up course, and a simulated patient through all of it whose heart stops. Needs no \
      front-end and no recording. The status is 1 when a part fails.
      """)

  @Option(help: "Model: a name in models or a path.")
  var model: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let results = SelfTest.run(modelFolder: try Installation.modelFolder(model)) { result in
      guard !json else { return }
      let name = result.part + String(repeating: " ", count: 10 - result.part.count)
      print("\(result.passed ? "ok    " : "FAILED") \(name) \(result.detail)")
    }
    let hasPassed = results.allSatisfy(\.passed)
    if json {
      try JSONOutput.print(SelfTestObject(results, hasPassed: hasPassed))
    } else {
      print(hasPassed ? "The self-test passed." : "The self-test FAILED.")
    }
    if !hasPassed { throw ExitCode(1) }
  }
}

private struct SelfTestObject: Encodable {
  struct Part: Encodable {
    let part: String
    let passed: Bool
    let detail: String
  }

  let passed: Bool
  let parts: [Part]

  init(_ results: [SelfTestResult], hasPassed: Bool) {
    passed = hasPassed
    parts = results.map { Part(part: $0.part, passed: $0.passed, detail: $0.detail) }
  }
}
