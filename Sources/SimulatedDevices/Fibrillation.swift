// Chaos: the fibrillatory waves of atria and ventricles as sums of sines whose rates and directions wander.

/// The waves of one patient.
struct Fibrillation {
  /// Phases in turns.
  private let phases: [Double]

  init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed ^ 0xF1B)
    phases = (0..<9).map { _ in generator.uniform() }
  }

  /// Fibrillatory waves of the atria: 6-7 a second (norm 4-9), largest in V1, about 0.1 mV.
  func atrialDipole(at seconds: Double) -> Dipole {
    let drift = 0.2 * ExactMath.sine(turns: 0.11 * seconds + phases[0])
    let first = ExactMath.sine(turns: 6.1 * seconds + 3 * drift + phases[1])
    let second = ExactMath.sine(turns: 7.3 * seconds - 2 * drift + phases[2])
    return Dipole(x: -0.01, y: 0.035, z: -0.045) * first
      + Dipole(x: 0.01, y: 0.02, z: -0.03) * second
  }

  /// Ventricular fibrillation: waves of 4-7 a second in changing directions, coarse.
  func ventricularDipole(at seconds: Double) -> Dipole {
    var sum = Dipole.zero
    for (position, frequency) in [4.3, 5.1, 5.9, 6.8].enumerated() {
      let phase = phases[position]
      let swelling = ExactMath.sine(turns: (0.21 + 0.07 * Double(position)) * seconds + phase)
      let wobble = 0.24 * ExactMath.sine(turns: 0.17 * seconds + phases[position + 4])
      let value =
        0.22 * (0.6 + 0.4 * swelling)
        * ExactMath.sine(turns: frequency * seconds + wobble + phase)
      let direction = phase + 0.143 * seconds
      sum =
        sum + Dipole(
          x: ExactMath.cosine(turns: direction), y: 1, z: ExactMath.sine(turns: direction)) * value
    }
    return sum
  }
}
