// When the chambers of the simulated heart act and which waves that makes: planned from event to event, a little ahead
// of what is played, because a P wave begins before its QRS.

/// A stretch of one rhythm.
struct RhythmSegment: Hashable {
  var rhythm: PatientScript.Rhythm
  var rateBPM: Double
  var from: Double
  var until: Double
  /// What the script asks for, not the sinus rhythm around it.
  var isScene: Bool
}

/// A pulse of the pacemaker.
struct PacingPulse {
  var seconds: Double
  var isVentricular: Bool
}

/// The plan of one script. The same script gives the same plan, whatever the sample rate.
struct HeartPlan {
  /// What acts next.
  enum Event: Int, CaseIterable {
    /// A P wave begins; an impulse of the atria reaches the ventricles.
    case atria, conduction
    /// The AV node or the ventricles beat of themselves; an ectopic focus fires.
    case ventricles, ectopic
    /// The pacemaker gives a pulse.
    case atrialPulse, ventricularPulse
  }

  let script: PatientScript
  private let segments: [RhythmSegment]
  private var segmentIndex = -1
  var generator: SeededGenerator
  /// When each event comes, in seconds; infinity for never.
  private var due = [Double](repeating: .infinity, count: Event.allCases.count)

  /// Everything up to here is planned.
  private(set) var plannedUntil = 0.0
  /// Waves and pulses that were not forgotten.
  private(set) var waves: [Wave] = []
  var pulses: [PacingPulse] = []
  /// The beats: ground truth.
  private(set) var beats: [SimulatedBeat] = []

  /// Onset of the last QRS, start of the last P.
  var lastOnset = -1.0
  private(set) var lastAtrial = -1.0
  /// Running mean of the intervals, which repolarisation follows.
  private var meanInterval = 60.0 / 72
  /// P waves of a group of which one is conducted, or one is not.
  var groupPosition = 0
  var groupLength = 0
  /// Beats, pulses and sensed beats since the rhythm began.
  private(set) var beatCount = 0
  var pulseCount = 0
  var sensedCount = 0
  private var beatsInGroup = 0
  private var ectopicsLeft = 0
  private var ectopicCount = 0
  private var atrialEctopicsLeft = 0
  private var isConductingEctopic = false
  /// A premature beat of the ventricles has met the impulses that would arrive before: a full pause.
  var blockedUntil = -1.0

  init(script: PatientScript) {
    self.script = script
    segments = script.segments
    generator = SeededGenerator(seed: script.seed)
    beginNextSegment()
  }

  /// Plans at least up to a time.
  mutating func plan(until seconds: Double) { while plannedUntil < seconds { advance() } }

  /// Forgets waves and beats that are over.
  mutating func forget(before seconds: Double) {
    waves.removeAll { $0.endSeconds < seconds }
    pulses.removeAll { $0.seconds < seconds - 1 }
    beats.removeAll { $0.seconds < seconds - 1 }
  }

  /// The rhythm that plays, and how fast.
  var segment: RhythmSegment { segments[segmentIndex] }

  subscript(event: Event) -> Double {
    get { due[event.rawValue] }
    set { due[event.rawValue] = newValue }
  }

  private mutating func advance() {
    let event = Event.allCases.min { self[$0] < self[$1] } ?? .atria
    let time = self[event]
    guard time < segment.until else { return beginNextSegment() }
    plannedUntil = time
    self[event] = .infinity
    switch event {
    case .atria: atria(at: time)
    case .conduction: conducted(at: time)
    case .ventricles: ventricles(at: time)
    case .ectopic: ectopic(at: time)
    case .atrialPulse: atrialPulse(at: time)
    case .ventricularPulse: ventricularPulse(at: time)
    }
  }

  private mutating func beginNextSegment() {
    guard segmentIndex + 1 < segments.count else { return plannedUntil = .infinity }
    segmentIndex += 1
    plannedUntil = segment.from
    let (sinus, impulse) = (self[.atria], self[.conduction])
    for event in Event.allCases { self[event] = .infinity }
    (groupPosition, groupLength, beatCount, pulseCount, sensedCount) = (0, 0, 0, 0, 0)
    (beatsInGroup, ectopicsLeft, atrialEctopicsLeft) = (0, 0, 0)
    // The first R peak of a script comes at half a second.
    let start = segment.from
    if atrialInterval != nil {
      self[.atria] = sinus.isFinite ? max(sinus, start) : max(start + 0.298, lastOnset + 0.5)
    }
    let next = max(start + 0.05, lastOnset + max(60 / segment.rateBPM, 0.3))
    switch segment.rhythm {
    case .nsr, .brady, .tachy, .avb1, .wenckebach, .mobitz2: self[.conduction] = impulse
    case .avb3, .af, .svt, .junctional, .aivr, .vt, .pvt: self[.ventricles] = next
    case .flutter, .vf, .asystole: break
    case .aai, .ddd: self[.atrialPulse] = next
    case .vvi: self[.ventricularPulse] = next
    }
  }

  // MARK: - The chambers

  private mutating func atria(at time: Double) {
    let isEctopic = atrialEctopicsLeft > 0
    if isEctopic { atrialEctopicsLeft -= 1 }
    let wave: Wave =
      segment.rhythm == .flutter ? flutterWave : isEctopic ? BeatShape.ectopicP : BeatShape.sinusP
    addAtrialWave(wave, at: time)
    conduct(from: time, isEctopic: isEctopic)
    atriaSensed(at: time)
  }

