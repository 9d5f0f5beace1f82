// What readers marked in each lead of a record (LUDB's files .i to .v6), made into one reference for each beat.

import Recordings

/// How the marks of the leads become one.
public enum LeadRule: String, CaseIterable, Sendable {
  /// A wave begins when a third of the leads have begun, and ends when all but a third have ended.
  ///
  /// IEC 60601-2-25 takes the earliest onset and the latest offset of all leads of one simultaneous page. Marks that
  /// were made lead by lead each carry their own error: the earliest of twelve lies 1.6 standard deviations
  /// before the truth even where all leads begin together, the third of the leads 0.4.
  case third
  /// The median mark: what the typical lead shows.
  case median
  /// The earliest onset and the latest offset.
  case extreme

  var share: Double {
    switch self {
    case .third: 1.0 / 3
    case .median: 0.5
    case .extreme: 0
    }
  }
}

/// A wave's marks of one lead, or of all, in samples.
public struct ReferenceWave: Hashable, Sendable {
  /// Begin, peak and end.
  public var onset, peak, offset: Double

  /// Several leads' marks made into one; nil where fewer than half of `leadCount` leads have the wave.
  init?(_ waves: [ReferenceWave], leadCount: Int, rule: LeadRule) {
    guard !waves.isEmpty, 2 * waves.count >= leadCount else { return nil }
    onset = waves.map(\.onset).quantile(rule.share)
    peak = waves.map(\.peak).quantile(0.5)
    offset = waves.map(\.offset).quantile(1 - rule.share)
  }

  init(onset: Double, peak: Double, offset: Double) {
    self.onset = onset
    self.peak = peak
    self.offset = offset
  }
}

/// A beat with the waves that readers marked.
public struct ReferenceBeat: Hashable, Sendable {
  public var qrs: ReferenceWave
  public var pWave: ReferenceWave?
  public var tWave: ReferenceWave?
}

/// The reference of a record.
public struct DelineationReference: Sendable {
  /// Peaks of QRS in different leads that are nearer than this belong to one beat.
  private static let beatSeconds = 0.1
  /// A P wave leads its complex by no more.
  private static let pqSecondsMax = 0.45

  /// In order of time.
  public let beats: [ReferenceBeat]
  /// Peaks of complexes that fewer than half of the leads mark completely: neither right nor wrong.
  public let doubtful: [Double]
  /// The stretch between the first and the last mark of any lead: outside, readers marked nothing.
  public let annotated: ClosedRange<Double>

  /// Takes the annotations of each lead: "(" begins a wave, "p", "N" or "t" is its peak, ")" its end.
  ///
  /// Nil where no beat is marked in half of the leads.
  public init?(leads: [[Annotation]], sampleRate: Double, rule: LeadRule) {
    let lines = leads.map { Self.beats(Self.waves($0), sampleRate: sampleRate) }
    let all = lines.enumerated()
      .flatMap { lead, beats in beats.map { (lead: lead, beat: $0) } }
      .sorted { $0.beat.qrs.peak < $1.beat.qrs.peak }
    var groups: [[(lead: Int, beat: ReferenceBeat)]] = []
    for entry in all {
      let last = groups.last
      let isSame =
        last.map { group in
          entry.beat.qrs.peak - group[group.count - 1].beat.qrs.peak
            <= Self.beatSeconds * sampleRate && !group.contains { $0.lead == entry.lead }
        } ?? false
      if isSame { groups[groups.count - 1].append(entry) } else { groups.append([entry]) }
    }
    beats = groups.compactMap { group in
      func merged(_ wave: (ReferenceBeat) -> ReferenceWave?) -> ReferenceWave? {
        ReferenceWave(
          group.compactMap { wave($0.beat) }, leadCount: leads.count, rule: rule)
      }
      guard let qrs = merged(\.qrs) else { return nil }
      return ReferenceBeat(qrs: qrs, pWave: merged(\.pWave), tWave: merged(\.tWave))
    }
    let peaks = Set(beats.map(\.qrs.peak))
    doubtful = all.map(\.beat.qrs.peak).filter { peak in
      !peaks.contains { abs($0 - peak) <= 2 * Self.beatSeconds * sampleRate }
    }
    let marks = lines.joined().flatMap { beat in
      [beat.pWave, beat.qrs, beat.tWave].compactMap(\.self).flatMap { [$0.onset, $0.offset] }
    }
    guard !beats.isEmpty, let first = marks.min(), let last = marks.max() else { return nil }
    annotated = first...last
  }

  /// The complete waves of a lead, with their symbols.
  private static func waves(
    _ annotations: [Annotation]
  ) -> [(symbol: String, wave: ReferenceWave)] {
    annotations.indices.compactMap { index in
      let peak = annotations[index]
      guard ["p", "N", "t"].contains(peak.symbol), index > 0, index + 1 < annotations.count,
        annotations[index - 1].symbol == "(", annotations[index + 1].symbol == ")"
      else { return nil }
      return (
        peak.symbol,
        ReferenceWave(
          onset: Double(annotations[index - 1].sample), peak: Double(peak.sample),
          offset: Double(annotations[index + 1].sample))
      )
    }
  }

  /// The beats of a lead: each complex with the P wave before it and the T wave behind it.
  private static func beats(
    _ waves: [(symbol: String, wave: ReferenceWave)], sampleRate: Double
  ) -> [ReferenceBeat] {
    waves.indices.filter { waves[$0].symbol == "N" }.map { index in
      let qrs = waves[index].wave
      let before = index > 0 ? waves[index - 1] : nil
      let after = index + 1 < waves.count ? waves[index + 1] : nil
      let isLed =
        before.map {
          $0.symbol == "p" && qrs.onset - $0.wave.onset < pqSecondsMax * sampleRate
        } ?? false
      return ReferenceBeat(
        qrs: qrs, pWave: isLed ? before?.wave : nil,
        tWave: after?.symbol == "t" ? after?.wave : nil)
    }
  }
}

extension [Double] {
  /// The value below which a share lies, interpolated between neighbours; of at least one value.
  func quantile(_ share: Double) -> Double {
    let sorted = sorted()
    let place = share * Double(count - 1)
    let lower = Int(place)
    let upper = Swift.min(lower + 1, count - 1)
    return sorted[lower] + (place - Double(lower)) * (sorted[upper] - sorted[lower])
  }
}
