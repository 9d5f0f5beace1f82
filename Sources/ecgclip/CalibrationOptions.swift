// What every `calibrate` command has in common: which front-end, who measures, and where the result goes.

import ArgumentParser
import Calibration
import Devices
import ECGSignal
import Foundation
import LinuxDevices
import Monitor

struct CalibrationOptions: ParsableArguments {
  @Option(help: SourceSpecification.help)
  var source: SourceSpecification?

  @Option(help: "Board profile: a name in firmware-config or a path.")
  var profile: String?

  @Option(help: UnitOption.help)
  var unit: String?

  @Option(help: "Seconds of signal to measure.")
  var seconds: Double?

  @Option(name: .customLong("operator"), help: "Who measures (default: who is logged in).")
  var operatorName: String?

  @Option(help: "Folder of calibrations (default: calibration).")
  var folder: String?

  @Flag(help: "Do not write the result.")
  var dryRun = false

  @Flag(help: "Do not wait for anybody: everything is connected already.")
  var assumeReady = false

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(help: .hidden)
  var speed: Speed = .real

  func validate() throws {
    if let seconds, !(seconds > 0) { throw ValidationError("--seconds must be above 0.") }
    try UnitOption.check(unit)
    if operatorName?.isEmpty == true { throw ValidationError("--operator must be a name.") }
  }

  /// Opens the front-end, measures, prints, writes. Status 1 where the measurement failed.
  func run(_ measure: (Bench) throws -> FieldMeasurement) throws {
    try run { bench, _ in try measure(bench) }
  }

  /// The same for what depends on the board's profile.
  func run(_ measure: (Bench, CalibratedDevice) throws -> FieldMeasurement) throws {
    try run { source, device, stop, check in
      let bench = try Bench(
        source: source, electrodes: device.electrodes,
        isStopped: { stop.isSet },
        ask: { step, whileWaiting in
          try StepPrompt(isAssumedReady: assumeReady).ask(step, stop: stop, whileWaiting)
        })
      defer { bench.close() }
      try check(bench.format)
      return try measure(bench, device)
    }
  }

  /// The same for what opens and closes the source itself. It is to call `check` with the source's format before it
  /// measures.
  func run(
    _ measure: (
      _ source: any SampleSource, CalibratedDevice, StopFlag,
      _ check: @escaping (SignalFormat) throws -> Void
    ) throws -> FieldMeasurement
  ) throws {
    let stop = StopFlag()
    let signals = StopSignals(stop)
    defer { signals.cancel() }
    let source = try source ?? .usual(profile: profile)
    let device = try CalibratedDevice(source: source, profile: profile)
    let frontEnd = try SourceFactory(speed: speed, profile: profile).make(source)
    var checked: (identity: DeviceIdentity, provenance: Provenance)?
    let measurement = try withoutActuallyEscaping({ (format: SignalFormat) throws in
      let identity = DeviceIdentity(board: format.sourceName, unit: unit ?? frontEnd.unit)
      if !dryRun && format.provenance == .live { try Self.require(identity) }
      checked = (identity, format.provenance)
    }) { check in try measure(frontEnd, device, stop, check) }
    guard let (identity, provenance) = checked else {
      preconditionFailure("what measures tells the format first")
    }
    let entry = CalibrationEntry(
      measurement, measuredAt: Date(), operatorName: operatorName ?? LoginName.current,
      softwareVersion: ECGCLIP.configuration.version, profile: device.profile)
    let path = try store(entry, of: identity)
    let report = CalibrationReport(
      entry: entry, device: identity.name, provenance: provenance, path: path)
    if json { try JSONOutput.print(report.object) } else { print(report.text) }
    if !entry.passed { throw ExitCode(1) }
  }

  /// Numbers of one device must not come to another: before anything is measured it must be known which this is.
  private static func require(_ identity: DeviceIdentity) throws(CommandFailure) {
    guard identity.unit == nil else { return }
    throw CommandFailure(
      "Nothing tells this \(identity.board) from another of its kind: put a label on it and name it with "
        + "--unit LABEL, here and when it is monitored.")
  }

  /// Adds the entry to the device's file. Nil where nothing is to be written.
  private func store(_ entry: CalibrationEntry, of identity: DeviceIdentity) throws -> String? {
    if dryRun { return nil }
    let path = try CalibrationFolder.path(of: identity, folder: folder)
    let key = try DeviceKey.loadOrMake(.usual)
    var file =
      try CalibrationFile.load(path, key: key) ?? CalibrationFile(device: identity.name)
    guard file.device == identity.name else {
      throw CommandFailure(
        "\(path) is of device '\(file.device)', not of '\(identity.name)': rename one of them.")
    }
    file.append(entry)
    try file.write(to: path, key: key)
    return path
  }
}

/// `--unit`, the same in every command that knows calibrations.
enum UnitOption {
  static let help: ArgumentHelp = """
    Which one of its kind the front-end is, as the label on it: its calibration is kept by it. Where a \
    USB serial number or the bridge itself tells it, it need not be given.
    """

  static func check(_ unit: String?) throws {
    if unit?.isEmpty == true { throw ValidationError("--unit must be a name.") }
  }
}

/// The folder of calibrations.
enum CalibrationFolder {
  /// The file of a device in the home's `calibration`, or in another folder.
  static func path(of identity: DeviceIdentity, folder: String?) throws -> String {
    try path(of: identity.name, folder: folder)
  }

  /// The same by the device's name.
  static func path(of device: String, folder: String?) throws -> String {
    let folder = try folder ?? Installation.home() + "/calibration"
    return folder + "/" + CalibrationFile.name(of: device)
  }

  /// Devices of the same kind that have files, and files of before a unit was named.
  static func others(than identity: DeviceIdentity, folder: String?) throws -> [String] {
    let folder = try folder ?? Installation.home() + "/calibration"
    let own = CalibrationFile.name(of: identity.name).dropLast(5)
    let kind = CalibrationFile.name(of: identity.board).dropLast(5)
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
      .filter { $0 != own && ($0 == kind || $0.hasPrefix(kind + "-")) }.sorted()
  }
}

/// Who is logged in.
enum LoginName {
  static var current: String {
    let name = ProcessInfo.processInfo.environment["SUDO_USER"] ?? NSUserName()
    return name.isEmpty ? "unknown" : name
  }
}
