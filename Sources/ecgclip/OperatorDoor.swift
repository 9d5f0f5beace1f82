// Where `ecgclip alarms do` reaches a running monitor: a socket in the state folder, which only its owner may enter.

import Alarms
import LinuxDevices
import Monitor
import Pipeline
import RealTime

/// Takes the operator's actions until `close`.
final class OperatorDoor {
  private let thread: RealTimeThread
  private let stop = StopFlag()

  /// The door of a monitor; nil, with a complaint, where there can be none: that keeps nobody from monitoring.
  static func open(
    _ folder: StateFolder, _ profile: PatientProfile, _ desk: AlarmDesk
  ) -> OperatorDoor? {
    do throws(LocalSocketError) {
      return OperatorDoor(
        try LocalSocket(listeningAt: folder.operatorSocket),
        AlarmCatalogue.definitions.map(profile.adjusted), desk)
    } catch {
      JSONOutput.complain("'ecgclip alarms do' will not reach this monitor. \(error)")
      return nil
    }
  }

  private init(_ socket: LocalSocket, _ definitions: [AlarmDefinition], _ desk: AlarmDesk) {
    nonisolated(unsafe) let handed = socket
    let stop = stop
    thread = RealTimeThread(name: "operator", priority: nil) {
      while !stop.isSet {
        handed.answer(waitMilliseconds: 200) { Self.act($0, definitions, desk) }
      }
    }
  }

  func close() {
    stop.set()
    thread.join()
  }

  /// A line is an action, and behind a tab the name of whoever acts.
  private static func act(
    _ line: String, _ definitions: [AlarmDefinition], _ desk: AlarmDesk
  ) -> String {
    do throws(OperatorLineError) {
      let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
      let command = try AlarmCommand(operatorLine: parts.first ?? "", definitions: definitions)
      return desk.send(command, by: parts.count > 1 ? parts[1] : nil)
        ? "ok" : "The monitor takes no commands."
    } catch {
      return error.description
    }
  }
}
