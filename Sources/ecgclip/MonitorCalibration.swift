// The calibration that a monitor uses: the one that is named, or its device's own, found by the device's name.

import Calibration
import Devices
import ECGSignal
import Foundation
import Monitor

struct MonitorCalibration {
  /// The name or path that was given, nil for the device's own.
  let named: String?
  /// What `--unit` says.
  let unit: String?
  let profile: ProfileIdentity
  let daysMax: Double

  /// Puts the calibration on a source's format. One that was named must be good; the device's own is left out with a
  /// warning where it is not, because a monitor that does not start watches nobody.
  func apply(to format: SignalFormat, of source: any SampleSource) throws -> CalibratedFormat {
    let calibrated = try corrected(format, of: source)
    return CalibratedFormat(
      format: calibrated.format, warnings: calibrated.warnings,
      notices: UnknownInputs.notice(format, of: source).map { [$0] } ?? [])
  }

  private func corrected(
    _ format: SignalFormat, of source: any SampleSource
  ) throws -> CalibratedFormat {
    let identity = DeviceIdentity(board: format.sourceName, unit: unit ?? source.unit)
    if let named {
      let path = try Installation.file(named, in: "calibration", suffix: ".json")
      guard let file = try load(path) else {
        throw CommandFailure("No calibration at \(path): name one of calibration, or a path.")
      }
      return try calibrated(file, format, identity)
    }
    // A simulation and a recording have no amplifier of their own that could be calibrated.
    let isDevice = format.provenance == .live || format.provenance == .testSignal
    guard identity.unit != nil || !isDevice else { return try missing(format, identity) }
    do {
      let path = try CalibrationFolder.path(of: identity, folder: nil)
      if let file = try load(path) { return try calibrated(file, format, identity) }
    } catch let error as CalibrationError {
      return CalibratedFormat(
        format: format, warnings: ["\(error) Nominal gain, offset and rate are used."])
    }
    return isDevice
      ? try missing(format, identity) : CalibratedFormat(format: format, warnings: [])
  }

  private func missing(
    _ format: SignalFormat, _ identity: DeviceIdentity
  ) throws -> CalibratedFormat {
    let missing = CalibrationFile.missing(
      format, of: identity, others: try CalibrationFolder.others(than: identity, folder: nil))
    return CalibratedFormat(format: missing.format, warnings: missing.warnings)
  }

  private func load(_ path: String) throws(CalibrationError) -> CalibrationFile? {
    try CalibrationFile.load(path, key: DeviceKey.load(DeviceKey.Place.usual))
  }

  private func calibrated(
    _ file: CalibrationFile, _ format: SignalFormat, _ identity: DeviceIdentity
  ) throws(CalibrationError) -> CalibratedFormat {
    let corrected = try file.corrected(
      format, of: identity, profile: profile, now: Date(), daysMax: daysMax)
    return CalibratedFormat(format: corrected.format, warnings: corrected.warnings)
  }
}
