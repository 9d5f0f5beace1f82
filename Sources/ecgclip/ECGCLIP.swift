// The command line: the only place that names a concrete device.

import ArgumentParser
import Foundation

@main
struct ECGCLIP: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ecgclip",
    abstract: "Reads a raw ECG, understands it with ECGCLIP, and calls for help.",
    discussion: """
      Research software. No medical device: never the only watch over a patient.

      First steps:
        ecgclip monitor          the built-in simulated patient
        ecgclip monitor --source 'sim:asystole?onset=20'
                                 an alarm after 20 seconds
        ecgclip screen RECORD    findings of a WFDB or EDF recording
        ecgclip doctor           what is wrong with this device, and how to put
                                 it right
        ecgclip selftest         whether all of it works on this machine
        ecgclip model info       the model, its hash and its scores

      Every command has --json. Exit status: 0 fine, 1 ran and found trouble, 2 could not run, \
      64 wrong usage.
      """,
    version: "0.1.0",
    subcommands: [
      MonitorCommand.self, ScreenCommand.self, EmulateCommand.self, ModelCommand.self,
      AnnotateCommand.self, EvaluateCommand.self, BenchCommand.self, SelfTestCommand.self,
      CalibrateCommand.self, DoctorCommand.self, GuardCommand.self, AlarmsCommand.self,
      ListenCommand.self, LinkCommand.self,
    ])

  /// Runs the command; what the outside world refuses is one sentence and status 2.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error where exitCode(for: error) == .failure && !(error is ExitCode) {
      JSONOutput.complain("\(error)")
      Foundation.exit(2)
    } catch {
      exit(withError: error)
    }
  }
}
