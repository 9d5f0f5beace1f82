// The room's front door: what a reader of a recording offers, and how one is found by its path.

import ECGSignal
import Foundation

/// A recording that is read from a file as it is needed. Not thread-safe: one thread at a time.
public protocol RecordingReader: AnyObject {
  /// Rate, channels and name; provenance `.replay`. Constant.
  var format: SignalFormat { get }
  /// Samples a channel, gaps counted.
  var sampleCount: Int { get }
  /// The header's comments (age, sex, diagnoses), without their comment marks.
  var comments: [String] { get }
  /// A sentence for each signal of the file that is not among the channels, with the reason.
  var skippedSignals: [String] { get }
  /// When the first sample was taken, if the file says both date and time; read as UTC.
  var baseTime: Date? { get }

  /// Fills codes `[channel][stride]` with up to `count` samples from the read position.
  ///
  /// Returns how many samples each channel received: 0 only at the end (or for a `count` of 0).
  /// What was not recorded is `SampleBlock.missing`. `stride` is at least `count`. Throws where the
  /// file is damaged or unreadable.
  func read(into codes: UnsafeMutablePointer<Int32>, stride: Int, count: Int)
    throws(RecordingError) -> Int

  /// Moves the read position to a sample in `0...sampleCount`.
  func seek(to sample: Int) throws(RecordingError)

  /// Reads the whole recording and compares it with the checksums of its header, where it has any.
  func verifyChecksums() throws(RecordingError)
}

/// Opens and lists recordings.
public enum Recordings {
  /// Opens a WFDB record ("100", "100.hea") or an EDF, EDF+ or BDF file ("night.edf").
  public static func open(_ path: String) throws(RecordingError) -> any RecordingReader {
    switch fileExtension(path) {
    case "edf", "bdf": return try EDFReader(path: path)
    case "hea": return try openWFDB(String(path.dropLast(4)))
    default: return try openWFDB(path)
    }
  }

  /// The recordings at a path: itself, or all below a folder, sorted by path.
  ///
  /// A path in the list opens with `open(_:)`; WFDB records are listed without ".hea". The segments
  /// of a record are not listed beside it. Headers that cannot be read are left out.
  public static func list(_ path: String) throws(RecordingError) -> [String] {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard exists && isFolder.boolValue else {
      let record = fileExtension(path) == "hea" ? String(path.dropLast(4)) : path
      let isEDF = ["edf", "bdf"].contains(fileExtension(path))
      guard FileManager.default.fileExists(atPath: isEDF ? path : record + ".hea") else {
        throw RecordingError(
          "\(path): there is no such recording or folder; give a WFDB record (\"100\" or "
            + "\"100.hea\"), an EDF file or a folder of them")
      }
      return [record]
    }
    guard let walker = FileManager.default.enumerator(atPath: path) else {
      throw RecordingError("\(path): the folder cannot be listed; check its permissions")
    }
    let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
    var records: Set<String> = []
    var parts: Set<String> = []
    for case let name as String in walker {
      let file = folder + "/" + name
      switch fileExtension(name) {
      case "edf", "bdf": records.insert(file)
      case "hea":
        guard let header = try? WFDBHeader(contentsOf: file) else { continue }
        if header.signals.isEmpty && header.segments.isEmpty { continue }
        records.insert(String(file.dropLast(4)))
        parts.formUnion(header.segments.map { parentFolder(file) + $0.name })
      default: continue
      }
    }
    return records.subtracting(parts).sorted()
  }

  private static func openWFDB(_ record: String) throws(RecordingError) -> any RecordingReader {
    let header = try WFDBHeader(contentsOf: record + ".hea")
    let folder = parentFolder(record)
    return header.segments.isEmpty
      ? try WFDBReader(header: header, folder: folder)
      : try WFDBSegmentedReader(header: header, folder: folder)
  }

  /// The part of a path up to and with its last "/", empty where it has none.
  static func parentFolder(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  /// What follows the last dot of the last component, in lower case.
  static func fileExtension(_ path: String) -> String {
    let name = path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...]
    return name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
  }
}
