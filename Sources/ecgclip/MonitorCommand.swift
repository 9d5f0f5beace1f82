// `ecgclip monitor`: live ECG in, curves, findings and alarms out.

import Alarms
import ArgumentParser
import Calibration
import Devices
import Dispatch
import Doctor
import ECGSignal
import Foundation
import Guard
import Inference
import LinuxDevices
import Monitor
import Pipeline
import SignalProcessing
import SimulatedDevices
import TerminalDisplay

struct MonitorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "monitor",
    abstract: "Watch an ECG: curves, heart rate, findings and alarms, live.",
    discussion: """
      Without options it watches the built-in simulated patient; with the --profile of a board \
      on an SPI bus, that board. Examples:

        ecgclip monitor --source 'sim:af?hr=110&onset=15'
        ecgclip monitor --source 'sim:nsr?leadoff=RA@20'
        ecgclip monitor --source 'sim:nsr?pvc=bigeminy&block=lbbb&motion=300'
        ecgclip monitor --source 'serial:/dev/ttyUSB0?format=cyton' --mains 60
        ecgclip monitor --profile ads1298-pi
        ecgclip monitor --source file:mitdb/101 --speed max --seconds 120 --json
        ecgclip monitor --profile ads1298-pi --record sessions \\
          --alert udp://192.168.4.1:5514 --alert-key bed-7.key

      Keys: p pauses the sound, a acknowledges all alarms, Tab selects one, o switches it off, O \
      switches all on, s is standby, q or Ctrl-C stops. 'ecgclip alarms do' does the same from \
      elsewhere. A model that cannot be used costs the findings, not the watch.

      --json prints one object a line; docs/json.md describes them.
      """)

  @Option(help: SourceSpecification.help)
  var source: SourceSpecification?

  @Option(help: "How fast recordings and simulations run: real, max, or a factor.")
  var speed: Speed = .real

  @Option(help: "Stop after so many seconds of signal.")
  var seconds: Double?

  @Option(help: "What to show: terminal or none.")
  var display: DisplayChoice?

  @Flag(help: "Print events as JSON, one object a line (implies --display none).")
  var json = false

  @Option(help: "Record the raw samples in this folder, as a WFDB record.")
  var record: String?

  @Option(help: StateFolder.help)
  var state: String?

  @OptionGroup(title: "Sound and light") var annunciation: AnnunciatorOptions

  @OptionGroup var alerts: AlertOptions

  @Option(help: MainsChoice.help)
  var mains: MainsChoice = .auto

  @Option(
    help: """
      Filter of curves and measurements: monitoring (0.67-40 Hz), st (0.05-40) or diagnostic \
      (0.05-150).
      """)
  var filter: FilterChoice = .monitoring

  @Option(help: "Board profile: a name in firmware-config or a path.")
  var profile: String?

  @Option(help: UnitOption.help)
  var unit: String?

  @Option(help: "Calibration: a name in calibration or a path (default: the device's own, if any).")
  var calibration: String?

  @Option(help: "Days after which a calibration is told to be too old.")
  var calibrationDays = CalibrationFile.daysMaxDefault

  @Option(help: "Model: a name in models or a path.")
  var model: String?

  @Option(
    help: """
      The patient: name, age, limits of the alarms (JSON; docs/alarms.md). Kept in the state \
      folder: a restart without this option goes on with it.
      """)
  var patient: String?

  @Flag(help: "Another patient: forget the one, and the alarms, that the state folder keeps.")
  var newPatient = false

  @Option(
    help: """
      The patient's age in years: what was not validated for it is not assessed. Goes before the \
      age in --patient.
      """)
  var age: Int?

  func validate() throws {
    if let seconds, !(seconds > 0) { throw ValidationError("--seconds must be above 0.") }
    try UnitOption.check(unit)
    if let age, !(0...150).contains(age) { throw ValidationError("--age must be 0 to 150 years.") }
    if json, display == .terminal {
      throw ValidationError("--json prints lines: it cannot share the terminal with a display.")
    }
  }

  func run() throws {
    let source = try source ?? .usual(profile: profile)
    let folder = try StateFolder.open(named: state, isLive: source.mayBeLive)
    let claim = try folder.map { folder in try StateClaim("monitor", in: folder) }
    defer { withExtendedLifetime(claim) {} }
    let life = try MonitorLife.make(state: folder?.path)
    do { try watch(source, folder, life) } catch {
      // Whatever keeps it from watching: its guard alarms.
      life.end(inOrder: false)
      throw error
    }
  }

  private func watch(
    _ source: SourceSpecification, _ folder: StateFolder?, _ life: SignsOfLife
  ) throws {
    let stop = StopFlag()
    let desk = AlarmDesk()
    let signals = StopSignals(stop)
    defer { signals.cancel() }
    var filters = filter.settings
    filters.mains = mains.setting
    let showsTerminal = !json && (display ?? .terminal) == .terminal && isatty(STDOUT_FILENO) == 1
    let calibration = MonitorCalibration(
      named: calibration, unit: unit,
      profile: try CalibratedDevice(source: source, profile: profile).profile,
      daysMax: calibrationDays)
    if newPatient { try KeptState.forget(folder) }
    let kept = try KeptState(patient: patient, folder: folder)
    let deviceWatch =
      source.mayBeLive
      ? DeviceWatch(
        Machine(facts: .watched), folder: record ?? folder?.path,
        isService: MonitorLife.isService, desk: desk)
      : nil
    defer { deviceWatch?.stop() }
    var patientProfile = kept.profile
    patientProfile.ageYears = age ?? patientProfile.ageYears
    let annunciator = try annunciation.annunciator(
      profile: AnnunciatorOptions.wiring(source, profile: profile), isLive: source.mayBeLive)
    let door = folder.flatMap { folder in
      OperatorDoor.open(folder, patientProfile, desk)
    }
    defer { door?.close() }
    // First of the sinks: an alert does not wait for a screen.
    let link = try alerts.makeSink(folder, desk: desk)
    let log = folder.map { AlarmLogSink(AlarmLogWriter(path: $0.alarmLog, behind: link?.progress)) }
    let frontEnd = try SourceFactory(speed: speed, profile: profile).make(source)
    let output = OutputSink(
      outputSink(showsTerminal: showsTerminal, filters: filters, stop: stop, desk: desk),
      waits: frontEnd.waitsForConsumer)
    let monitor = Monitor(
      source: frontEnd,
      model: loadedModel(),
      configuration: MonitorConfiguration(
        pipeline: PipelineConfiguration(
          filters: filters, profile: patientProfile, restoredAlarms: kept.alarms),
        seconds: seconds, recordFolder: record, showsCurves: showsTerminal),
      sinks: [link, output, log, kept.makeSink(), AnnunciatorSink(annunciator, life: life)]
        .compactMap { (sink: (any EventSink)?) in sink },
      stop: stop, desk: desk, annunciation: annunciator.cell, life: life,
      calibrate: { format in try calibration.apply(to: format, of: frontEnd) })
    // The sentence was told as a problem; the exit status says that there was one.
    let summary = try monitor.run()
    // What the log found while it finished, when the output had ended.
    for notice in log?.takeProblems() ?? [] { JSONOutput.complain(notice) }
    if let count = log?.unwrittenCount, count > 0 {
      JSONOutput.complain("\(count) entries of the alarm log could not be written.")
    }
    if summary.endReason != nil { throw ExitCode(1) }
  }

  /// A model that cannot be used costs the findings, not the watch.
  private func loadedModel() -> Result<Model, ModelError> {
    do { return .success(try Model(folder: Installation.modelFolder(model))) } catch {
      return .failure(error as? ModelError ?? ModelError("\(error)"))
    }
  }

  private func outputSink(
    showsTerminal: Bool, filters: FilterSettings, stop: StopFlag, desk: AlarmDesk
  ) -> any EventSink {
    if showsTerminal {
      return TerminalSink(filters: filters, alertText: alerts.alert, stop: stop, desk: desk)
    }
    let output = LineWriter(descriptor: STDOUT_FILENO, onBroken: { stop.set() })
    return json ? JSONLinesSink(output: output) : PlainTextSink(output: output)
  }
}

