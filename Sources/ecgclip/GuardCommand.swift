// `ecgclip guard`: the process that alarms when the monitor cannot.

import Annunciator
import ArgumentParser
import CLinux
import Devices
import Dispatch
import Foundation
import Guard
import LinuxDevices
import Monitor

struct GuardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guard",
    abstract: "Watch the monitor, and alarm when it is not running.",
    discussion: """
      A process of its own that shares nothing with the monitor but its heartbeat. It alarms within \
      5 s when the monitor is killed or stopped, hangs, or gives up; not when it ended as it was \
      told to. Give it lamp, buzzer or sound card of its own: a monitor that is stopped still holds \
      its own. Examples:

        ecgclip guard --state ward/bed3 --sound Device
        ecgclip guard --heartbeat /run/ecgclip/heartbeat --start-within 60
        ecgclip guard --buzzer 24 --lamp red=25,yellow=12 --button 23

      Without --sound it takes the card 'default' only while it alarms: the monitor's, when that has \
      been killed.

      Whoever has come silences it for 120 s with the button, Enter on its terminal, or the signal \
      USR1; the lamp stays lit, and while the monitor is away the alarm comes back. To repair at \
      leisure, end the monitor in order (q, systemctl stop), or stop the guard.
      """)

  @Option(help: "The monitor's state folder (its --state; usually the same default).")
  var state: String?

  @Option(help: "The heartbeat itself, where the monitor is a service: /run/ecgclip/heartbeat.")
  var heartbeat: String?

  @Option(help: "Alarm when no monitor has started after so many seconds (default: wait).")
  var startWithin: Double?

  @OptionGroup(title: "Sound and light") var annunciation: AnnunciatorOptions

  @Option(help: "Button that silences, between a GPIO line and ground: 23.")
  var button: String?

  @Flag(help: "Print what happens as JSON, one object a line.")
  var json = false

  func validate() throws {
    if let startWithin, !(startWithin > 0) {
      throw ValidationError("--start-within must be above 0 seconds.")
    }
    do throws(SourceError) {
      _ = try button.map { text throws(SourceError) in try GPIOLine(button: text) }
    } catch { throw ValidationError(error.description) }
    if state != nil && heartbeat != nil {
      throw ValidationError("Either --state or --heartbeat: both say where the heartbeat is.")
    }
  }

  func run() throws {
    let environment = ProcessInfo.processInfo.environment
    let path = try heartbeat ?? HeartbeatPlace.ofState(folder: stateFolder(environment))
    let life = SignsOfLife(manager: try ServiceManager(environment: environment))
    let alarm = try GuardAlarm(annunciation)
    var limits = MonitorWatch.Limits()
    limits.firstStartSeconds = startWithin
    let loop = GuardLoop(path: path, cells: alarm.cells, limits: limits)
    let stop = StopFlag()
    let signals = StopSignals(stop)
    let acknowledgement = Self.onUserSignal { loop.acknowledge() }
    let button = try makeButton { loop.acknowledge() }
    let output = GuardOutput(isJSON: json)
    output.begin(heartbeat: path)
    alarm.start(life)
    life.begin()
    let thread = loop.start(life: life)
    // What is written may have to wait for whoever reads it: the guard's own thread does not.
    while !stop.isSet {
      while let report = loop.reports.pop() {
        alarm.follow(report.notice)
        output.tell(report)
      }
      for problem in alarm.takeSentences() + (button?.takeProblems() ?? []) {
        output.tell(problem: problem)
      }
      if isatty(STDIN_FILENO) == 1, clinux_wait_readable(STDIN_FILENO, 0) == 1, readLine() != nil {
        loop.acknowledge()
      }
      loop.reports.waitForData(milliseconds: 100)
    }
    loop.stop()
    thread.join()
    life.end(inOrder: true)
    alarm.stop()
    signals.cancel()
    acknowledgement.cancel()
    button?.stop()
  }

  private func makeButton(
    _ onPress: @escaping @Sendable () -> Void
  ) throws(SourceError) -> PushButton? {
    guard let button else { return nil }
    let line = try GPIOLine(button: button)
    return PushButton(
      open: { () throws(SourceError) in try GPIODataReadyLine(line, isPulledUp: true) },
      onPress: onPress)
  }

  private func stateFolder(_ environment: [String: String]) throws -> String {
    // The guard may be the first to start: where the monitor will be is where it waits.
    try StateFolder.open(named: state, isLive: true, environment: environment)?.path ?? "."
  }

  private static func onUserSignal(_ action: @escaping () -> Void) -> any DispatchSourceSignal {
    signal(SIGUSR1, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: .global())
    source.setEventHandler(handler: action)
    source.resume()
    return source
  }
}
