// Weights of the ventricular evidence (`BeatEvidence.parts`): a logistic regression on MIT-BIH, fitted by
// Tests/SignalProcessingTests/Fixtures/fit_beat_weights.py, which prints what they reach on records left out.

enum BeatWeights {
  static let bias: Float = -5.01
  static let parts: InlineArray<5, Float> = [0.56, 0.98, 1.20, 4.56, 2.47]
}
