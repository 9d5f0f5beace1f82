// The score of the delineator over a folder of records: mean and standard deviation of the differences, over beats
// and over records, and which waves were found.

import Recordings

/// Waves of one kind.
struct WaveCount: Sendable {
  /// Found by us and marked by readers.
  var both = 0
  /// Marked and not found; found and not marked.
  var theirs = 0
  var ours = 0

  static func + (a: WaveCount, b: WaveCount) -> WaveCount {
    WaveCount(both: a.both + b.both, theirs: a.theirs + b.theirs, ours: a.ours + b.ours)
  }
}

/// Mean and standard deviation of differences, ours minus theirs, in milliseconds.
public struct DifferenceScore: Encodable, Sendable {
  /// Differences that they are over.
  public let count: Int
  /// Nil without a difference; the deviation nil with fewer than two.
  public let meanMilliseconds: Double?
  public let sdMilliseconds: Double?

  init(_ differences: [Double]) {
    count = differences.count
    guard !differences.isEmpty else {
      (meanMilliseconds, sdMilliseconds) = (nil, nil)
      return
    }
    let mean = differences.reduce(0, +) / Double(count)
    let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    meanMilliseconds = mean
    sdMilliseconds = count > 1 ? (squares / Double(count - 1)).squareRoot() : nil
  }
}

/// Scores of the delineator over records with marks in each lead.
public struct DelineationEvaluation: Sendable {
  /// How the leads' marks became one.
  public let rule: LeadRule
  /// One a record, by name.
  public let records: [DelineatedRecord]

  /// Scores every record below a folder that has annotation files of its leads.
  ///
  /// Throws where there is none, or where a record cannot be read.
  public init(folder: String, rule: LeadRule = .third) throws {
    self.rule = rule
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    records = try Recordings.list(folder).compactMap { path in
      let name = path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
      return try DelineatedRecord(path: path, name: name, rule: rule)
    }
    guard !records.isEmpty else {
      throw RecordingError(
        "\(folder): no record has annotation files of its leads (\"1.i\" to \"1.v6\"): give a folder "
          + "such as LUDB's")
    }
  }

  /// Beats that readers marked.
  public var beats: Int { records.reduce(0) { $0 + $1.beats } }

  /// Share of the marked waves that were found; nil where none is marked.
  public func sensitivity(_ kind: WaveKind) -> Double? {
    let count = count(kind)
    return share(count.both, count.both + count.theirs)
  }

  /// Share of the found waves that are marked; nil where none was found.
  public func positivePredictivity(_ kind: WaveKind) -> Double? {
    let count = count(kind)
    return share(count.both, count.both + count.ours)
  }

  /// Over all beats.
  public func beatScore(_ boundary: Boundary) -> DifferenceScore {
    DifferenceScore(records.flatMap { $0.boundaries[boundary] ?? [] })
  }

  /// Over records, each with its median.
  public func recordScore(_ boundary: Boundary) -> DifferenceScore {
    DifferenceScore(records.compactMap { $0.boundaries[boundary]?.quantile(0.5) })
  }

  /// Over all beats.
  public func beatScore(_ interval: Interval) -> DifferenceScore {
    DifferenceScore(records.flatMap { $0.intervals[interval] ?? [] })
  }

  /// Over records: the report's interval against the median of the readers'.
  public func recordScore(_ interval: Interval) -> DifferenceScore {
    DifferenceScore(records.compactMap { $0.medians[interval] })
  }

  private func count(_ kind: WaveKind) -> WaveCount {
    records.reduce(WaveCount()) { $0 + ($1.found[kind] ?? WaveCount()) }
  }

  private func share(_ part: Int, _ whole: Int) -> Double? {
    whole > 0 ? Double(part) / Double(whole) : nil
  }
}

extension DelineatedRecord {
  /// The report's interval minus the readers' median, milliseconds.
  public func difference(_ interval: Interval) -> Double? { medians[interval] }
}
