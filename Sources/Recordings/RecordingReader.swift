// The door to recordings of any format: what a reader can do, how a path finds its reader, and how one says no.

import ECGSignal
import Foundation

/// Why a recording cannot be read or written: one sentence that names the thing, the reason and the remedy.
public struct RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  /// Creates the error from its sentence.
  public init(_ description: String) { self.description = description }
}

/// An open recording. Reads in pieces, whatever its length. One thread.
public protocol RecordingReader: AnyObject {
  /// Rate, channels with their scale; provenance is `.replay`.
  var format: SignalFormat { get }
  /// Samples per channel.
  var sampleCount: Int { get }
  /// What the header says in words: age, sex, diagnoses, filters.
  var comments: [String] { get }

  /// Reads on from where the last call ended.
  ///
  /// - Parameters:
  ///   - codes: takes ADC codes `[channel][stride]`; what was not recorded is `SampleBlock.missing`.
  ///   - count: samples a channel at most, not above `stride`.
  /// - Returns: samples read, 0 at the end.
  func read(
    into codes: UnsafeMutablePointer<Int32>, stride: Int, count: Int
  ) throws(RecordingError) -> Int

  /// The next `read` starts at this sample, 0...`sampleCount`.
  func seek(to sample: Int) throws(RecordingError)
}

/// Opens recordings by path.
public enum Recordings {
  /// Opens a WFDB record (path with or without `.hea`), an EDF(+) or a BDF file.
  public static func open(_ path: String) throws(RecordingError) -> any RecordingReader {
    let lower = path.lowercased()
    if lower.hasSuffix(".edf") || lower.hasSuffix(".bdf") { return try EDFReader(path: path) }
    let record = lower.hasSuffix(".hea") ? String(path.dropLast(4)) : path
    guard FileManager.default.fileExists(atPath: record + ".hea") else {
      let isThere = FileManager.default.fileExists(atPath: path)
      throw RecordingError(
        isThere
          ? "\(path) is no recording that can be read: give a WFDB record (NAME.hea), an EDF or a BDF file."
          : "No recording at \(path): there is neither \(record).hea nor an EDF file of that name.")
    }
    let header = try WFDBHeader(path: record + ".hea")
    if header.segments.isEmpty { return try WFDBReader(record: record, header: header) }
    return try WFDBSegmentedReader(record: record, header: header)
  }

  /// The recordings that a path means: itself, or all in a folder and below it, in the order of their
  /// names. Segments of a longer record do not count on their own.
  public static func list(_ path: String) throws(RecordingError) -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else { return [path] }
    guard let entries = FileManager.default.enumerator(atPath: path) else {
      throw RecordingError("\(path) cannot be listed: check its permissions.")
    }
    var records: [String] = []
    var segments: Set<String> = []
    for case let entry as String in entries {
      let full = path.hasSuffix("/") ? path + entry : path + "/" + entry
      let lower = entry.lowercased()
      if lower.hasSuffix(".edf") || lower.hasSuffix(".bdf") { records.append(full) }
      guard lower.hasSuffix(".hea") else { continue }
      let record = String(full.dropLast(4))
      records.append(record)
      if let header = try? WFDBHeader(path: full) {
        let folder = URL(filePath: record).deletingLastPathComponent().path(percentEncoded: false)
        for segment in header.segments { segments.insert(folder + segment.name) }
      }
    }
    let found = records.filter { !segments.contains($0) }.sorted()
    if found.isEmpty {
      throw RecordingError("No recordings in \(path): it holds no .hea, .edf or .bdf file.")
    }
    return found
  }
}
