// Patients who fall ill at a known second, each other than the last: rhythm, rates, size of the signal, leads,
// noise, shape of the beats and the time of the onset all come from one seed.

import TestSupport

/// What begins.
enum Onset: String, CaseIterable {
  case asystole, vf, vt, brady, tachy

  /// Alarms that tell it: its own, or one as grave. A rate beyond the limit may be told by either alarm of rate.
  var alarms: Set<String> {
    switch self {
    case .asystole: ["asystole"]
    case .vf, .vt: ["ventricularFibrillation", "ventricularTachycardia", "extremeTachycardia"]
    case .brady: ["bradycardia", "extremeBradycardia", "asystole"]
    case .tachy:
      [
        "tachycardia", "extremeTachycardia", "ventricularTachycardia", "ventricularFibrillation",
      ]
    }
  }
}

/// One patient.
struct OnsetScenario {
  let onset: Onset
  /// Seconds from the start.
  let onsetSeconds: Double
  /// For the simulated patient.
  let script: String
  /// What the signal is multiplied with: 1 mV of QRS is small or large.
  let amplitude: Double
  /// Channels that the monitor sees of I, II, V1-V6.
  let channels: [Int]

  /// Alarms must come within so many seconds.
  static let limitSeconds = 10.0

  init(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    func number(_ range: ClosedRange<Double>) -> Double { .random(in: range, using: &random) }
    func pick<Value>(_ values: [Value]) -> Value {
      values[Int.random(in: values.indices, using: &random)]
    }
    onset = Onset.allCases[Int(seed) % Onset.allCases.count]
    onsetSeconds = (100 * number(15...30)).rounded() / 100
    amplitude = number(0.6...2.5)
    channels = pick([[1], [0], [1, 2], [0, 1], Array(0..<8)])
    var options = [
      "onset=\(onsetSeconds)", "seed=\(seed)", "base=\(Int(number(55...100)))",
      "noise=\(Int(number(2...15)))", "wander=\(Int(number(0...200)))",
      "mains=\(Int(number(0...60)))", "muscle=\(Int(number(0...20)))",
      "motion=\(Int(number(0...200)))", "hrv=\(pick([0, 1, 2]))",
    ]
    switch onset {
    case .asystole: options.append("atrial=\(pick([0, 0, 60, 90]))")
    case .vf: break
    case .vt: options += ["hr=\(Int(number(130...230)))", "atrial=\(pick([0, 80]))"]
    case .brady: options += ["hr=\(Int(number(25...45)))"] + pick(Self.blocks)
    case .tachy: options += ["hr=\(Int(number(130...210)))"] + pick(Self.blocks)
    }
    script = "\(onset.rawValue)?" + options.joined(separator: "&")
  }

  private static let blocks: [[String]] = [[], [], ["block=lbbb"], ["block=rbbb"]]
}