  /// Draws a wave of the atria and plans their next one.
  mutating func addAtrialWave(_ wave: Wave, at time: Double) {
    waves.append(wave.placed(at: time))
    lastAtrial = time
    guard let interval = atrialInterval else { return }
    let next = segment.rhythm == .flutter ? interval : sinusInterval(interval, at: time)
    self[.atria] = time + next * (atrialEctopicsLeft > 0 ? Self.prematurity : 1)
  }

  /// An impulse of the atria reaches the ventricles after the PR interval, or not at all.
  mutating func conduct(from time: Double, isEctopic: Bool) {
    guard let pr = prSeconds() else { return }
    isConductingEctopic = isEctopic
    self[.conduction] = time + pr
  }

  private mutating func conducted(at time: Double) {
    // Behind a premature beat of the ventricles the AV node cannot be passed.
    guard ectopicsLeft == 0, time >= blockedUntil, time - lastOnset > 0.17 else { return }
    addBeat(conductedShape, at: time, symbol: isConductingEctopic ? "A" : conductedSymbol)
    ventriclesSensed(at: time)
    countForEctopy(at: time)
  }

  private mutating func ventricles(at time: Double) {
    switch segment.rhythm {
    case .af: addBeat(conductedShape, at: time, symbol: conductedSymbol)
    case .svt: addBeat(conductedShape, at: time, symbol: "S")
    case .junctional: addBeat(conductedShape, at: time, symbol: "j")
    case .avb3: addEscape(at: time)
    case .pvt:
      // The axis turns around and the size waxes and wanes, as in torsade de pointes.
      let turns = Double(beatCount) / 10
      let gain = 1.2 + 0.5 * ExactMath.cosine(turns: 2 * turns)
      addBeat(BeatShape.ventricular[0].turned(turns: turns), at: time, symbol: "V", gain: gain)
    default:
      addBeat(
        BeatShape.ventricular[0], at: time, symbol: "V", gain: 1 + 0.03 * generator.normal())
    }
    self[.ventricles] = time + ventricularInterval()
    if segment.rhythm == .af { countForEctopy(at: time) }
  }

  /// An escape rhythm above 40 a minute comes from the AV node and is narrow, below from the ventricles and is wide.
  private mutating func addEscape(at time: Double) {
    if segment.rateBPM > 40 {
      addBeat(BeatShape.normal, at: time, symbol: "j")
    } else {
      addBeat(BeatShape.ventricular[1], at: time, symbol: "E")
    }
  }

  private mutating func ectopic(at time: Double) {
    let shape = BeatShape.ventricular[ectopicCount % script.focusCount]
    ectopicCount += 1
    addBeat(shape, at: time, symbol: "V", gain: 1 + 0.03 * generator.normal())
    ectopicsLeft -= 1
    if ectopicsLeft > 0 {
      self[.ectopic] = time + 0.375 + 0.01 * generator.normal()
    } else if segment.rhythm == .af {
      self[.ventricles] = time + 1.1 * ventricularInterval()
    } else {
      blockedUntil = time + 0.9 * 60 / segment.rateBPM
    }
  }

  private static let prematurity = 0.62

  /// After the last normal beat of a group its ectopic beats follow.
  private mutating func countForEctopy(at time: Double) {
    beatsInGroup += 1
    let interval = 60 / segment.rateBPM
    guard segment.isScene else { return }
    if let ectopy = script.ventricularEctopy,
      beatsInGroup % ectopy.every == ectopy.every - ectopy.count
    {
      ectopicsLeft = ectopy.count
      self[.ectopic] =
        time + min(0.6, max(0.3, 0.58 * interval)) + 0.005 * generator.normal()
      if segment.rhythm == .af { self[.ventricles] = .infinity }
      beatsInGroup += ectopy.count
    }
    if let ectopy = script.atrialEctopy, beatsInGroup % ectopy.every == ectopy.every - ectopy.count
    {
      atrialEctopicsLeft = ectopy.count
      let planned = self[.atria] - lastAtrial
      self[.atria] = max(time + 0.08, lastAtrial + Self.prematurity * planned)
    }
  }

  /// Draws a beat whose QRS begins at a time, and writes it down.
  mutating func addBeat(
    _ shape: BeatShape, at onset: Double, symbol: String, gain: Double = 1
  ) {
    // Repolarisation follows the rate within some beats. (In a human it takes minutes.)
    meanInterval += 0.3 * (min(max(onset - lastOnset, 0.2), 2) - meanInterval)
    let qt = Self.qtSeconds(interval: meanInterval) + shape.durationSeconds - 0.09
    let isConducted = PatientScript.Rhythm.supraventricular.contains(segment.rhythm)
    let stretch = isConducted ? 1 : min(1, 60 / segment.rateBPM / 0.32)
    waves += shape.waves(at: onset, qtSeconds: qt, stretch: stretch, gain: gain)
    if symbol != "V", let shift = shiftOfST(behind: shape) { waves.append(shift.placed(at: onset)) }
    beats.append(SimulatedBeat(seconds: onset + shape.peakSeconds * stretch, symbol: symbol))
    lastOnset = onset
    beatCount += 1
  }
}
