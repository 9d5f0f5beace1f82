// `ecgclip bench`: how long this machine takes for a window of the model, for a second of a stream and
// for a second of the whole pipeline, with percentiles and the work done.

import ArgumentParser
import CLinux
import ECGSignal
import Foundation
import Inference
import Monitor
import Pipeline
import SignalProcessing
import SimulatedDevices

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Time the encoder and the pipeline on this machine.",
    discussion: """
      Times are of one thread. Read the ratio of two figures of one run rather than a figure \
      alone: other programs and the clock frequency move both. The environment's ECGCLIP_KERNELS \
      forces a set of kernels (c, neon, neondot, avx2, avxvnni, avx512vnni).
      """)

  @Option(help: "Model: a name in models or a path.")
  var model: String?

  @Option(help: "Windows to encode.")
  var windows = 50

  @Option(
    help:
      "Seconds to stream, of 12-lead signal at 500 Hz to run through the pipeline, or of --link.")
  var seconds = 30

  @Flag(help: "Time the decoders of the wire formats instead.")
  var decoders = false

  @Flag(help: "Time alarms instead: from the decision to the first sample of sound.")
  var alarms = false

  @Option(help: "With --alarms: the sound device (default: a card of memory).")
  var sound: String?

  @Option(help: "With --alarms: how many alarms to raise.")
  var onsets = 200

  @Flag(help: "Time the receiver of alerts instead: many devices at one 'ecgclip listen'.")
  var link = false

  @Option(help: "With --link: how many devices talk to it.")
  var devices = 1000

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Answer lines of standard input with JSON: load, out, run N, quit.")
  var serve = false

  @Option(help: "With --serve: a NumPy file of 32-bit floats, 1 x 12 x samples in millivolts.")
  var input: String?

  func validate() throws {
    if windows < 1 || seconds < 1 || onsets < 1 || devices < 1 {
      throw ValidationError("--windows, --seconds, --onsets and --devices are at least 1.")
    }
  }

  func run() throws {
    if decoders { return try runDecoders() }
    if alarms { return try runAlarms() }
    if link { return try runLink() }
    let folder = try Installation.modelFolder(model)
    if serve { return try BenchServer(modelFolder: folder, inputPath: input).run() }
    let startLoad = clinux_monotonic_nanoseconds()
    let model = try Model(folder: folder)
    let loadMilliseconds = Double(clinux_monotonic_nanoseconds() - startLoad) / 1e6
    let encoder = Encoder(model: model)
    let stream = model.graph.isStreamable ? StreamingEncoder(model: model) : nil
    let wholeWindow = timeWindows(model, encoder)
    let streaming = stream.map { timeStream(model, $0) }
    // What the encoders take; what follows adds filters, display and more.
    let residentBytes = Int(clinux_resident_bytes())
    let patient = try RecordedPatient()
    let result = BenchObject(
      model: model.name, kernel: encoder.kernelName,
      multiplyAccumulates: model.multiplyAccumulates, windowSeconds: model.graph.windowSeconds,
      wholeWindow: wholeWindow, streaming: streaming,
      signalSecond: timeSignal(patient),
      pipelineSecond: stream == nil ? nil : try timePipeline(model, patient),
      arenaBytes: encoder.arenaByteCount, historyBytes: stream?.historyByteCount,
      residentBytes: residentBytes, loadMilliseconds: loadMilliseconds)
    if json { try JSONOutput.print(result) } else { describe(result) }
  }

  private func runAlarms() throws {
    let result = try AlarmBench.measure(sound: sound, onsets: onsets)
    if json { try JSONOutput.print(result) } else { print(result) }
  }

  private func runLink() throws {
    let folder = NSTemporaryDirectory() + "ecgclip-bench-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let result = try LinkBench.measure(devices: devices, seconds: seconds, folder: folder)
    if json { try JSONOutput.print(result) } else { print(result) }
  }

  private func runDecoders() throws {
    let results = try DecoderBench.measureAll(seconds: 0.5)
    if json { try JSONOutput.print(results) } else { for result in results { print(result) } }
  }

  /// Encodes windows of noise; the work does not depend on the values.
  private func timeWindows(_ model: Model, _ encoder: Encoder) -> BenchObject.Timing {
    let input = Self.noise(sampleCount: model.graph.windowSamples)
    var embedding = [Int32](repeating: 0, count: model.graph.embeddingWidth)
    return .measure(count: windows) {
      _ = encoder.encode(input, sampleCount: model.graph.windowSamples, into: &embedding)
    }
  }

  /// Streams noise, a second at a time, from a full window on.
  private func timeStream(_ model: Model, _ encoder: StreamingEncoder) -> BenchObject.Timing {
    let second = Graph.sampleRateHz
    let input = Self.noise(sampleCount: second)
    var embedding = [Int32](repeating: 0, count: model.graph.embeddingWidth)
    return .measure(count: seconds, warmUps: model.graph.windowSamples / second + 1) {
      encoder.encodeSecond(input, windowFrames: model.graph.windowFrames, into: &embedding)
    }
  }

  /// Takes the twelve leads through all that is said without the model, a second at a time.
  private func timeSignal(_ patient: RecordedPatient) -> BenchObject.Timing {
    let chain = SignalChain(sampleRate: patient.format.sampleRate, rowCount: 12)
    var index = 0
    return .measure(count: seconds, warmUps: 12) {
      for _ in 0..<RecordedPatient.samplesPerSecond {
        _ = chain.step(patient.leads(at: index), saturated: 0, lost: 0, at: Int64(index))
        index += 1
      }
    }
  }

  /// Steps the pipeline through the same, from codes to findings and alarms.
  private func timePipeline(
    _ model: Model, _ patient: RecordedPatient
  ) throws -> BenchObject.Timing {
    let pipeline = try Pipeline(
      format: patient.format, model: model, configuration: PipelineConfiguration())
    var block = 0
    return .measure(count: seconds, warmUps: 12) {
      for _ in 0..<RecordedPatient.blocksPerSecond {
        pipeline.step(patient.block(block))
        block += 1
      }
    }
  }

  /// Random codes, the same at every start.
  static func noise(sampleCount: Int) -> [Int8] {
    var generator = SeededGenerator(seed: 1)
    return (0..<sampleCount * 12).map { _ in Int8.random(in: -127...127, using: &generator) }
  }

  private func describe(_ result: BenchObject) {
    print("model \(result.model), kernels \(result.kernel)")
    print("  encoder, a window of \(result.windowSeconds) s   \(result.wholeWindow)")
    let rate = Double(result.multiplyAccumulates) / Double(result.wholeWindow.p50Nanoseconds)
    print(
      "    \(result.multiplyAccumulates) multiply-accumulates, \((rate * 10).rounded() / 10) a nanosecond"
    )
    if let streaming = result.streaming {
      print("  encoder, a second of a stream  \(streaming)")
      let share =
        Double(streaming.cpuNanoseconds) / Double(max(1, result.wholeWindow.cpuNanoseconds))
      print("    \((share * 1000).rounded() / 1000) of a window's processor time")
    }
    print("  signal, a second of 12 leads   \(result.signalSecond)")
    if let second = result.pipelineSecond { print("  pipeline, a second of 12 leads \(second)") }
    print(
      "  arena \(result.arenaBytes) bytes, resident \(result.residentBytes / 1024) KiB, "
        + "model loaded and verified in \((result.loadMilliseconds * 10).rounded() / 10) ms")
  }
}
