// The model's branch as the pipeline uses it: when windows are due, what is assessed, and that nothing
// but the samples since the restart decides.

import ECGSignal
import Findings
import Inference
import Testing
import TestSupport

/// What the engine said after each window.
private struct Evaluation: Equatable {
  let sample: Int
  let features: [Double]
  let probabilities: [Float?]
  let frames: Int

  init(_ engine: FindingsEngine, sample: Int) {
    self.sample = sample
    features = Array(engine.features)
    probabilities = engine.probabilities.map { $0.isNaN ? nil : $0 }
    frames = engine.framesUsed
  }
}

private func run(_ engine: FindingsEngine, _ samples: [[Float]]) -> [Evaluation] {
  var evaluations: [Evaluation] = []
  for (index, sample) in samples.enumerated() where engine.push(sample) {
    evaluations.append(Evaluation(engine, sample: index))
  }
  return evaluations
}

/// The same by hand: preprocessing, codes, and the encoder over the newest complete frames.
private func expected(
  _ model: Model, rate: Double, leads: LeadSet, _ samples: [[Float]], dueSamples: [Int]
) throws -> [[Double]] {
  let preprocessor = try Preprocessor(model.preprocessing, sampleRate: rate)
  preprocessor.restart(leads: leads)
  var codes: [Int8] = []
  var expected: [[Double]] = []
  let encoder = Encoder(model: model)
  let graph = model.graph
  for sample in samples {
    guard preprocessor.push(sample) > 0 else { continue }
    for lead in 0..<12 {
      let code = (preprocessor.output(0)[lead] / graph.millivoltsPerCode).rounded()
      codes.append(Int8(max(-127, min(127, code))))
    }
    guard dueSamples.contains(codes.count / 12) else { continue }
    let complete = graph.frameCount(sampleCount: codes.count / 12)
    let first = (complete - graph.windowFrames) * graph.frameStride
    let window = Array(codes[first * 12..<(first + graph.windowSamples) * 12])
    var embedding = [Int32](repeating: 0, count: graph.embeddingWidth)
    _ = encoder.encode(window, sampleCount: graph.windowSamples, into: &embedding)
    var features = [Double](repeating: 0, count: graph.embeddingWidth)
    FramePooling(graph).features(of: embedding, frames: graph.windowFrames, into: &features)
    expected.append(features)
  }
  return expected
}

@Test("windows come first when full, then each step, over the newest frames of the grid")
func windowsOnTheGrid() throws {
  let model = try Fixtures.tiny.get()
  let engine = try FindingsEngine(model: model, sampleRate: 250, stepSeconds: 0.37)
  let samples = Fixtures.synthetic(sampleCount: 2500)
  let evaluations = run(engine, samples)
  let due = Array(stride(from: model.graph.windowSamples, through: 992, by: 37))
  #expect(evaluations.count == due.count)
  #expect(engine.windowsEvaluated == due.count)
  #expect(evaluations.allSatisfy { $0.frames == model.graph.windowFrames })
  let byHand = try expected(model, rate: 250, leads: .twelve, samples, dueSamples: due)
  #expect(evaluations.map(\.features) == byHand)
  #expect(Set(byHand).count > due.count / 2, "the windows must differ for this to say anything")
}

@Test("a real record gives the same windows by hand", .enabled(if: TestData.isPresent))
func realRecord() throws {
  let model = try Fixtures.tiny.get()
  let samples = try Fixtures.ptbxl("00001")
  #expect(samples.count == 5000)
  let engine = try FindingsEngine(model: model, sampleRate: 500)
  let due = Array(stride(from: model.graph.windowSamples, through: 992, by: 100))
  let byHand = try expected(model, rate: 500, leads: .twelve, samples, dueSamples: due)
  #expect(run(engine, samples).map(\.features) == byHand)
  #expect(Set(byHand).count == due.count)
}

@Test("a restart forgets everything: the same samples give the same evaluations")
func restartForgets() throws {
  let engine = try FindingsEngine(model: Fixtures.tiny.get(), sampleRate: 360)
  let samples = Fixtures.synthetic(sampleCount: 1800)
  let first = run(engine, samples)
  #expect(!first.isEmpty)
  engine.restart(leads: .limb)
  #expect(engine.windowsEvaluated == 0)
  #expect(engine.framesUsed == 0)
  #expect(engine.probabilities.allSatisfy { $0.isNaN })
  _ = run(engine, Array(samples[700...]))
  engine.restart(leads: .twelve)
  #expect(run(engine, samples) == first)
}

