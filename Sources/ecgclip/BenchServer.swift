// `ecgclip bench --serve`: one line in, one line of JSON out, so that a script can time this engine in
// turns with other runtimes.
//
//     load     {"load_ms": milliseconds}
//     out      {"out": [embedding]}
//     run N    {"lat_ns": [N nanoseconds]}
//     stream N {"lat_ns": [N nanoseconds]}, a second of signal each
//     quit

import ArgumentParser
import CLinux
import Foundation
import Inference

struct BenchServer {
  let modelFolder: String
  let inputPath: String?

  func run() throws {
    var loaded: LoadedModel?
    while let line = readLine() {
      let words = line.split(separator: " ")
      switch words.first {
      case "load":
        let start = clinux_monotonic_nanoseconds()
        let model = try LoadedModel(folder: modelFolder, inputPath: inputPath)
        model.encode()
        loaded = model
        answer("{\"load_ms\": \(Double(clinux_monotonic_nanoseconds() - start) / 1e6)}")
      case "out":
        answer("{\"out\": \(try loaded.orFail().features())}")
      case "run":
        let model = try loaded.orFail()
        answer("{\"lat_ns\": \(Self.times(count(words)) { model.encode() })}")
      case "stream":
        let model = try loaded.orFail()
        answer("{\"lat_ns\": \(Self.times(count(words)) { model.streamSecond() })}")
      case "quit": return
      default: answer("{\"error\": \"unknown line: load, out, run N, stream N or quit\"}")
      }
    }
  }

  private func answer(_ line: String) {
    print(line)
    fflush(nil)
  }

  private func count(_ words: [Substring]) -> Int {
    words.count > 1 ? max(0, min(1_000_000, Int(words[1]) ?? 1)) : 1
  }

  private static func times(_ count: Int, _ body: () -> Void) -> [UInt64] {
    (0..<count).map { _ in
      let start = clinux_monotonic_nanoseconds()
      body()
      return clinux_monotonic_nanoseconds() - start
    }
  }
}

extension Optional where Wrapped == LoadedModel {
  fileprivate func orFail() throws -> LoadedModel {
    guard let self else { throw ValidationError("Send the line load first.") }
    return self
  }
}

extension StreamingEncoder {
  /// Appends the first second of `[time][12]` codes and sums the newest window's frames.
  func encodeSecond(
    _ codes: [Int8], windowFrames: Int, into embedding: UnsafeMutablePointer<Int32>
  ) {
    for sample in 0..<Graph.sampleRateHz {
      append { row in
        for lead in 0..<12 { row[lead] = codes[sample * 12 + lead] }
      }
    }
    advance()
    sum(frames: min(frameCount, windowFrames), into: embedding)
  }
}

/// A model with an input to encode again and again.
final class LoadedModel {
  private let model: Model
  private let encoder: Encoder
  private let stream: StreamingEncoder?
  private let input: [Int8]
  private var embedding: [Int32]
  private var frames = 0

  init(folder: String, inputPath: String?) throws {
    let model = try Model(folder: folder)
    self.model = model
    encoder = Encoder(model: model)
    stream = model.graph.isStreamable ? StreamingEncoder(model: model) : nil
    embedding = [Int32](repeating: 0, count: model.graph.embeddingWidth)
    input = try Self.input(model.graph, path: inputPath)
  }

  /// The file's signal as codes `[time][12]`, noise without a file.
  private static func input(_ graph: Graph, path: String?) throws -> [Int8] {
    let samples = graph.windowSamples
    guard let path else { return BenchCommand.noise(sampleCount: samples) }
    let array = try NumPyFile(path: path)
    let length = array.values.count / 12
    guard array.shape.suffix(2) == [12, length], length >= samples else {
      throw ValidationError("\(path) is not 1 x 12 x \(samples) or longer.")
    }
    let quantiser = InputQuantiser(graph)
    return (0..<samples * 12).map { index in
      quantiser.code(Double(array.values[index % 12 * length + index / 12]))
    }
  }

  func encode() {
    frames = encoder.encode(input, sampleCount: model.graph.windowSamples, into: &embedding)
  }

  func streamSecond() {
    stream?.encodeSecond(input, windowFrames: model.graph.windowFrames, into: &embedding)
  }

  /// What the head would read of the input.
  func features() -> [Double] {
    encode()
    let pooling = FramePooling(model.graph)
    var features = [Double](repeating: 0, count: pooling.featureCount)
    pooling.features(of: embedding, frames: max(1, frames), into: &features)
    return features
  }
}
