// Recordings with the annotations that they are scored against, as they are found in a folder.

import Foundation
import Recordings

/// Where a test annotator's beats and rhythms come from.
public enum TestAnnotator: Hashable, Sendable {
  /// The product's own signal chain, run over the recording.
  case signalChain
  /// Annotation files with this extension, beside the records or below another folder under the records' paths.
  case files(extension: String, folder: String?)
}

/// A recording with a reference annotation file.
public struct AnnotatedRecord: Hashable, Sendable {
  /// Its path below the folder, without ".hea".
  public let name: String
  /// Its path as `Recordings.open` takes it.
  public let path: String
  /// The reference annotator: the extension of its file.
  public let annotator: String

  /// All recordings below a folder, or the one at a path, that have an annotation file of this extension.
  ///
  /// Throws where there is none at all, with the reason.
  public static func list(_ folder: String, annotator: String) throws(RecordingError)
    -> [AnnotatedRecord]
  {
    let paths = try Recordings.list(folder)
    let records = paths.filter {
      FileManager.default.fileExists(atPath: "\(stem($0)).\(annotator)")
    }
    guard !records.isEmpty else {
      let found =
        paths.isEmpty
        ? "holds no recordings"
        : "holds \(paths.count) recording(s), none with an annotation file \"NAME.\(annotator)\""
      throw RecordingError(
        "\(folder): \(found); give a folder of annotated WFDB records, or --annotator")
    }
    return records.map {
      AnnotatedRecord(name: Self.name($0, below: folder), path: $0, annotator: annotator)
    }
  }

  /// A recording's path below a folder; the last component of one that is named itself. Without extension: an
  /// annotation file is named like its record.
  public static func name(_ path: String, below folder: String) -> String {
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    let record = stem(path)
    if record.hasPrefix(prefix) { return String(record.dropFirst(prefix.count)) }
    return record.split(separator: "/").last.map(String.init) ?? record
  }

  private static func stem(_ path: String) -> String {
    let isFile = [".edf", ".bdf"].contains { path.lowercased().hasSuffix($0) }
    return isFile ? String(path.dropLast(4)) : path
  }

  /// A file's annotations in the order of their samples, which damaged ones have not.
  private static func annotations(_ path: String) throws(RecordingError) -> [Annotation] {
    try AnnotationFile.read(path).enumerated()
      .sorted { ($0.element.sample, $0.offset) < ($1.element.sample, $1.offset) }
      .map(\.element)
  }

  /// Scores each record; what cannot be read is a failure with its reason.
  static func score<Score>(
    _ records: [AnnotatedRecord], _ test: TestAnnotator,
    _ score: (AnnotatedRecord, Annotations) -> Score
  ) -> (scores: [Score], failures: [(name: String, reason: String)]) {
    var scores: [Score] = []
    var failures: [(name: String, reason: String)] = []
    for record in records {
      do throws(RecordingError) {
        scores.append(score(record, try record.read(test)))
      } catch {
        failures.append((record.name, error.description))
      }
    }
    return (scores, failures)
  }

  /// Reads the reference.
  func reference() throws(RecordingError) -> [Annotation] {
    try Self.annotations("\(Self.stem(path)).\(annotator)")
  }

  /// Reads the reference and what is to be scored.
  func read(_ test: TestAnnotator) throws(RecordingError) -> Annotations {
    let reference = try reference()
    switch test {
    case .signalChain:
      let detections = try Detections(path: path)
      return Annotations(
        reference: reference, test: detections.annotations, sampleRate: detections.sampleRate,
        sampleCount: detections.sampleCount, heartRates: detections.heartRates)
    case .files(let suffix, let folder):
      let reader = try Recordings.open(path)
      let base = folder.map { "\($0)/\(name)" } ?? Self.stem(path)
      return Annotations(
        reference: reference, test: try Self.annotations("\(base).\(suffix)"),
        sampleRate: reader.format.sampleRate, sampleCount: reader.sampleCount, heartRates: nil)
    }
  }
}

/// Both annotators of a recording.
struct Annotations {
  let reference: [Annotation]
  let test: [Annotation]
  let sampleRate: Double
  let sampleCount: Int
  /// Told rates `[second]`, nil where only beats are known.
  let heartRates: [Float?]?

  /// The samples that are scored.
  func period(learningSeconds: Double) -> Range<Int> {
    let start = Int((learningSeconds * sampleRate).rounded())
    return min(start, sampleCount)..<sampleCount
  }
}

/// How long an annotator may learn before it is scored.
public enum LearningPeriod {
  /// EC57's five minutes.
  public static let standardSeconds = 300.0

  /// Five minutes; nothing in a recording of less than ten, of which less than half would be left. `chosen` overrides.
  public static func seconds(durationSeconds: Double, chosen: Double?) -> Double {
    chosen ?? (durationSeconds < 2 * standardSeconds ? 0 : standardSeconds)
  }
}
