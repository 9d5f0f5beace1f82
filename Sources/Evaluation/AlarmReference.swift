// What the annotations of a record say that a monitor should have alarmed, and what justifies an alarm. The limits
// are the monitor's own, so that both judge by the same.

import Alarms
import Recordings

/// The episodes of one record by the name of the alarm that is due.
struct AlarmReference {
  typealias Span = ClosedRange<Double>

  /// So long after an episode an alarm may still start for it: half the 10 s and the detector's own delay.
  static let graceSeconds = 12.0
  /// Before an episode's first beat nothing can be known of it; so much is the annotators' and detectors' tolerance.
  static let earlySeconds = 2.0
  /// A rate is right within 5 a minute (IEC 60601-2-27).
  static let rateTolerance: Float = 5
  /// Rates must stay so long beyond a limit, and fibrillation of the atria be so long (ESC guidelines: 30 s), before an
  /// alarm is due.
  private static let rateSeconds = 10
  private static let atrialSeconds = 30.0
  /// Shorter runs of fibrillation and tachycardia are over before anybody could come.
  private static let rapidSeconds = 2.0
  /// Fewer beats a minute than this justify no alarm of ventricular tachycardia.
  private static let ventricularRateMin = 100.0

  /// When an alarm is due, by its name: what sensitivity counts.
  private(set) var due: [String: [Span]] = [:]
  /// When an alarm is true, by its name.
  private(set) var justified: [String: [Span]] = [:]
  /// Seconds in which the annotators could read no signal.
  private(set) var unreadable: [Span] = []
  /// Ventricular fibrillation and flutter: an alarm of any rhythm is true beside it.
  private(set) var fibrillation: [Span] = []
  /// Whether rhythms are marked by name.
  let namesRhythms: Bool
  /// Samples of the beats.
  let beats: [Int]

  private let sampleRate: Double
  private let limits: AlarmLimits

  init(
    _ annotations: [Annotation], sampleRate: Double, sampleCount: Int,
    limits: AlarmLimits = AlarmLimits()
  ) {
    self.sampleRate = sampleRate
    self.limits = limits
    let track = BeatTrack(annotations, sampleCount: sampleCount, window: 0)
    let marked = annotations.filter { $0.isBeat || $0.symbol == "!" }
    beats = marked.map(\.sample)
    let changes = annotations.filter { $0.symbol == "+" }
    namesRhythms = changes.contains { $0.auxiliary.hasPrefix("(") }
    unreadable = seconds(track.shutdowns)
    fibrillation = seconds(track.fibrillation)
    due["ventricularFibrillation"] = fibrillation.filter {
      $0.upperBound - $0.lowerBound > Self.rapidSeconds
    }
    justified["ventricularFibrillation"] = fibrillation
    let rates = HeartRateComparison.rates(
      ofBeatsAt: beats, sampleRate: sampleRate, sampleCount: sampleCount)
    addSilences(rates)
    addRuns(marked)
    addRates(rates)
    addAtrial(annotations, sampleCount)
  }

  private func seconds(_ ranges: [ClosedRange<Int>]) -> [Span] {
    ranges.map { Double($0.lowerBound) / sampleRate...Double($0.upperBound) / sampleRate }
  }

  /// Intervals of the asystole limit and more; and shorter ones, of which those are due that are also half as long
  /// again as the others.
  private mutating func addSilences(_ rates: [Float?]) {
    for (a, b) in zip(beats, beats.dropFirst()) {
      let span = Double(a) / sampleRate...Double(b) / sampleRate
      let length = span.upperBound - span.lowerBound
      guard !fibrillation.contains(where: { $0.overlaps(span) }) else { continue }
      if length >= limits[.asystoleSeconds] {
        add(span, to: "asystole", isDue: true)
      } else if length >= limits[.pauseSeconds] {
        let rate = rates[min(Int(span.upperBound), rates.count - 1)]
        add(span, to: "pause", isDue: rate.map { length > 1.5 * 60 / Double($0) } ?? false)
      }
    }
  }

  /// Ventricular beats in a row. A fast run of many is a tachycardia.
  private mutating func addRuns(_ marked: [Annotation]) {
    for run in marked.split(whereSeparator: { $0.symbol != "V" && $0.symbol != "E" }) {
      guard let first = run.first?.sample, let last = run.last?.sample, run.count >= 3 else {
        continue
      }
      let span = Double(first) / sampleRate...Double(last) / sampleRate
      let length = span.upperBound - span.lowerBound
      let rate = Double(run.count - 1) / length * 60
      add(span, to: "ventricularRun", isDue: run.count >= Int(limits[.ventricularRunBeats]))
      guard run.count >= Int(limits[.ventricularTachycardiaBeats]), rate > Self.ventricularRateMin
      else { continue }
      let isFast = rate > limits[.ventricularTachycardiaBPM]
      add(span, to: "ventricularTachycardia", isDue: isFast && length > Self.rapidSeconds)
      for name in ["tachycardia", "extremeTachycardia"] { add(span, to: name, isDue: false) }
    }
  }

  /// Seconds in which the reference's beats, averaged as the monitor does, are beyond a limit.
  private mutating func addRates(_ rates: [Float?]) {
    let conditions: [(String, AlarmLimit, isAbove: Bool)] = [
      ("extremeTachycardia", .extremeTachycardiaBPM, true),
      ("tachycardia", .tachycardiaBPM, true),
      ("extremeBradycardia", .extremeBradycardiaBPM, false),
      ("bradycardia", .bradycardiaBPM, false),
    ]
    for (name, limit, isAbove) in conditions {
      let value = Float(limits[limit])
      func spans(_ limit: Float) -> [Span] {
        Self.spans(rates.map { rate in rate.map { isAbove ? $0 > limit : $0 < limit } ?? false })
      }
      for span in spans(isAbove ? value - Self.rateTolerance : value + Self.rateTolerance) {
        add(span, to: name, isDue: false)
      }
      for span in spans(value) where Int(span.upperBound - span.lowerBound) >= Self.rateSeconds {
        due[name, default: []].append(span)
      }
    }
  }

  /// Stretches of full seconds in which something holds.
  private static func spans(_ holds: [Bool]) -> [Span] {
    var spans: [Span] = []
    var start: Int?
    for (second, isTrue) in (holds + [false]).enumerated() {
      if isTrue { start = start ?? second }
      if !isTrue, let first = start {
        spans.append(Double(first)...Double(second - 1))
        start = nil
      }
    }
    return spans
  }

  private mutating func addAtrial(_ annotations: [Annotation], _ sampleCount: Int) {
    guard namesRhythms else { return }
    for text in ["(AFIB", "(AFL"] {
      let track = EpisodeTrack(rhythm: text, in: annotations, sampleCount: sampleCount)
      for episode in track.episodes {
        let span =
          Double(episode.lowerBound) / sampleRate...Double(episode.upperBound) / sampleRate
        let isLong = span.upperBound - span.lowerBound >= Self.atrialSeconds
        add(span, to: "irregularRhythm", isDue: isLong && text == "(AFIB")
        add(span, to: "finding.AFIB", isDue: false)
        add(span, to: "finding.AFLT", isDue: false)
      }
    }
  }

  private mutating func add(_ span: Span, to name: String, isDue: Bool) {
    justified[name, default: []].append(span)
    if isDue { due[name, default: []].append(span) }
  }
}
