// Looks after the device itself while it monitors: room on the disk, heat, supply, the clock, the guard. Asks the
// doctor every ten seconds and hands what it finds to the alarm system.

import Alarms
import CLinux
import Dispatch
import Doctor
import Foundation
import Monitor

/// Reports technical conditions until `stop`.
final class DeviceWatch {
  private static let seconds = 10
  private let timer: any DispatchSourceTimer

  /// - Parameters:
  ///   - folder: where is written; nil where nothing is.
  ///   - isService: whether a guard is expected from the start.
  init(folder: String?, isService: Bool, desk: AlarmDesk) {
    var facts = SystemFacts()
    facts.freeBytes = { folder in SystemFacts.freeBytes(in: folder) }
    let machine = Machine(facts: facts)
    timer = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
    var held: Set<BuiltInAlarm> = []
    var presence = GuardPresence(isExpected: isService)
    timer.schedule(deadline: .now(), repeating: .seconds(Self.seconds))
    timer.setEventHandler {
      let isSynchronised = clinux_clock_is_synchronised() != 0
      let troubles = machine.troubles(
        isClockSynchronised: isSynchronised, writingTo: folder)
      let seconds = Double(clinux_monotonic_nanoseconds()) / 1e9
      let missesGuard = presence.isMissed(isRunning: machine.runsGuard, at: seconds)
      let alarms = Set(troubles.map(Self.alarm))
      desk.report(missesGuard ? alarms.union([.guardMissing]) : alarms, after: &held)
    }
    timer.resume()
  }

  func stop() { timer.cancel() }

  private static func alarm(_ trouble: DeviceTrouble) -> BuiltInAlarm {
    switch trouble {
    case .clockUnsynchronised: .clockUnsynchronised
    case .tooHot: .temperatureHigh
    case .supplyVoltageLow: .supplyVoltageLow
    case .storageNearlyFull: .storageNearlyFull
    case .storageFull: .storageFull
    }
  }
}
