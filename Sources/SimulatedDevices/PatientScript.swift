// What the simulated patient has, as written after `sim:` - a rhythm and, after a question mark, how.

import Devices
import ECGSignal

/// A scene for the simulated patient.
public struct PatientScript: Hashable, Sendable {
  /// The rhythms that can be played.
  public enum Rhythm: String, CaseIterable, Sendable {
    /// Normal sinus rhythm.
    case nsr
    /// Sinus bradycardia, 40 a minute unless `hr` says otherwise.
    case brady
    /// Sinus tachycardia, 140 a minute unless `hr` says otherwise.
    case tachy
    /// Atrial fibrillation.
    case af
    /// Ventricular tachycardia, 190 a minute unless `hr` says otherwise.
    case vt
    /// Ventricular fibrillation.
    case vf
    /// No heart beat.
    case asystole

    var defaultRate: Double {
      switch self {
      case .nsr: 72
      case .brady: 40
      case .tachy: 140
      case .af: 95
      case .vt: 190
      case .vf, .asystole: 72
      }
    }
  }

  /// An electrode that comes off.
  public struct ElectrodeOff: Hashable, Sendable {
    /// The electrode: RA, LA, LL or V1-V6.
    public var electrode: String
    /// Seconds from the start.
    public var from: Double
    /// Seconds from the start at which it is on again.
    public var until: Double
  }

  /// The rhythm.
  public var rhythm: Rhythm
  /// Beats a minute.
  public var heartRateBPM: Double
  /// Seconds of normal sinus rhythm before it.
  public var onsetSeconds = 0.0
  /// Seed of everything random.
  public var seed: UInt64 = 1
  /// Muscle and amplifier noise, root mean square.
  public var noiseMicrovolts = 5.0
  /// Mains hum at 50 Hz, amplitude.
  public var mainsMicrovolts = 0.0
  /// Baseline wander with the breath, amplitude.
  public var wanderMicrovolts = 40.0
  /// An electrode that comes off.
  public var electrodeOff: ElectrodeOff?

  /// Reads `RHYTHM?key=value&...`; the error names what is known.
  public init(parsing text: String) throws(SourceError) {
    let parts = text.split(separator: "?", maxSplits: 1).map(String.init)
    guard let name = parts.first, let rhythm = Rhythm(rawValue: name) else {
      let known = Rhythm.allCases.map(\.rawValue).joined(separator: ", ")
      throw SourceError(
        "No rhythm '\(parts.first ?? "")' for the simulated patient: one of \(known).")
    }
    self.rhythm = rhythm
    heartRateBPM = rhythm.defaultRate
    for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
      let entry = pair.split(separator: "=", maxSplits: 1).map(String.init)
      guard entry.count == 2 else {
        throw SourceError("'\(pair)' is no key=value of a simulation: write for instance hr=72.")
      }
      try set(entry[0], entry[1])
    }
  }

  private mutating func set(_ key: String, _ value: String) throws(SourceError) {
    switch key {
    case "hr": heartRateBPM = try Self.number(key, value, 10...320)
    case "onset": onsetSeconds = try Self.number(key, value, 0...1e6)
    case "seed": seed = UInt64(try Self.number(key, value, 0...1e15))
    case "noise": noiseMicrovolts = try Self.number(key, value, 0...5000)
    case "mains": mainsMicrovolts = try Self.number(key, value, 0...5000)
    case "wander": wanderMicrovolts = try Self.number(key, value, 0...5000)
    case "leadoff": electrodeOff = try Self.electrodeOff(value)
    default:
      throw SourceError(
        "No option '\(key)' of a simulation: one of hr, onset, seed, noise, mains, wander, leadoff."
      )
    }
  }

  private static func number(
    _ key: String, _ value: String, _ range: ClosedRange<Double>
  ) throws(SourceError) -> Double {
    guard let number = Double(value), range.contains(number) else {
      throw SourceError(
        "\(key)=\(value) is no number from \(range.lowerBound) to \(range.upperBound): correct it.")
    }
    return number
  }

  /// `V2@30` or `RA@30-40`.
  private static func electrodeOff(_ value: String) throws(SourceError) -> ElectrodeOff {
    let parts = value.split(separator: "@").map(String.init)
    let times = parts.count == 2 ? parts[1].split(separator: "-").compactMap { Double($0) } : []
    let electrodes = ["RA", "LA", "LL", "V1", "V2", "V3", "V4", "V5", "V6"]
    guard parts.count == 2, electrodes.contains(parts[0]), (1...2).contains(times.count) else {
      throw SourceError(
        "leadoff=\(value) is not understood: write ELECTRODE@SECONDS, as RA@20 or V2@20-40.")
    }
    return ElectrodeOff(
      electrode: parts[0], from: times[0], until: times.count == 2 ? times[1] : .infinity)
  }
}
