// A waveform that repeats, drawn from triangles and half sines.

/// A wave of a drawn pattern; times in seconds from the start of the pattern.
struct DrawnWave: Hashable {
  enum Form {
    /// Up to 7/8 of the height, down to -1/8 and back.
    case qrs
    case triangle
    /// A triangle that falls steeply and rises slowly.
    case saw
    case halfSine
    /// One turn of a cosine, raised: without a corner.
    case round
  }

  var start: Double
  var duration: Double
  var height: Double
  var form: Form
  /// WFDB's symbol of the beat whose main wave it is.
  var symbol: String?

  func value(at seconds: Double) -> Double {
    let share = (seconds - start) / duration
    guard share >= 0, share <= 1 else { return 0 }
    switch form {
    case .halfSine: return height * ExactMath.sine(turns: share / 2)
    case .round: return height * 0.5 * (1 - ExactMath.cosine(turns: share))
    case .triangle: return height * (share < 0.5 ? 2 * share : 2 - 2 * share)
    case .saw: return height * (share < 0.4 ? share / 0.4 : (1 - share) / 0.6)
    case .qrs:
      if share < 7.0 / 16 { return height * 2 * share }
      if share < 15.0 / 16 { return height * (7.0 / 8 - 2 * (share - 7.0 / 16)) }
      return height * 2 * (share - 1)
    }
  }

  var peakSeconds: Double {
    switch form {
    case .qrs: start + 7.0 / 16 * duration
    case .saw: start + 0.4 * duration
    case .triangle, .halfSine, .round: start + duration / 2
    }
  }
}

/// Waves that come again after a period; none is longer than one.
struct DrawnPattern {
  var period: Double
  var waves: [DrawnWave]

  /// Its value at a time from its start; cycles that begin at `until` or later are left out.
  func value(at seconds: Double, until end: Double) -> Double {
    guard seconds >= 0 else { return 0 }
    let cycle = (seconds / period).rounded(.down)
    var sum = 0.0
    for number in [cycle - 1, cycle] where number >= 0 && number * period < end {
      for wave in waves where number * period + wave.start < end {
        sum += wave.value(at: seconds - number * period)
      }
    }
    return sum
  }

  /// Its beats that begin before `end`, in seconds from its start plus `offset`.
  func beats(until end: Double, from offset: Double) -> [SimulatedBeat] {
    var beats: [SimulatedBeat] = []
    var number = 0.0
    while number * period < end {
      for wave in waves where number * period + wave.start < end {
        guard let symbol = wave.symbol else { continue }
        beats.append(
          SimulatedBeat(seconds: offset + number * period + wave.peakSeconds, symbol: symbol))
      }
      number += 1
    }
    return beats
  }
}

/// The irregular rhythms and tachycardias of EC13, figures 3 and 4, redrawn. 3a and 3b were measured on the PhysioNet
/// records aami3a and aami3b; of the others only name, rate and size are known.
extension DrawnPattern {
  /// 3a: two beats in 1.5 s, 80 a minute.
  static var bigeminy: DrawnPattern {
    DrawnPattern(
      period: 1.5,
      waves: [
        DrawnWave(start: 0, duration: 0.12, height: 0.10, form: .round),
        DrawnWave(start: 0.15, duration: 0.09, height: 0.38, form: .triangle, symbol: "N"),
        DrawnWave(start: 0.36, duration: 0.22, height: -0.12, form: .round),
        DrawnWave(start: 0.68, duration: 0.05, height: 0.14, form: .triangle),
        DrawnWave(start: 0.71, duration: 0.09, height: -0.75, form: .triangle, symbol: "V"),
        DrawnWave(start: 0.82, duration: 0.34, height: 0.26, form: .round),
      ])
  }

  /// 3b and 3c: four beats of which two are premature and of opposite directions. Gaps: from the negative one to
  /// the normal, the positive, the normal, the negative one again.
  static func alternatingBigeminy(gaps: (Double, Double, Double, Double)) -> DrawnPattern {
    let period = gaps.0 + gaps.1 + gaps.2 + gaps.3
    // In a rapid rhythm repolarisation is shorter.
    let t = min(1, period / 4 + 0.25)
    func normal(at peak: Double) -> [DrawnWave] {
      [
        DrawnWave(start: peak - 0.025, duration: 0.045, height: 0.25, form: .triangle, symbol: "N"),
        DrawnWave(start: peak + 0.02, duration: 0.03, height: -0.10, form: .triangle),
        DrawnWave(start: peak + 0.22 * t, duration: 0.16 * t, height: 0.12, form: .round),
      ]
    }
    let up = gaps.0 + gaps.1 + 0.1
    return DrawnPattern(
      period: period,
      waves: [
        DrawnWave(start: 0.05, duration: 0.11, height: -0.58, form: .triangle, symbol: "V"),
        DrawnWave(start: 0.1 + 0.11 * t, duration: 0.34 * t, height: 0.53, form: .round),
      ] + normal(at: gaps.0 + 0.1) + [
        DrawnWave(start: up - 0.06, duration: 0.11, height: 0.85, form: .triangle, symbol: "V"),
        DrawnWave(start: up + 0.06 * t, duration: 0.38 * t, height: -0.22, form: .round),
      ] + normal(at: up + gaps.2))
  }

  /// 3d: wide beats whose direction alternates, 90 a minute.
  static var bidirectional: DrawnPattern {
    DrawnPattern(
      period: 4.0 / 3,
      waves: [
        DrawnWave(start: 0, duration: 0.13, height: 0.8, form: .triangle, symbol: "V"),
        DrawnWave(start: 0.17, duration: 0.22, height: -0.25, form: .round),
        DrawnWave(start: 2.0 / 3, duration: 0.13, height: -0.8, form: .triangle, symbol: "V"),
        DrawnWave(start: 2.0 / 3 + 0.17, duration: 0.22, height: 0.25, form: .round),
      ])
  }

  /// 4a and 4b: wide complexes without a pause between them; peak to peak as given.
  static func tachycardia(millivolts: Double, beatsPerMinute: Double) -> DrawnPattern {
    let period = 60 / beatsPerMinute
    return DrawnPattern(
      period: period,
      waves: [
        DrawnWave(
          start: 0, duration: 0.58 * period, height: 0.7 * millivolts, form: .saw, symbol: "V"),
        DrawnWave(
          start: 0.58 * period, duration: 0.40 * period, height: -0.3 * millivolts,
          form: .round),
      ])
  }
}
