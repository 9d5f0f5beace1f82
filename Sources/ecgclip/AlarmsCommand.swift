// `ecgclip alarms`: what alarmed and when, and whether the alarms work.

import Alarms
import ArgumentParser

struct AlarmsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alarms",
    abstract: "List, filter and export the alarm log; act on alarms; test lamp and sound.",
    discussion: """
      Examples:

        ecgclip alarms --since 12h --priority high
                                     what alarmed, how long, and who saw it
        ecgclip alarms --csv > alarms.csv
                                     every entry, for a spreadsheet
        ecgclip alarms do acknowledge --by 'Nurse Ana'
                                     as the key a of the monitor
        ecgclip alarms test --sound Device --lamp red=17,yellow=27

      docs/alarms.md has every alarm with its priority, delays and limits.
      """, subcommands: [AlarmsListCommand.self, AlarmsDoCommand.self, AlarmsTestCommand.self],
    defaultSubcommand: AlarmsListCommand.self)
}

extension AlarmPriority: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }

  public static var allValueStrings: [String] { allCases.map(\.name) }
}
