// Weights of the ventricular evidence (`BeatEvidence.parts`): a logistic regression on MIT-BIH, fitted by
// Tests/SignalProcessingTests/Fixtures/fit_beat_weights.py, which prints what they reach on records left out.

enum BeatWeights {
  static let bias: Float = -5.34
  static let parts: InlineArray<5, Float> = [0.60, 0.82, 1.05, 5.39, 3.01]
}
