// What a monitor does with a calibration: corrects gain, offset and rate, and says what it could not rely on.

import ECGSignal
import Foundation

/// A format with its device's calibration, and what a person must know about it.
public struct CorrectedFormat: Sendable {
  /// The format to use.
  public var format: SignalFormat
  /// One sentence each: no calibration, too old, failed, of another profile.
  public var warnings: [String]

  /// A format and what is to be said about it.
  public init(format: SignalFormat, warnings: [String]) {
    self.format = format
    self.warnings = warnings
  }
}

extension CalibrationFile {
  /// Days after which a calibration should be made again, unless the site says otherwise.
  public static let daysMaxDefault = 365.0

  /// The kinds whose numbers are applied. Gain only where it was measured with a source of known voltage: the chip's
  /// own test signal is less exact than what it would correct.
  private static let applied: [MeasurementKind] = [.gain, .offset, .clock]

  /// Puts the newest calibration on a format. An old one is used, as it is still the best that is known, and told;
  /// one that failed or was made with another profile is not used, and told.
  public func corrected(
    _ format: SignalFormat, of identity: DeviceIdentity, profile: ProfileIdentity, now: Date,
    daysMax: Double
  ) throws(CalibrationError) -> CorrectedFormat {
    guard device == identity.name else {
      throw CalibrationError(
        "The calibration is of device '\(device)', but this is '\(identity.name)': "
          + "take its own calibration or none.")
    }
    var result = CorrectedFormat(format: format, warnings: [])
    let (current, foreign) = newestByKind(profile)
    if !foreign.isEmpty {
      result.warnings.append(
        "\(Self.list(foreign)) of \(device) was measured with another profile than "
          + "'\(profile.name)' is now: not used. Calibrate again.")
    }
    for entry in current.filter({ !$0.passed }) {
      let failed = Set(entry.measurement.values.filter { !$0.passed }.map(\.subject)).sorted()
      result.warnings.append(
        "\(entry.measurement.kind.rawValue) of \(device) failed when it was last measured "
          + "(\(Self.day(entry)): \(failed.joined(separator: " "))).")
    }
    let good = current.filter { $0.passed && Self.applied.contains($0.measurement.kind) }
    let old = good.filter { now.timeIntervalSince($0.measuredAt) > daysMax * 86_400 }
    if !old.isEmpty {
      let days = old.map { Int(now.timeIntervalSince($0.measuredAt) / 86_400) }.max() ?? 0
      result.warnings.append(
        "\(Self.list(old.map(\.measurement.kind))) of \(device) was measured \(days) days ago, more "
          + "than \(Int(daysMax)): calibrate again.")
    }
    let known = current.map(\.measurement.kind) + foreign
    let missing = Self.applied.filter { !known.contains($0) }
    if !missing.isEmpty {
      result.warnings.append(
        "\(Self.list(missing)) of \(device) was never measured: ecgclip calibrate \(missing[0].rawValue)."
      )
    }
    apply(good.map(\.measurement), to: &result)
    return result
  }

  /// Microvolts = (nominal microvolts - offset) * gain correction.
  private func apply(_ measurements: [FieldMeasurement], to result: inout CorrectedFormat) {
    let gains = measurements.first(where: \.isExternalGain)?.values(of: .gainCorrection)
    let offsets = measurements.first { $0.kind == .offset }?.values(of: .offsetMicrovolts)
    let clock = measurements.first { $0.kind == .clock }?.values(of: .clockPartsPerMillion)
    if let partsPerMillion = clock?["clock"]?.value {
      result.format.measuredSampleRate =
        result.format.sampleRate * (1 + partsPerMillion * 1e-6)
    }
    var unknown: [String] = []
    for index in result.format.channels.indices {
      let name = result.format.channels[index].name
      let gain = gains?[name]?.value
      let offset = offsets?[name]?.value
      if gains != nil && gain == nil || offsets != nil && offset == nil { unknown.append(name) }
      result.format.channels[index].microvoltsPerCode *= gain ?? 1
      result.format.channels[index].offsetMicrovolts -= (offset ?? 0) * (gain ?? 1)
    }
    if !unknown.isEmpty {
      result.warnings.append(
        "The calibration of \(device) lacks channels "
          + "\(unknown.joined(separator: " ")): nominal values are used. Calibrate again.")
    }
  }

  /// What a monitor says of a device that has no calibration of its own. `others`: devices of its kind that have one.
  public static func missing(
    _ format: SignalFormat, of identity: DeviceIdentity, others: [String]
  ) -> CorrectedFormat {
    let isKnown = identity.unit != nil
    var sentence =
      isKnown
      ? "\(identity.name) has no calibration"
      : "Nothing tells which \(identity.board) this is, so no calibration is its own"
    sentence += ": nominal gain, offset and rate are used. "
    if !others.isEmpty {
      sentence += "Those of \(others.joined(separator: ", ")) are other devices' or name no unit. "
    }
    sentence +=
      isKnown
      ? "ecgclip calibrate gain, offset and clock make one."
      : "Name it with --unit, when it is calibrated and when it is monitored."
    return CorrectedFormat(format: format, warnings: [sentence])
  }

  /// The newest entry of each kind where it was made with this profile, and the kinds where it was not.
  private func newestByKind(
    _ profile: ProfileIdentity
  ) -> (current: [CalibrationEntry], foreign: [MeasurementKind]) {
    let newest = MeasurementKind.allCases.compactMap { kind -> CalibrationEntry? in
      let external = kind == .gain ? self.newest(kind) { $0.measurement.isExternalGain } : nil
      guard let last = self.newest(kind) else { return nil }
      // A check that failed stands against an older source of known voltage; one that passed does not replace it.
      return last.passed ? external ?? last : last
    }
    let current = newest.filter { $0.profile.sha256 == profile.sha256 }
    return (current, newest.filter { $0.profile.sha256 != profile.sha256 }.map(\.measurement.kind))
  }

  private static func list(_ kinds: [MeasurementKind]) -> String {
    let names = kinds.map(\.rawValue).joined(separator: ", ")
    return names.prefix(1).uppercased() + names.dropFirst()
  }

  private static func day(_ entry: CalibrationEntry) -> String {
    String(entry.measuredAt.formatted(.iso8601).prefix(10))
  }
}

extension FieldMeasurement {
  /// Whether it is a gain that corrects, and not only checks.
  var isExternalGain: Bool { kind == .gain && conditions["sourceMicrovoltsPeakToValley"] != nil }
}
