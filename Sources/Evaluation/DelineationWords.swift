// The words of a delineation score: kinds of waves, their boundaries, and the intervals between them.

import Foundation
import SignalProcessing

/// A wave of the beat.
public enum WaveKind: String, CaseIterable, Sendable {
  case p, qrs, t
}

/// One end of a wave, or its peak.
public struct Boundary: Hashable, Sendable {
  /// Where in the wave.
  public enum Place: String, CaseIterable, Sendable { case onset, peak, offset }

  /// Its name in JSON: "pOnset".
  public var name: String {
    "\(kind.rawValue)\(place.rawValue.prefix(1).uppercased())\(place.rawValue.dropFirst())"
  }

  /// All, in the order of a beat.
  public static let all = WaveKind.allCases.flatMap { kind in
    Place.allCases.map { Boundary(kind, $0) }
  }

  let kind: WaveKind
  let place: Place

  init(_ kind: WaveKind, _ place: Place) {
    self.kind = kind
    self.place = place
  }
}

/// An interval of a report.
public enum Interval: String, CaseIterable, Sendable {
  /// Onset to offset of P.
  case pDuration
  /// Onset of P to onset of QRS.
  case pq
  /// Onset to offset of QRS.
  case qrsDuration
  /// Onset of QRS to the end of T.
  case qt

  /// The report's number, milliseconds.
  func value(_ measurements: Measurements) -> Double? {
    switch self {
    case .pDuration: measurements.pDurationMilliseconds
    case .pq: measurements.prMilliseconds
    case .qrsDuration: measurements.qrsMilliseconds
    case .qt: measurements.qtMilliseconds
    }
  }
}

extension DelineatedBeat {
  var peak: Int { qrs?.peak ?? sampleIndex }

  subscript(kind: WaveKind) -> WaveMarks? {
    switch kind {
    case .p: pWave
    case .qrs: qrs
    case .t: tWave
    }
  }

  /// Samples.
  subscript(interval: Interval) -> Double? {
    switch interval {
    case .pDuration: pWave.map { Double($0.offset - $0.onset) }
    case .pq: pWave.flatMap { p in qrs.map { Double($0.onset - p.onset) } }
    case .qrsDuration: qrs.map { Double($0.offset - $0.onset) }
    case .qt: tWave.flatMap { t in qrs.map { Double(t.offset - $0.onset) } }
    }
  }
}

extension ReferenceBeat {
  subscript(kind: WaveKind) -> ReferenceWave? {
    switch kind {
    case .p: pWave
    case .qrs: qrs
    case .t: tWave
    }
  }

  /// Samples.
  subscript(interval: Interval) -> Double? {
    switch interval {
    case .pDuration: pWave.map { $0.offset - $0.onset }
    case .pq: pWave.map { qrs.onset - $0.onset }
    case .qrsDuration: qrs.offset - qrs.onset
    case .qt: tWave.map { $0.offset - qrs.onset }
    }
  }
}

enum FileProbe {
  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
