// `ecgclip alarms do`: what the keys of the terminal do, for a monitor that runs as a service.

import Alarms
import ArgumentParser
import LinuxDevices

struct AlarmsDoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "do",
    abstract: "Acknowledge or pause the alarms of the monitor that runs here, or switch one off.",
    discussion: AlarmCommand.operatorWords
      .map { "  \($0.word) \($0.argument)".padding(to: 28) + $0.effect }
      .joined(separator: "\n")
      + "\n\nA CONDITION is a name of docs/alarms.md, as tachycardia or finding.AFIB.")

  @Argument(help: "The action and what it needs, as: pause 60.")
  var action: [String]

  @Option(help: StateFolder.help)
  var state: String?

  @Option(help: "The name of whoever acts, for the alarm log.")
  var by: String?

  func run() throws {
    let folder = try StateFolder.existing(named: state)
    let answer: String
    do {
      let line = action.joined(separator: " ") + (by.map { "\t" + $0 } ?? "")
      answer = try LocalSocket.ask(line, at: folder.operatorSocket)
    } catch {
      JSONOutput.complain("No monitor answers: start it, or name its folder with --state. \(error)")
      throw ExitCode(2)
    }
    guard answer == "ok" else {
      JSONOutput.complain(answer)
      throw ExitCode(64)
    }
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
