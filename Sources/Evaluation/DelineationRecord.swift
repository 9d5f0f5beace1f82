// One record: the beat detector and the delineator run over it, compared with what its readers marked.

import ECGSignal
import Recordings
import SignalProcessing

/// Ours minus theirs over the beats of a record, in milliseconds.
public struct DelineatedRecord: Sendable {
  /// Waves are the same when their peaks are no farther apart (as in EC57 for beats).
  static let matchSeconds = 0.15
  /// A record longer than this is not one page.
  static let secondsMax = 60.0

  /// The record's path below the folder.
  public let name: String
  /// Beats that readers marked.
  public var beats = 0
  /// Waves by kind.
  var found: [WaveKind: WaveCount] = [:]
  /// Differences of every beat, by boundary and by interval.
  var boundaries: [Boundary: [Double]] = [:]
  var intervals: [Interval: [Double]] = [:]
  /// The report's interval minus the median over the readers' beats of the dominant form.
  var medians: [Interval: Double] = [:]

  /// Reads, delineates and compares a record; nil where its leads have no annotation files, or no beat is
  /// marked. Throws where a file is damaged or the record is not 12 leads of at most a minute.
  init?(path: String, name: String, rule: LeadRule) throws {
    self.name = name
    let reader = try Recordings.open(path)
    let annotations = try Self.annotations(path, reader.format.channels)
    guard let annotations else { return nil }
    let rate = reader.format.sampleRate
    guard
      let reference = DelineationReference(leads: annotations, sampleRate: rate, rule: rule)
    else { return nil }
    let (measurements, delineated) = try Self.delineate(reader, name: name)
    compare(delineated, reference, sampleRate: rate)
    setMedians(measurements, delineated, reference, sampleRate: rate)
  }

  /// The annotation files that stand beside the record, one a lead; nil where there is none.
  private static func annotations(
    _ path: String, _ channels: [Channel]
  ) throws -> [[Annotation]]? {
    let files = channels.map { "\(path).\($0.name.lowercased())" }
    guard files.contains(where: { FileProbe.exists($0) }) else { return nil }
    return try files.map { try AnnotationFile.read($0) }
  }

  private static func delineate(
    _ reader: any RecordingReader, name: String
  ) throws -> (Measurements, [DelineatedBeat]) {
    let (count, rate) = (reader.sampleCount, reader.format.sampleRate)
    let channels = reader.format.channels
    guard (200...1000).contains(rate), channels.count <= Measurements.rowCountMax, count > 0,
      Double(count) <= secondsMax * rate
    else {
      throw RecordingError(
        "record \(name): \(channels.count) leads of \(count) samples at \(rate) Hz: give records of "
          + "up to 12 leads and \(Int(secondsMax)) s at 200 to 1000 Hz")
    }
    var codes = [Int32](repeating: SampleBlock.missing, count: channels.count * count)
    _ = try codes.withUnsafeMutableBufferPointer { buffer throws(RecordingError) in
      try reader.read(into: buffer.baseAddress!, stride: count, count: count)
    }
    let rows = codes.indices.map { index -> Float in
      let channel = channels[index / count]
      return codes[index] == SampleBlock.missing
        ? .nan : Float(Double(codes[index] - channel.baseline) * channel.microvoltsPerCode)
    }
    let beats = BeatDetector.beats(
      ofStretch: rows, stride: count, sampleCount: count, rowCount: channels.count,
      sampleRate: rate)
    let delineator = Delineator(
      sampleRate: rate, rowCount: channels.count, sampleCountMax: count)
    return withExtendedLifetime(delineator) {
      let measurements = beats.withUnsafeBufferPointer {
        delineator.measure(rows, stride: count, sampleCount: count, beats: $0)
      }
      return (measurements, Array(delineator.beats))
    }
  }

  private mutating func compare(
    _ ours: [DelineatedBeat], _ reference: DelineationReference, sampleRate: Double
  ) {
    beats = reference.beats.count
    let reach = Self.matchSeconds * sampleRate
    var unmatched = ours
    for theirs in reference.beats {
      let index = unmatched.indices.min {
        abs(Double(unmatched[$0].peak) - theirs.qrs.peak)
          < abs(Double(unmatched[$1].peak) - theirs.qrs.peak)
      }
      var beat: DelineatedBeat?
      if let index, abs(Double(unmatched[index].peak) - theirs.qrs.peak) <= reach {
        beat = unmatched.remove(at: index)
      }
      for kind in WaveKind.allCases {
        compare(kind, beat?[kind], theirs[kind], reference, sampleRate)
      }
      guard let beat else { continue }
      for interval in Interval.allCases {
        if let own = beat[interval], let other = theirs[interval] {
          intervals[interval, default: []].append((own - other) * 1000 / sampleRate)
        }
      }
    }
    // Ours where readers marked none.
    for beat in unmatched {
      let isDoubtful = reference.doubtful.contains { abs(Double(beat.peak) - $0) <= reach }
      if isDoubtful { continue }
      for kind in WaveKind.allCases { compare(kind, beat[kind], nil, reference, sampleRate) }
    }
  }

  private mutating func compare(
    _ kind: WaveKind, _ own: WaveMarks?, _ other: ReferenceWave?,
    _ reference: DelineationReference, _ sampleRate: Double
  ) {
    let isSame =
      if let own, let other {
        abs(Double(own.peak) - other.peak) <= Self.matchSeconds * sampleRate
      } else {
        false
      }
    if let own, let other, isSame {
      let scale = 1000 / sampleRate
      boundaries[Boundary(kind, .onset), default: []]
        .append((Double(own.onset) - other.onset) * scale)
      boundaries[Boundary(kind, .peak), default: []]
        .append((Double(own.peak) - other.peak) * scale)
      boundaries[Boundary(kind, .offset), default: []]
        .append((Double(own.offset) - other.offset) * scale)
      found[kind, default: WaveCount()].both += 1
      return
    }
    if other != nil { found[kind, default: WaveCount()].theirs += 1 }
    // Outside the first and last mark readers marked nothing.
    if let own, Double(own.onset) >= reference.annotated.lowerBound,
      Double(own.offset) <= reference.annotated.upperBound
    {
      found[kind, default: WaveCount()].ours += 1
    }
  }

  private mutating func setMedians(
    _ measurements: Measurements, _ ours: [DelineatedBeat], _ reference: DelineationReference,
    sampleRate: Double
  ) {
    let dominant = ours.filter(\.isDominant)
    let theirs = reference.beats.filter { beat in
      dominant.contains {
        abs(Double($0.peak) - beat.qrs.peak) <= Self.matchSeconds * sampleRate
      }
    }
    for interval in Interval.allCases {
      let read = theirs.compactMap { $0[interval] }
      if let own = interval.value(measurements), 2 * read.count >= theirs.count, !read.isEmpty {
        medians[interval] = own - read.quantile(0.5) * 1000 / sampleRate
      }
    }
  }
}
