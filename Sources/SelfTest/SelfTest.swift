// The whole chain on built-in vectors, in seconds and on any device: what a technician runs after an installation,
// and what proves that this program computes here what it computed where it was made.

import Inference

/// One part of the chain and what came of its check.
public struct SelfTestResult: Hashable, Sendable {
  /// The part: `decoders`, `filters`, `encoder`, `alarms`, `chain`.
  public let part: String
  /// Whether all of it came out as it must.
  public let passed: Bool
  /// What was checked, or what went wrong and what to do.
  public let detail: String
}

/// What did not come out as it must.
struct SelfTestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Runs every check.
public enum SelfTest {
  /// The parts in the order of the signal, each with its result as soon as there is one.
  ///
  /// - Parameter modelFolder: the model that is loaded completely: hashes, shapes, golden vectors.
  public static func run(
    modelFolder: String, tell: (SelfTestResult) -> Void
  ) -> [SelfTestResult] {
    var results: [SelfTestResult] = []
    func check(_ part: String, _ body: () throws -> String) {
      do {
        results.append(SelfTestResult(part: part, passed: true, detail: try body()))
      } catch {
        results.append(SelfTestResult(part: part, passed: false, detail: "\(error)"))
      }
      tell(results[results.count - 1])
    }
    check("decoders", DecoderCheck.run)
    check("filters", FilterCheck.run)
    var model: Model?
    check("encoder") {
      let loaded = try Model(folder: modelFolder, completely: true)
      model = loaded
      return "\(loaded.name): files as their hashes say, \(loaded.goldenCaseCount) golden cases "
        + "bit-equal with kernels \(loaded.kernels)"
    }
    check("alarms", AlarmCheck.run)
    check("chain") {
      guard let model else { throw SelfTestFailure("without a model the chain cannot run") }
      return try ChainCheck.run(model)
    }
    return results
  }
}

/// Refuses what does not hold.
func require(_ condition: Bool, _ what: @autoclosure () -> String) throws(SelfTestFailure) {
  if !condition {
    throw SelfTestFailure("\(what()): this program or this processor is damaged; install it again")
  }
}
