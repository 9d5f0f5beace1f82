// The float path through the whole branch: windows, grid and restarts as the integers have them.

import ECGSignal
import Findings
import Inference
import Testing
import TestSupport

private let floatFolder = TestData.repository + "/Tests/InferenceTests/Fixtures/float-valid"

/// The codes of a stream, by hand.
private func codes(_ model: Model, rate: Double, _ samples: [[Float]]) throws -> [Int8] {
  let preprocessor = try Preprocessor(model.preprocessing, sampleRate: rate)
  preprocessor.restart(leads: .twelve)
  var codes: [Int8] = []
  for sample in samples where preprocessor.push(sample) > 0 {
    for lead in 0..<12 {
      let code = (preprocessor.output(0)[lead] / model.graph.millivoltsPerCode).rounded()
      codes.append(Int8(max(-127, min(127, code))))
    }
  }
  return codes
}

@Test("a model of floats alone is read window by window over the newest frames of the grid")
func floatWindows() throws {
  let model = try Model(folder: floatFolder, arithmetic: nil)
  let graph = model.graph
  let samples = Fixtures.synthetic(sampleCount: 2500)
  let codes = try codes(model, rate: 250, samples)
  let engine = try FindingsEngine(model: model, sampleRate: 250, stepSeconds: 0.37)
  let encoder = try FloatEncoder(model: model)
  var due = graph.windowSamples
  for sample in samples where engine.push(sample) {
    let first =
      (graph.frameCount(sampleCount: due) - graph.windowFrames) * graph.frameStride
    let window = Array(codes[first * 12..<(first + graph.windowSamples) * 12])
    var features = [Double](repeating: 0, count: encoder.featureCount)
    _ = encoder.encode(window, sampleCount: graph.windowSamples, into: &features)
    #expect(Array(engine.features) == features, "window that was due after \(due) samples")
    due += 37
  }
  #expect(engine.windowsEvaluated > 20 && engine.kernelName == "openblas")
  #expect(engine.probabilities.allSatisfy { $0 >= 0 && $0 <= 1 })
}

@Test("a stream of floats that is too short for a window is read with the frames there are")
func shortFloatStream() throws {
  let model = try Model(folder: floatFolder, arithmetic: nil)
  let engine = try FindingsEngine(model: model, sampleRate: 100)
  let samples = Fixtures.synthetic(sampleCount: 60)
  for sample in samples { #expect(!engine.push(sample)) }
  #expect(engine.finish())
  #expect(engine.framesUsed >= model.graph.minimumFrames)
  #expect(engine.framesUsed < model.graph.windowFrames)
}
