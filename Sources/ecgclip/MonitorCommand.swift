// `ecgclip monitor`: live ECG in, curves, findings and alarms out.

import AlertLink
import ArgumentParser
import Devices
import Dispatch
import ECGSignal
import Foundation
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
      Without options it watches the built-in simulated patient. Examples:

        ecgclip monitor --source 'sim:af?hr=110&onset=15'
        ecgclip monitor --source 'sim:nsr?leadoff=RA@20'
        ecgclip monitor --source 'sim:nsr?pvc=bigeminy&block=lbbb&motion=300'
        ecgclip monitor --source 'serial:/dev/ttyUSB0?format=cyton' --mains 60
        ecgclip monitor --source file:mitdb/101 --speed max --seconds 120 --json
        ecgclip monitor --record sessions --alert udp://127.0.0.1:5514

      Press q or Ctrl-C to stop. --json prints one object a line; docs/json.md describes them.
      """)

  @Option(help: SourceSpecification.help)
  var source: SourceSpecification = .simulation(script: "nsr?hr=72")

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

  @Option(help: "Send alarms as datagrams to udp://HOST:PORT. Repeatable.")
  var alert: [String] = []

  @Flag(help: "Allow --alert to leave this machine, unencrypted.")
  var insecureAlerts = false

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

  @Option(help: "Calibration: a name in calibration or a path.")
  var calibration: String?

  @Option(help: "Model: a name in models or a path.")
  var model: String?

  @Option(help: "The patient's age in years: what was not validated for it is not assessed.")
  var age: Int?

  func validate() throws {
    if let seconds, !(seconds > 0) { throw ValidationError("--seconds must be above 0.") }
    if let age, !(0...150).contains(age) { throw ValidationError("--age must be 0 to 150 years.") }
    if json, display == .terminal {
      throw ValidationError("--json prints lines: it cannot share the terminal with a display.")
    }
  }

  func run() throws {
    let loaded = try Model(folder: Installation.modelFolder(model))
    let stop = StopFlag()
    let signals = StopSignals(stop)
    defer { signals.cancel() }
    var filters = filter.settings
    filters.mains = mains.setting
    let showsTerminal = !json && (display ?? .terminal) == .terminal && isatty(STDOUT_FILENO) == 1
    let source = try SourceFactory(speed: speed, profile: profile).make(source)
    let calibration = try self.calibration.map {
      try Calibration.load(Installation.file($0, in: "calibration", suffix: ".json"))
    }
    let monitor = Monitor(
      source: source, model: loaded,
      configuration: MonitorConfiguration(
        pipeline: PipelineConfiguration(filters: filters, patientAgeYears: age), seconds: seconds,
        recordFolder: record, showsCurves: showsTerminal),
      sinks: try sinks(showsTerminal: showsTerminal, filters: filters, stop: stop), stop: stop,
      calibrate: { format in try calibration?.applied(to: format) ?? format })
    _ = try monitor.run()
  }

  private func sinks(
    showsTerminal: Bool, filters: FilterSettings, stop: StopFlag
  ) throws -> [any EventSink] {
    let output = LineWriter(descriptor: STDOUT_FILENO, onBroken: { stop.set() })
    var sinks: [any EventSink] = []
    if showsTerminal {
      sinks.append(TerminalSink(filters: filters, alertText: alert.first, stop: stop))
    } else if json {
      sinks.append(JSONLinesSink(output: output))
    } else {
      sinks.append(PlainTextSink(output: output))
    }
    for destination in alert {
      sinks.append(
        AlertSink(
          try UDPAlertSender(
            to: AlertDestination(parsing: destination, allowInsecure: insecureAlerts))))
    }
    return sinks
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

  init(_ stop: StopFlag) {
    signal(SIGPIPE, SIG_IGN)
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { stop.set() }
      source.resume()
      return source
    }
  }

  func cancel() { for source in sources { source.cancel() } }
}
