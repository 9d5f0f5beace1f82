// What really happens in the simulated patient: beats with their classes and episodes of rhythm, to score detectors.

import Recordings

/// A beat of the simulated heart.
public struct SimulatedBeat: Hashable, Sendable {
  /// When its QRS has its main peak.
  public var seconds: Double
  /// WFDB's symbol: N normal, L and R with a bundle branch block, A and S from the atria or the AV node too early, V
  /// from the ventricles, j and E escape beats of the AV node and the ventricles, / paced.
  public var symbol: String
}

/// A stretch of one rhythm.
public struct SimulatedEpisode: Hashable, Sendable {
  /// WFDB's name, as "(AFIB"; "(HB3" for a complete AV block and "(ASYS" for asystole, which it does not name.
  public var name: String
  /// Seconds from the start.
  public var from: Double
  /// See `from`; infinity for the last.
  public var until: Double
}

/// Ground truth of a script.
public struct PatientTruth: Sendable {
  /// The beats in their order.
  public private(set) var beats: [SimulatedBeat] = []
  /// The rhythms in their order; of a test waveform none.
  public private(set) var episodes: [SimulatedEpisode] = []

  /// The first `seconds` of a script.
  public init(of script: PatientScript, seconds: Double) {
    switch script.scene {
    case .waveform(let waveform):
      beats = waveform.beats(script: script, until: seconds)
    case .rhythm:
      var plan = HeartPlan(script: script)
      plan.plan(until: seconds + 1)
      beats = plan.beats.filter { $0.seconds < seconds }
      episodes = script.segments.filter { $0.from < seconds }.map {
        SimulatedEpisode(name: $0.name(in: script), from: $0.from, until: $0.until)
      }
    }
  }

  /// The truth as annotations of a record: beats, changes of rhythm, and the marks around ventricular fibrillation.
  public func annotations(sampleRate: Double) -> [Annotation] {
    func sample(_ seconds: Double) -> Int { Int((seconds * sampleRate).rounded()) }
    var marks = beats.compactMap { Annotation(sample: sample($0.seconds), symbol: $0.symbol) }
    for episode in episodes {
      marks += [Annotation(sample: sample(episode.from), symbol: "+", auxiliary: episode.name)]
        .compactMap(\.self)
      guard episode.name == "(VF" else { continue }
      marks += [Annotation(sample: sample(episode.from), symbol: "[")].compactMap(\.self)
      if episode.until.isFinite {
        marks += [Annotation(sample: sample(episode.until), symbol: "]")].compactMap(\.self)
      }
    }
    return marks.enumerated().sorted {
      ($0.element.sample, $0.offset) < ($1.element.sample, $1.offset)
    }
    .map(\.element)
  }
}

extension RhythmSegment {
  /// WFDB's name of the rhythm.
  fileprivate func name(in script: PatientScript) -> String {
    switch rhythm {
    case .nsr, .tachy:
      switch isScene ? script.ventricularEctopy : nil {
      case PatientScript.Ectopy(every: 2, count: 1): "(B"
      case PatientScript.Ectopy(every: 3, count: 1): "(T"
      default: "(N"
      }
    case .brady: "(SBR"
    case .avb1: "(BI"
    case .wenckebach, .mobitz2: "(BII"
    case .avb3: "(HB3"
    case .af: "(AFIB"
    case .flutter: "(AFL"
    case .svt: "(SVTA"
    case .junctional: "(NOD"
    case .aivr: "(IVR"
    case .vt, .pvt: "(VT"
    case .vf: "(VF"
    case .asystole: "(ASYS"
    case .aai, .vvi, .ddd: "(P"
    }
  }
}
