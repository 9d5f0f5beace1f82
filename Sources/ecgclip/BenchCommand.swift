// `ecgclip bench`: how long this machine takes for a window of the model and for a second of the whole
// pipeline, with percentiles and the work done.

import ArgumentParser
import CKernels
import CLinux
import ECGSignal
import Foundation
import Inference
import Monitor
import Pipeline
import SimulatedDevices

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Time the encoder and the pipeline on this machine.",
    discussion: """
      Times are of one thread. Read the ratio of two figures of one run rather than a figure alone:
      other programs and the clock frequency move both.
      """)

  @Option(help: "Model: a name in models or a path.")
  var model: String?

  @Option(help: "Windows to encode.")
  var windows = 50

  @Option(help: "Seconds of 12-lead signal at 500 Hz to run through the pipeline.")
  var seconds = 30

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if windows < 1 || seconds < 1 {
      throw ValidationError("--windows and --seconds are at least 1.")
    }
  }

  func run() throws {
    let startLoad = clinux_monotonic_nanoseconds()
    let model = try Model(folder: Installation.modelFolder(model))
    let loadMilliseconds = Double(clinux_monotonic_nanoseconds() - startLoad) / 1e6
    let encoder = Encoder(model: model)
    let result = BenchObject(
      model: model.name, kernel: encoder.kernelName,
      multiplyAccumulates: model.multiplyAccumulates, windowSeconds: model.graph.windowSeconds,
      wholeWindow: timeWindows(model, encoder),
      pipelineSecond: try timePipeline(model), arenaBytes: encoder.arenaByteCount,
      residentBytes: Int(clinux_resident_bytes()), loadMilliseconds: loadMilliseconds)
    if json { try JSONOutput.print(result) } else { describe(result) }
  }

  /// Encodes windows of seeded noise; the work does not depend on the values.
  private func timeWindows(_ model: Model, _ encoder: Encoder) -> BenchObject.Timing {
    var generator = SystemRandomNumberGenerator()
    let input = (0..<model.graph.windowSamples * 12).map { _ in
      Int8.random(in: -127...127, using: &generator)
    }
    var embedding = [Int32](repeating: 0, count: model.graph.embeddingWidth)
    return .measure(count: windows) {
      _ = encoder.encode(input, sampleCount: model.graph.windowSamples, into: &embedding)
    }
  }

  /// Steps the pipeline through simulated sinus rhythm, a second at a time.
  private func timePipeline(_ model: Model) throws -> BenchObject.Timing {
    let patient = SimulatedPatient(script: try PatientScript(parsing: "nsr?hr=72"))
    let format = patient.format
    let pipeline = try Pipeline(
      format: format, model: model, configuration: PipelineConfiguration())
    let storage = SampleBlockStorage(channelCount: format.channels.count)
    let blocksPerSecond = 25
    return .measure(count: seconds) {
      for _ in 0..<blocksPerSecond {
        storage.block.header.pointee = SampleBlock.Header()
        _ = patient.fill(storage.block, count: 20)
        pipeline.step(storage.block)
      }
    }
  }

  private func describe(_ result: BenchObject) {
    print("model \(result.model), kernels \(result.kernel)")
    print("  encoder, a window of \(result.windowSeconds) s   \(result.wholeWindow.description)")
    let rate = Double(result.multiplyAccumulates) / Double(result.wholeWindow.p50Nanoseconds)
    print(
      "    \(result.multiplyAccumulates) multiply-accumulates, \((rate * 10).rounded() / 10) a nanosecond"
    )
    print("  pipeline, a second of 12 leads \(result.pipelineSecond.description)")
    print(
      "  arena \(result.arenaBytes) bytes, resident \(result.residentBytes / 1024) KiB, "
        + "model loaded and verified in \(result.loadMilliseconds.rounded()) ms")
  }
}

struct BenchObject: Encodable {
  struct Timing: Encodable, CustomStringConvertible {
    let p50Nanoseconds: UInt64
    let p95Nanoseconds: UInt64
    let p99Nanoseconds: UInt64
    let maxNanoseconds: UInt64
    let cpuNanoseconds: UInt64

    /// Runs the body once to warm up, then `count` times.
    static func measure(count: Int, _ body: () -> Void) -> Timing {
      body()
      var durations: [UInt64] = []
      let startCPU = clinux_thread_cpu_nanoseconds()
      for _ in 0..<count {
        let start = clinux_monotonic_nanoseconds()
        body()
        durations.append(clinux_monotonic_nanoseconds() - start)
      }
      let cpu = (clinux_thread_cpu_nanoseconds() - startCPU) / UInt64(count)
      durations.sort()
      func percentile(_ share: Double) -> UInt64 {
        durations[min(count - 1, Int((share * Double(count)).rounded(.up)) - 1)]
      }
      return Timing(
        p50Nanoseconds: percentile(0.5), p95Nanoseconds: percentile(0.95),
        p99Nanoseconds: percentile(0.99), maxNanoseconds: durations[count - 1],
        cpuNanoseconds: cpu)
    }

    var description: String {
      func milliseconds(_ nanoseconds: UInt64) -> String {
        "\((Double(nanoseconds) / 1e4).rounded() / 100)"
      }
      return "p50 \(milliseconds(p50Nanoseconds)) ms, p99 \(milliseconds(p99Nanoseconds)) ms, "
        + "max \(milliseconds(maxNanoseconds)) ms, CPU \(milliseconds(cpuNanoseconds)) ms"
    }
  }

  let model: String
  let kernel: String
  let multiplyAccumulates: Int
  let windowSeconds: Double
  let wholeWindow: Timing
  let pipelineSecond: Timing
  let arenaBytes: Int
  let residentBytes: Int
  let loadMilliseconds: Double
}
