// What the simulated patient has: a rhythm or a drawn test waveform, and how. docs/simulation.md describes each.

/// A scene for the simulated patient.
public struct PatientScript: Hashable, Sendable {
  /// The rhythms that can be played.
  public enum Rhythm: String, CaseIterable, Sendable {
    /// Normal sinus rhythm.
    case nsr
    /// Sinus bradycardia and tachycardia.
    case brady, tachy
    /// First-degree AV block; second degree after Wenckebach, after Mobitz (type II, 2:1 with `conduction=2`);
    /// complete, with an escape rhythm.
    case avb1, wenckebach, mobitz2, avb3
    /// Atrial fibrillation, atrial flutter.
    case af, flutter
    /// Regular narrow rhythms without P waves: re-entry through the AV node, and the AV node's own.
    case svt, junctional
    /// Ventricular rhythms: accelerated idioventricular, monomorphic and polymorphic tachycardia, fibrillation.
    case aivr, vt, pvt, vf
    /// No heart beat.
    case asystole
    /// Paced: the atria, the ventricles, both.
    case aai, vvi, ddd

    /// Beats a minute unless `hr` says otherwise. Of AV blocks of the first and second degree it is the atria's
    /// rate, of a complete block the escape rhythm's, of paced rhythms the pacemaker's.
    var defaultRate: Double {
      switch self {
      case .nsr, .avb1, .wenckebach, .mobitz2, .vf, .asystole: 72
      case .brady: 40
      case .tachy: 140
      case .avb3: 38
      case .af: 95
      case .flutter: 150
      case .svt, .vt: 190
      case .junctional: 50
      case .aivr: 75
      case .pvt: 220
      case .aai, .vvi, .ddd: 60
      }
    }

    static let sinus: Set<Rhythm> = [.nsr, .brady, .tachy]
    static let paced: Set<Rhythm> = [.aai, .vvi, .ddd]
    /// Conducted from the atria, so that a bundle branch can be blocked and an infarct can lift the ST segment.
    static let supraventricular: Set<Rhythm> = sinus.union([
      .avb1, .wenckebach, .mobitz2, .af, .flutter, .svt, .junctional, .aai,
    ])
  }

  /// What plays.
  public enum Scene: Hashable, Sendable {
    /// A beating, or not beating, heart.
    case rhythm(Rhythm)
    /// A drawn waveform of the monitor standards.
    case waveform(TestWaveform)
  }

  /// A bundle branch that does not conduct.
  public enum Block: String, CaseIterable, Sendable {
    /// The left, the right.
    case lbbb, rbbb
  }

  /// A wall of the heart.
  public enum Wall: String, CaseIterable, Sendable {
    /// As seen by V1-V4; by II, III and aVF; by I, aVL, V5 and V6; by V7-V9 (and upside down by V1-V3).
    case anterior, inferior, lateral, posterior
  }

  /// Ectopic beats: `count` of them in a row end every group of `every` beats.
  public struct Ectopy: Hashable, Sendable {
    /// Beats in a group, ectopic ones included.
    public var every: Int
    /// Ectopic beats in a group.
    public var count: Int
  }

  /// An electrode that comes off.
  public struct ElectrodeOff: Hashable, Sendable {
    /// The electrode: RA, LA, LL or V1-V6.
    public var electrode: String
    /// Seconds from the start.
    public var from: Double
    /// Seconds from the start at which it is on again.
    public var until: Double
  }

  /// What plays between onset and offset.
  public var scene: Scene
  /// Beats a minute of the scene.
  public var heartRateBPM: Double
  /// Beats a minute of the sinus rhythm before and after it.
  public var baseRateBPM = 72.0
  /// Seconds of normal sinus rhythm before it.
  public var onsetSeconds = 0.0
  /// From here on there is sinus rhythm again.
  public var offsetSeconds = Double.infinity
  /// Seed of everything random.
  public var seed: UInt64 = 1
  /// Samples a second.
  public var sampleRate = 500.0

  /// Heart rate variability, times what a healthy adult has at rest; 0 for a metronome.
  public var variability = 1.0
  /// Atrial beats to one that is conducted (flutter), or to one that is not (second-degree blocks); nil for
  /// the rhythm's own, 0 for one that varies.
  public var conduction: Int?
  /// The atria's own rate where it is not the ventricles' (complete block, VT, asystole); 0 for none.
  public var atrialRateBPM: Double?
  /// PR interval in seconds at 72 a minute; nil for the rhythm's own.
  public var prSeconds: Double?
  /// Premature beats of the ventricles and of the atria.
  public var ventricularEctopy: Ectopy?
  public var atrialEctopy: Ectopy?
  /// Foci of ventricular premature beats, 1 or 2.
  public var focusCount = 1
  /// A bundle branch block of every conducted beat.
  public var block: Block?
  /// A wall whose leads see their ST segment shifted.
  public var wall: Wall?
  /// The shift at J + 60 ms in the lead that sees most of it.
  public var stMicrovolts = 0.0
  /// The sinus rate below a pacemaker, conducted by the AV node unless the mode is ddd; 0 for none. Nil: 40 for aai and
  /// ddd; for vvi P waves of 80 a minute that are not conducted.
  public var intrinsicRateBPM: Double?
  /// Every so many pacing pulses one that does not capture; every so many of the heart's own beats one that is not
  /// sensed. 0 for never, 1 for all.
  public var captureFailure = 0
  public var sensingFailure = 0
  /// Pacing pulses of this height, 0.5 ms wide, in millivolts.
  public var pulseMillivolts = 10.0

  /// Amplifier noise of every channel, root mean square.
  public var noiseMicrovolts = 5.0
  /// Baseline wander with the breath, amplitude.
  public var wanderMicrovolts = 40.0
  /// Mains hum, amplitude and frequency.
  public var mainsMicrovolts = 0.0
  public var mainsHz = 50.0
  /// Muscle noise of a limb lead, root mean square.
  public var muscleMicrovolts = 0.0
  /// Electrode motion: height of the largest transients of an electrode.
  public var motionMicrovolts = 0.0
  /// An electrode that comes off.
  public var electrodeOff: ElectrodeOff?

  /// A scene with its own rate and everything else as usual.
  init(scene: Scene) {
    self.scene = scene
    switch scene {
    case .rhythm(let rhythm): heartRateBPM = rhythm.defaultRate
    case .waveform(let waveform):
      heartRateBPM = 80
      waveform.setDefaults(of: &self)
    }
  }
}
