// What an activation of the ventricles or the atria looks like: tables of dipole waves. Amplitudes and directions are
// chosen so that the leads show what textbooks describe; tests measure durations, axes and polarities.

/// The waves of one activation. Times count from the onset of its QRS.
struct BeatShape {
  /// The main peak: where an annotator would set the mark.
  var peakSeconds: Double
  /// QRS duration, as drawn.
  var durationSeconds: Double
  var qrs: [Wave]
  /// The T wave; its place follows from the QT interval.
  var t: Wave

  /// By the normal way, 90 ms: septal q, R to the left and the feet, S to the back; T along the R.
  static let normal = BeatShape(
    peakSeconds: 0.042, durationSeconds: 0.09,
    qrs: [
      Wave(0.020, 0.008, -0.08, -0.04, -0.20), Wave(0.042, 0.011, 1.10, 0.75, 0.35),
      Wave(0.068, 0.011, -0.15, -0.10, 0.55),
    ], t: Wave(0, rise: 0.055, fall: 0.038, Dipole(x: 0.30, y: 0.22, z: -0.12)))

  /// Left bundle branch block, 150 ms: no septal q, a slow notched R to the left and back, T against it.
  static let leftBundleBranchBlock = BeatShape(
    peakSeconds: 0.062, durationSeconds: 0.15,
    qrs: [
      Wave(0.034, 0.014, 0.30, 0.25, 0.25), Wave(0.062, 0.016, 0.75, 0.35, 0.75),
      Wave(0.094, 0.017, 0.80, 0.20, 0.80), Wave(0.122, 0.012, 0.25, 0.02, 0.30),
    ], t: Wave(0, rise: 0.060, fall: 0.042, Dipole(x: -0.30, y: -0.10, z: -0.35)))

  /// Right bundle branch block, 140 ms: a normal beginning, then slowly to the right and front (R' in V1, wide S in I).
  static let rightBundleBranchBlock = BeatShape(
    peakSeconds: 0.042, durationSeconds: 0.14,
    qrs: [
      Wave(0.020, 0.008, -0.08, -0.04, -0.20), Wave(0.042, 0.011, 1.05, 0.75, 0.30),
      Wave(0.066, 0.010, 0.05, 0.00, 0.45), Wave(0.098, 0.017, -0.50, 0.05, -0.60),
    ], t: Wave(0, rise: 0.055, fall: 0.040, Dipole(x: 0.30, y: 0.20, z: 0.15)))

  /// From a focus of the ventricles, 170 ms: away from it all at once, T against it.
  static let ventricular = [
    BeatShape(
      peakSeconds: 0.082, durationSeconds: 0.17,
      qrs: [
        Wave(0.038, 0.016, 0.25, -0.30, 0.40), Wave(0.082, 0.022, -0.80, 1.10, -1.10),
        Wave(0.130, 0.018, 0.30, -0.20, 0.60),
      ], t: Wave(0, rise: 0.060, fall: 0.042, Dipole(x: 0.30, y: -0.45, z: 0.40))),
    BeatShape(
      peakSeconds: 0.078, durationSeconds: 0.17,
      qrs: [
        Wave(0.040, 0.016, 0.20, -0.10, -0.15), Wave(0.078, 0.022, 0.95, -0.95, 0.85),
        Wave(0.130, 0.018, 0.15, -0.40, 0.30),
      ], t: Wave(0, rise: 0.060, fall: 0.042, Dipole(x: -0.35, y: 0.40, z: -0.35))),
  ]

  /// Paced from the apex of the right ventricle, 160 ms: to the left, up and back, T against it.
  static let paced = BeatShape(
    peakSeconds: 0.070, durationSeconds: 0.16,
    qrs: [
      Wave(0.036, 0.014, 0.20, -0.35, 0.15), Wave(0.070, 0.020, 0.75, -0.80, 0.70),
      Wave(0.116, 0.018, 0.40, -0.45, 0.45),
    ], t: Wave(0, rise: 0.060, fall: 0.042, Dipole(x: -0.30, y: 0.35, z: -0.30)))

  /// P waves from their onset: about 100 ms, from the sinus node; from a focus low in the atrium.
  static let sinusP = Wave(0.050, 0.020, 0.05, 0.11, -0.01)
  static let ectopicP = Wave(0.045, 0.018, 0.06, -0.06, -0.03)
  /// A flutter wave of the common kind: slowly up to the head, quickly back; upright in V1.
  static let flutterWave = Wave(
    0.110, rise: 0.055, fall: 0.026, Dipole(x: -0.03, y: -0.20, z: -0.10))

  /// The waves of a beat whose QRS begins at a time.
  ///
  /// - Parameters:
  ///   - qtSeconds: from the onset of QRS to the end of T, by the tangent: two deviations after its peak.
  ///   - stretch: below 1 for tachycardias so fast that a wide beat has no time for its shape.
  func waves(at onset: Double, qtSeconds: Double, stretch: Double, gain: Double) -> [Wave] {
    // A short QT has a short T.
    let tStretch = min(1.2, max(0.55, qtSeconds / 0.4))
    var late = t.placed(at: 0, stretch: tStretch)
    late.centre = max(qtSeconds - 2 * late.fall, durationSeconds + 0.06)
    return (qrs + [late]).map { $0.placed(at: onset, stretch: stretch, gain: gain) }
  }

  /// The same, turned in the frontal plane.
  func turned(turns: Double) -> BeatShape {
    var shape = self
    for position in shape.qrs.indices {
      shape.qrs[position].dipole = shape.qrs[position].dipole.turned(turns: turns)
    }
    shape.t.dipole = shape.t.dipole.turned(turns: turns)
    return shape
  }
}
