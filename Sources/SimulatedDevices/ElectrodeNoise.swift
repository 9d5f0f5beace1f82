// What electrodes pick up besides the heart: muscle noise and motion of each electrode, seen by the leads that use it;
// mains hum and breath. In microvolts.

/// The noise of one patient. Its sequence belongs to one sample rate.
struct ElectrodeNoise {
  private let script: PatientScript
  private let sampleRate: Double
  private var generator: SeededGenerator
  /// RA, LA, LL, V1-V6.
  private var electrodes: [Electrode]
  private var microvolts = [Double](repeating: 0, count: 9)
  private let muscleGain: Double
  private let muscleFilter: (high: Double, low: Double)

  private struct Electrode {
    var high = 0.0
    var low = 0.0
    /// The transient that plays: when it began, how large and how long it is.
    var start = -1.0
    var height = 0.0
    var timeConstant = 0.2
    var next = 0.0
  }

  init(script: PatientScript, sampleRate: Double) {
    self.script = script
    self.sampleRate = sampleRate
    generator = SeededGenerator(seed: script.seed ^ 0xE1EC)
    electrodes = Array(repeating: Electrode(), count: 9)
    for position in electrodes.indices { electrodes[position].next = 8 * generator.uniform() }
    // Surface EMG lies between about 20 and 150 Hz: one pole at either end.
    let low = 1 - ExactMath.exponential(-2 * .pi * min(150, 0.4 * sampleRate) / sampleRate)
    let high = 1 - ExactMath.exponential(-2 * .pi * 20 / sampleRate)
    muscleFilter = (high, low)
    var probe = Electrode()
    var energy = 0.0
    for sample in 0..<Int(sampleRate) {
      let value = Self.muscle(&probe, (high, low), sample == 0 ? 1 : 0)
      energy += value * value
    }
    // A limb lead is the difference of two electrodes.
    muscleGain = script.muscleMicrovolts / (2 * energy).squareRoot()
  }

  /// One step of white noise through a high-pass and a low-pass.
  private static func muscle(
    _ electrode: inout Electrode, _ filter: (high: Double, low: Double), _ white: Double
  ) -> Double {
    electrode.high += filter.high * (white - electrode.high)
    electrode.low += filter.low * (white - electrode.high - electrode.low)
    return electrode.low
  }

  /// Goes on by one sample.
  mutating func step(to seconds: Double) {
    if script.muscleMicrovolts > 0 {
      for position in electrodes.indices {
        microvolts[position] =
          muscleGain
          * Self.muscle(&electrodes[position], muscleFilter, generator.normal())
      }
    }
    if script.motionMicrovolts > 0 {
      for position in electrodes.indices {
        if script.muscleMicrovolts == 0 { microvolts[position] = 0 }
        microvolts[position] += motion(position, at: seconds)
      }
    }
  }

  /// Transients of an electrode that is moved, one every 1-8 s: up within 0.1-0.4 s, slower down.
  private mutating func motion(_ position: Int, at seconds: Double) -> Double {
    if seconds >= electrodes[position].next {
      electrodes[position].start = electrodes[position].next
      electrodes[position].next += 1 + 7 * generator.uniform()
      electrodes[position].height = script.motionMicrovolts * (2 * generator.uniform() - 1)
      electrodes[position].timeConstant = 0.1 + 0.3 * generator.uniform()
    }
    guard electrodes[position].start >= 0 else { return 0 }
    let time = (seconds - electrodes[position].start) / electrodes[position].timeConstant
    return electrodes[position].height * time * ExactMath.exponential(1 - time)
  }

  /// What channel I, II, V1...V6 (0...7) sees.
  mutating func microvolts(channel: Int, at seconds: Double) -> Double {
    let (right, left, foot) = (microvolts[0], microvolts[1], microvolts[2])
    var sum =
      switch channel {
      case 0: left - right
      case 1: foot - right
      default: microvolts[channel + 1] - (right + left + foot) / 3
      }
    // In turns: a radian between neighbours for the breath, 0.3 for the mains.
    let shift = Double(channel) / (2 * .pi)
    sum += ExactMath.sine(turns: 0.23 * seconds + shift) * script.wanderMicrovolts
    if script.mainsMicrovolts > 0 {
      sum +=
        ExactMath.sine(turns: script.mainsHz * seconds + 0.3 * shift) * script.mainsMicrovolts
    }
    return sum + generator.normal() * script.noiseMicrovolts
  }
}
