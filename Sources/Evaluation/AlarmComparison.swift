// Alarms against annotations: which were true, which false, which nobody can tell; which were due and how soon they
// came.

import Alarms

/// How the alarms of one name compare with the reference, in one record or summed.
public struct AlarmComparison: Hashable, Sendable {
  /// Alarms that were raised: with a reason in the reference, without one, and of which the reference says nothing.
  public internal(set) var trueAlarms = 0
  public internal(set) var falseAlarms = 0
  public internal(set) var unjudgedAlarms = 0
  /// Episodes that should alarm, those during which the alarm (or a grave one) came, and those at whose
  /// beginning it was there already.
  public internal(set) var episodes = 0
  public internal(set) var foundEpisodes = 0
  public internal(set) var runningEpisodes = 0
  /// Seconds from the onset of each found episode, except the running ones, to the alarm.
  public internal(set) var delays: [Double] = []

  /// Nothing compared.
  public init() {}

  /// Percent of the episodes that were found.
  public var sensitivity: Double? { percent(foundEpisodes, episodes) }

  /// The delay that a share of the found episodes does not exceed: the smallest such (nearest rank).
  public func delay(quantile: Double) -> Double? {
    guard !delays.isEmpty else { return nil }
    let rank = Int((quantile * Double(delays.count)).rounded(.up))
    return delays.sorted()[min(max(rank, 1), delays.count) - 1]
  }

  /// Adds another's counts.
  public static func += (sum: inout AlarmComparison, other: AlarmComparison) {
    sum.trueAlarms += other.trueAlarms
    sum.falseAlarms += other.falseAlarms
    sum.unjudgedAlarms += other.unjudgedAlarms
    sum.episodes += other.episodes
    sum.foundEpisodes += other.foundEpisodes
    sum.runningEpisodes += other.runningEpisodes
    sum.delays += other.delays
  }
}

/// What the reference says of an alarm.
public enum AlarmVerdict: String, Sendable {
  /// The reference has its reason.
  case justified = "true"
  /// The reference does not.
  case unjustified = "false"
  /// The reference says nothing of such things.
  case unjudged
}

/// One record's alarms judged.
struct JudgedAlarms {
  /// Beside what is heard within so long before it, an alarm that nothing can be told is judged.
  private static let blindSeconds = 10.0
  /// Of the beats in that time so many are wrong or missing, in percent, before it is true.
  private static let wrongPercent = 20.0
  private static let atrialSeconds = 60.0
  private static let rhythms: Set<String> = Set(
    BuiltInAlarm.allCases.prefix { $0 != .stShift }.map(\.definition.name))
  private static let atrial: Set<String> = ["irregularRhythm", "finding.AFIB", "finding.AFLT"]
  private static let blind: Set<String> = ["cannotAnalyse", "noSignal"]

  let told: ToldAlarms
  let reference: AlarmReference

  /// Whether an alarm has its reason in the reference.
  func verdict(_ alarm: ToldAlarm) -> AlarmVerdict {
    let isRhythm = Self.rhythms.contains(alarm.name)
    if isRhythm && isNear(reference.fibrillation, alarm.startSeconds) { return .justified }
    if Self.blind.contains(alarm.name) { return isBlind(alarm) ? .justified : .unjustified }
    if Self.atrial.contains(alarm.name) {
      guard reference.namesRhythms else { return .unjudged }
      let since = Self.atrialSeconds
      let spans = reference.justified[alarm.name] ?? []
      return isNear(spans, alarm.startSeconds, since: since) ? .justified : .unjustified
    }
    guard isRhythm else { return .unjudged }
    return isNear(reference.justified[alarm.name] ?? [], alarm.startSeconds)
      ? .justified : .unjustified
  }

  private func isNear(
    _ spans: [AlarmReference.Span], _ seconds: Double,
    since: Double = AlarmReference.graceSeconds
  ) -> Bool {
    spans.contains {
      $0.lowerBound - AlarmReference.earlySeconds <= seconds && $0.upperBound + since >= seconds
    }
  }

  /// Whether the seconds before an alarm were in fact not to be analysed: the annotators could not read them, a
  /// fibrillation or a silence was in them, or too many of the beats that were told are wrong.
  private func isBlind(_ alarm: ToldAlarm) -> Bool {
    let seconds = alarm.startSeconds
    let silences = reference.justified["asystole"] ?? []
    if isNear(reference.unreadable + reference.fibrillation + silences, seconds) { return true }
    let rate = told.sampleRate
    let span = Int((seconds - Self.blindSeconds) * rate)...Int(seconds * rate)
    let window = BeatComparison.window(sampleRate: rate)
    let expected = reference.beats.filter(span.contains)
    let heard = told.beats.filter(span.contains)
    func alone(_ beats: [Int], _ others: [Int]) -> Int {
      beats.count { beat in !others.contains { abs($0 - beat) <= window } }
    }
    let wrong = alone(expected, told.beats) + alone(heard, reference.beats)
    return Double(wrong) * 100 >= Self.wrongPercent * Double(max(1, expected.count))
  }

  /// The alarms of each name compared.
  func comparisons() -> [String: AlarmComparison] {
    var result: [String: AlarmComparison] = [:]
    for alarm in told.alarms {
      switch verdict(alarm) {
      case .justified: result[alarm.name, default: AlarmComparison()].trueAlarms += 1
      case .unjustified: result[alarm.name, default: AlarmComparison()].falseAlarms += 1
      case .unjudged: result[alarm.name, default: AlarmComparison()].unjudgedAlarms += 1
      }
    }
    for (name, spans) in reference.due {
      for span in spans { find(span, name, &result[name, default: AlarmComparison()]) }
    }
    return result
  }

  /// An episode is found when an alarm of its own, or for all but atrial fibrillation one of high priority, holds
  /// at its onset or starts while it lasts: within 10 s at least, and 5 s behind its end at most.
  private func find(_ span: AlarmReference.Span, _ name: String, _ sum: inout AlarmComparison) {
    sum.episodes += 1
    let answers = told.alarms.filter { alarm in
      Self.atrial.contains(name)
        ? Self.atrial.contains(alarm.name) : alarm.name == name || alarm.priority == .high
    }
    let onset = span.lowerBound
    if answers.contains(where: { $0.startSeconds < onset && $0.endSeconds >= onset }) {
      sum.foundEpisodes += 1
      sum.runningEpisodes += 1
      return
    }
    let last = max(span.upperBound + 5, onset + 10)
    guard let first = answers.first(where: { (onset...last).contains($0.startSeconds) }) else {
      return
    }
    sum.foundEpisodes += 1
    sum.delays.append(first.startSeconds - onset)
  }
}
