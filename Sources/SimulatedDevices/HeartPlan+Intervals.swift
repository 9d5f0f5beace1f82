// How long the simulated heart takes: intervals of the sinus node, the AV node and the ventricles, and what depends on
// the block and the infarct of the script.

extension PatientScript {
  /// The rhythms in order: sinus rhythm, the scene, sinus rhythm. A drawn waveform has none.
  var segments: [RhythmSegment] {
    guard case .rhythm(let rhythm) = scene else { return [] }
    return [
      RhythmSegment(
        rhythm: .nsr, rateBPM: baseRateBPM, from: 0, until: onsetSeconds, isScene: false),
      RhythmSegment(
        rhythm: rhythm, rateBPM: heartRateBPM, from: onsetSeconds, until: offsetSeconds,
        isScene: true),
      RhythmSegment(
        rhythm: .nsr, rateBPM: baseRateBPM, from: offsetSeconds, until: .infinity, isScene: false),
    ].filter { $0.from < $0.until }
  }
}

extension HeartPlan {
  /// The cycle of the atria; nil where no P waves are to be seen.
  var atrialInterval: Double? {
    let rate: Double? =
      switch segment.rhythm {
      case .nsr, .brady, .tachy, .avb1, .wenckebach, .mobitz2: segment.rateBPM
      case .flutter: segment.rateBPM * script.flutterRatio
      case .avb3, .vt: script.atrialRateBPM ?? 80
      case .asystole: script.atrialRateBPM
      case .aai, .ddd: script.intrinsicRateBPM ?? 40
      case .vvi: script.intrinsicRateBPM ?? 80
      case .af, .svt, .junctional, .aivr, .pvt, .vf: nil
      }
    return rate.flatMap { $0 > 0 ? 60 / $0 : nil }
  }

  /// The sinus node's next interval: breath (0.25 Hz), vessels (0.1 Hz) and slower causes move it. At 72 a minute
  /// the standard deviation is about 40 ms (short-term norm 50 +- 16 ms: Shaffer and Ginsberg, Front Public Health
  /// 2017); it shrinks as the heart gets faster.
  mutating func sinusInterval(_ interval: Double, at seconds: Double) -> Double {
    let breath = 0.04 * ExactMath.sine(turns: 0.25 * seconds)
    let vessels = 0.045 * ExactMath.sine(turns: 0.1 * seconds + 0.3)
    let slow = 0.03 * ExactMath.sine(turns: 0.017 * seconds + 0.1)
    let chance = 0.008 * generator.normal()
    let depth = script.variability * min(1, interval * 72 / 60)
    return interval * max(0.3, 1 + depth * (breath + vessels + slow + chance))
  }

  /// The next interval of a rhythm that does not follow the atria.
  mutating func ventricularInterval() -> Double {
    let interval = 60 / segment.rateBPM
    let chance = generator.normal()
    return switch segment.rhythm {
    case .af: max(0.25, interval * max(0.45, 1 + 0.24 * chance))
    case .pvt: interval * max(0.7, 1 + 0.06 * chance)
    default: interval * (1 + 0.01 * chance)
    }
  }

  /// The next PR interval, nil when the AV node does not conduct. 160 ms at 72 a minute (norm 120-200), shorter in
  /// a fast heart.
  mutating func prSeconds() -> Double? {
    guard let cycle = atrialInterval else { return nil }
    if segment.rhythm == .vvi && script.intrinsicRateBPM == nil { return nil }
    var seconds: Double
    switch segment.rhythm {
    case .nsr, .brady, .tachy, .aai, .vvi: seconds = script.prSeconds ?? 0.16
    case .avb1: seconds = script.prSeconds ?? 0.28
    case .flutter: return stepInGroup(own: 2, random: 2) == 1 ? 0.2 : nil
    case .mobitz2:
      if stepInGroup(own: 4, random: 2) == groupLength { return nil }
      seconds = script.prSeconds ?? 0.16
    case .wenckebach:
      let step = stepInGroup(own: 4, random: 3)
      if step == groupLength { return nil }
      // Each interval is longer than the last, by less and less.
      let more = [0, 0.09, 0.14, 0.17, 0.19, 0.20, 0.21]
      seconds = (script.prSeconds ?? 0.2) + more[min(step, more.count) - 1]
    default: return nil
    }
    if !segment.isScene { seconds = 0.16 }
    return min(0.8 * cycle, seconds * (0.7 + 0.3 * min(1.5, cycle * 72 / 60)))
  }

  /// Counts the P waves of a group from 1; a group that varies has `random` to `random` + 2.
  private mutating func stepInGroup(own: Int, random: Int) -> Int {
    if groupPosition >= groupLength {
      groupPosition = 0
      groupLength =
        script.conduction == 0
        ? random + Int(generator.uniform() * 3) : script.conduction ?? own
    }
    groupPosition += 1
    return groupPosition
  }

  /// QT interval after Framingham's line, QT = 0.40 s - 0.154 (1 s - RR) (Sagie et al., Am J Cardiol 1992), and never
  /// more than three quarters of RR or 0.6 s.
  static func qtSeconds(interval: Double) -> Double {
    min(0.4 - 0.154 * (1 - interval), 0.75 * interval, 0.6)
  }

  /// What an impulse from the atria looks like in the ventricles.
  var conductedShape: BeatShape {
    switch segment.isScene ? script.block : nil {
    case .lbbb: .leftBundleBranchBlock
    case .rbbb: .rightBundleBranchBlock
    case nil: .normal
    }
  }

  /// The beat's code in annotation files.
  var conductedSymbol: String {
    switch segment.isScene ? script.block : nil {
    case .lbbb: "L"
    case .rbbb: "R"
    case nil: "N"
    }
  }

  /// A wave of flutter lasts as long as the atria's cycle.
  var flutterWave: Wave {
    BeatShape.flutterWave.placed(at: 0, stretch: (atrialInterval ?? 0.2) / 0.2)
  }

  /// The current of injury behind a conducted beat, times from its onset: a plateau around J + 60 ms. The lead
  /// that sees most of it sees the script's microvolts.
  func shiftOfST(behind shape: BeatShape) -> Wave? {
    guard segment.isScene, let wall = script.wall, script.stMicrovolts != 0 else { return nil }
    let (direction, lead): (Dipole, Int) =
      switch wall {
      case .anterior: (Dipole(x: 0.35, y: 0, z: -1), 4)
      case .inferior: (Dipole(x: -0.15, y: 1, z: 0.2), -1)
      case .lateral: (Dipole(x: 1, y: -0.45, z: 0.2), 6)
      case .posterior: (Dipole(x: 0.1, y: 0.1, z: 1), 3)
      }
    // Lead III is not measured: it is II less I.
    let seen =
      lead >= 0
      ? direction.projected(on: lead) : direction.projected(on: 1) - direction.projected(on: 0)
    return Wave(
      shape.durationSeconds + 0.075, rise: 0.016, fall: 0.045, halfPlateau: 0.035,
      direction * (script.stMicrovolts / 1000 / abs(seen)))
  }
}