enum DisplayChoice: String, ExpressibleByArgument, CaseIterable { case terminal, none }

enum MainsChoice: String, ExpressibleByArgument, CaseIterable {
  case auto
  case fifty = "50"
  case sixty = "60"
  case off

  static let help: ArgumentHelp =
    "Mains frequency for the notch: auto (50 Hz until another is heard), 50, 60 or off."

  var setting: MainsSetting {
    switch self {
    case .auto: .automatic(initialHz: 50)
    case .fifty: .fixed(hertz: 50)
    case .sixty: .fixed(hertz: 60)
    case .off: .off
    }
  }
}

enum FilterChoice: String, ExpressibleByArgument, CaseIterable {
  case monitoring, st, diagnostic

  var settings: FilterSettings {
    switch self {
    case .monitoring: .monitoring
    case .st: .st
    case .diagnostic: .diagnostic
    }
  }
}

/// Turns SIGINT, SIGTERM and SIGHUP into the stop flag, so that everything is closed in order.
final class StopSignals {
  private let sources: [any DispatchSourceSignal]

  convenience init(_ stop: StopFlag) { self.init { stop.set() } }

  /// Calls something, on a thread of its own, when one of them comes.
  init(_ handle: @escaping @Sendable () -> Void) {
    signal(SIGPIPE, SIG_IGN)
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { handle() }
      source.resume()
      return source
    }
  }

  func cancel() { for source in sources { source.cancel() } }
}