@Test("statements that need leads which are missing are not assessed")
func assessedByLeads() throws {
  let model = try Fixtures.tiny.get()  // NORM and STE_ need twelve leads, AFIB a limb lead
  let engine = try FindingsEngine(model: model, sampleRate: 250)
  let samples = Fixtures.synthetic(sampleCount: 500)
  func assessed(_ leads: LeadSet) -> [Bool] {
    engine.restart(leads: leads)
    #expect(!run(engine, samples).isEmpty)
    return engine.probabilities.map { !$0.isNaN }
  }
  #expect(assessed(.twelve) == [true, true, true])
  #expect(assessed(LeadSet.twelve.subtracting(LeadSet(.V6))) == [false, true, false])
  #expect(assessed(LeadSet(.II)) == [false, true, false])
  #expect(assessed(LeadSet([LeadSet(.V1), LeadSet(.V5)])) == [false, false, false])
}

@Test("missing leads do not reach the model, not even as noise or NaN")
func missingLeadsIgnored() throws {
  let engine = try FindingsEngine(model: Fixtures.tiny.get(), sampleRate: 250)
  let samples = Fixtures.synthetic(sampleCount: 700)
  engine.restart(leads: .limb)
  let first = run(engine, samples)
  engine.restart(leads: .limb)
  let others = samples.map { sample in sample[..<6] + [.nan, .infinity, 3e30, 1, -7, .nan] }
  #expect(run(engine, others.map(Array.init)) == first)
  #expect(engine.samplesRefused == 0)
}

@Test("a present lead that is not a number restarts the stream and poisons nothing")
func notANumber() throws {
  let engine = try FindingsEngine(model: Fixtures.tiny.get(), sampleRate: 250)
  let samples = Fixtures.synthetic(sampleCount: 900)
  let clean = run(engine, samples)
  for bad in [Float.nan, .infinity, -.infinity] {
    engine.restart(leads: .twelve)
    var damaged = samples[0]
    damaged[4] = bad
    _ = run(engine, Array(samples[..<333]))
    #expect(!engine.push(damaged))
    #expect(engine.windowsEvaluated == 0)
    #expect(run(engine, samples) == clean)
  }
  #expect(engine.samplesRefused == 3)
}

@Test("the largest finite numbers saturate the codes and trap nothing")
func largestNumbers() throws {
  let engine = try FindingsEngine(model: Fixtures.tiny.get(), sampleRate: 500)
  let extreme = Float.greatestFiniteMagnitude
  let samples = (0..<1000).map { index in
    (0..<12).map { lead in (index / 7 + lead).isMultiple(of: 2) ? extreme : -extreme }
  }
  let evaluations = run(engine, samples)
  #expect(!evaluations.isEmpty)
  #expect(evaluations.allSatisfy { $0.probabilities.allSatisfy { $0 != nil } })
}

@Test("the end of a short record is evaluated with the frames there are, if they are enough")
func shortRecords() throws {
  let model = try Fixtures.tiny.get()
  let graph = model.graph
  let engine = try FindingsEngine(model: model, sampleRate: 100)
  let samples = Fixtures.synthetic(sampleCount: 200)
  for count in 1...120 {
    engine.restart(leads: .twelve)
    let isFull = !run(engine, Array(samples[..<count])).isEmpty
    // At 100 Hz the window of the resampler reaches 8 samples ahead.
    let frames = graph.frameCount(sampleCount: max(0, count - 8))
    #expect(isFull == (frames >= graph.windowFrames))
    let isEvaluated = engine.finish()
    #expect(isEvaluated == (!isFull && frames >= graph.minimumFrames))
    if isEvaluated { #expect(engine.framesUsed == frames) }
    #expect(!engine.finish())
  }
}

@Test(
  "pushing allocates nothing, windows and restarts included", .enabled(if: allocationsAreCountable))
func pushingAllocatesNothing() throws {
  let engine = try FindingsEngine(model: Fixtures.tiny.get(), sampleRate: 500, stepSeconds: 0.5)
  let sampleCount = 5000
  let samples = Fixtures.synthetic(sampleCount: sampleCount).flatMap(\.self)
  samples.withUnsafeBufferPointer { buffer in
    guard let start = buffer.baseAddress else { return }
    func run() {
      engine.restart(leads: .twelve)
      for index in 0..<sampleCount { _ = engine.push(start + index * 12) }
      engine.restart(leads: .limb)
      for index in 0..<300 { _ = engine.push(start + index * 12) }
      _ = engine.finish()
    }
    run()
    #expect(countAllocations { run() } == 0)
  }
}

@Test("a rate that the model cannot use is refused in words")
func refusedRate() throws {
  let error = #expect(throws: ModelError.self) {
    try FindingsEngine(model: Fixtures.tiny.get(), sampleRate: 50)
  }
  #expect(error?.description.contains("100 to 10000 Hz") == true)
}
