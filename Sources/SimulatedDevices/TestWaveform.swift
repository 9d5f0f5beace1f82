// Drawn equivalents of the test waveforms of ANSI/AAMI EC13 and IEC 60601-2-27. They are not the standards'
// digitised waveforms: rates, sizes and durations are what manufacturers disclose, the shapes are redrawn.
// docs/simulation.md says where each number is from.

/// A test waveform in lead II; lead I shows 0.6 of it, V1-V6 the whole.
public struct TestWaveform: Hashable, Sendable {
  enum Kind: String, CaseIterable {
    /// Irregular rhythms: ventricular bigeminy, slow and rapid alternating bigeminy, bidirectional systoles.
    case bigeminy = "ec13-3a"
    case slowBigeminy = "ec13-3b"
    case rapidBigeminy = "ec13-3c"
    case bidirectional = "ec13-3d"
    /// Ventricular tachycardias of 1 mV at 206 and of 2 mV at 195 a minute.
    case tachycardia = "ec13-4a"
    case largeTachycardia = "ec13-4b"
    /// Trains of QRS: of chosen size, with tall T waves, with drift, with mains hum.
    case qrs = "ec13-qrs"
    case tallT = "ec13-tall-t"
    case drift = "ec13-drift"
    case mains = "ec13-mains"
    /// Trains that become faster, slower or nothing.
    case stepTo120 = "ec13-step-120"
    case stepTo40 = "ec13-step-40"
    case low = "ec13-low"
    case high = "ec13-high"
    case standstill = "ec13-standstill"
  }

  let kind: Kind
  /// Everything but mains hum is so many times larger.
  public var gain = 1.0
  /// Peak to peak of the QRS in a train, its duration, and the height of its T wave.
  public var amplitudeMillivolts = 1.0
  public var widthSeconds = 0.1
  public var tMillivolts = 0.0

  /// The name as written after `sim:`.
  public var name: String { kind.rawValue }

  /// All names.
  public static var names: [String] { Kind.allCases.map(\.rawValue) }

  /// A waveform by its name.
  public init?(named name: String) {
    guard let kind = Kind(rawValue: name) else { return nil }
    self.kind = kind
    if kind == .tallT { tMillivolts = 1.2 }
  }

  private static let patterns: Set<Kind> = [
    .bigeminy, .slowBigeminy, .rapidBigeminy, .bidirectional, .tachycardia, .largeTachycardia,
  ]

  /// Whether an option of the script changes this waveform.
  func takes(_ option: PatientScript.Option) -> Bool {
    switch option {
    case .onset, .seed, .rate, .base, .gain, .noise, .wander, .mains, .mainshz, .muscle, .motion,
      .leadoff:
      true
    case .hr, .t: !Self.patterns.contains(kind) && kind != .standstill
    case .amplitude, .width: !Self.patterns.contains(kind) || kind.startsWithTrain
    default: false
    }
  }

  /// What the script is unless it says otherwise.
  func setDefaults(of script: inout PatientScript) {
    script.noiseMicrovolts = 0
    script.wanderMicrovolts = 0
    script.baseRateBPM = 80
    script.heartRateBPM =
      switch kind {
      case .stepTo120: 120
      case .stepTo40: 40
      case .low: 30
      case .high: 200
      default: 80
      }
    switch kind {
    // PhysioNet's records of these begin with half a minute of triangles.
    case .tachycardia, .largeTachycardia, .stepTo120, .stepTo40: script.onsetSeconds = 30
    case .low, .high, .standstill: script.onsetSeconds = 20
    case .mains: script.mainsMicrovolts = 50
    default: break
    }
  }

  /// Lead II in millivolts.
  func millivolts(at seconds: Double, script: PatientScript) -> Double {
    var sum = 0.0
    let train = trainPattern(rate: script.baseRateBPM)
    let scene = pattern(script)
    if script.onsetSeconds > 0 {
      sum += train.value(at: seconds - Self.lead, until: script.onsetSeconds - Self.lead)
    }
    sum += scene.value(at: seconds - script.onsetSeconds - Self.lead, until: .infinity)
    if kind == .drift {
      // A triangle of 4 mV from valley to peak, 0.1 Hz.
      let turn = 0.1 * seconds - (0.1 * seconds).rounded(.down)
      sum += 4 * (turn < 0.5 ? 2 * turn : 2 - 2 * turn) - 2
    }
    return sum * gain
  }

  /// The beats that a monitor must count.
  func beats(script: PatientScript, until end: Double) -> [SimulatedBeat] {
    var beats: [SimulatedBeat] = []
    if script.onsetSeconds > 0 {
      let last = min(end, script.onsetSeconds) - Self.lead
      beats += trainPattern(rate: script.baseRateBPM).beats(until: last, from: Self.lead)
    }
    let start = script.onsetSeconds + Self.lead
    return (beats + pattern(script).beats(until: end - start, from: start)).filter {
      $0.seconds < end
    }
  }

  /// Seconds before the first beat.
  private static let lead = 0.3

  private func pattern(_ script: PatientScript) -> DrawnPattern {
    switch kind {
    case .bigeminy: .bigeminy
    case .slowBigeminy: .alternatingBigeminy(gaps: (1.21, 0.58, 1.41, 0.80))
    case .rapidBigeminy: .alternatingBigeminy(gaps: (0.62, 0.36, 0.66, 0.36))
    case .bidirectional: .bidirectional
    case .tachycardia: .tachycardia(millivolts: 1, beatsPerMinute: 206)
    case .largeTachycardia: .tachycardia(millivolts: 2, beatsPerMinute: 195)
    case .standstill: DrawnPattern(period: 1, waves: [])
    default: trainPattern(rate: script.heartRateBPM)
    }
  }

  /// QRS complexes as IEC 60601-2-27 draws them: 7/8 of the size up, 1/8 down. T is half a sine of 180 ms that ends 350
  /// ms after the beginning of QRS.
  private func trainPattern(rate: Double) -> DrawnPattern {
    // Less than 0.15 mV or 10 ms is no QRS.
    let isQRS = amplitudeMillivolts * gain > 0.15 && widthSeconds > 0.01
    var waves = [
      DrawnWave(
        start: 0, duration: widthSeconds, height: amplitudeMillivolts, form: .qrs,
        symbol: isQRS ? "N" : nil)
    ]
    if tMillivolts > 0 {
      waves.append(DrawnWave(start: 0.17, duration: 0.18, height: tMillivolts, form: .halfSine))
    }
    return DrawnPattern(period: 60 / rate, waves: waves)
  }
}

extension TestWaveform.Kind {
  /// Whether QRS complexes come before the pattern.
  fileprivate var startsWithTrain: Bool { self == .tachycardia || self == .largeTachycardia }
}
