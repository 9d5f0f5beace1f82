// Looks after the device itself while it monitors: room on the disk, heat, supply, the clock, the guard. Asks the
// doctor every ten seconds and hands what it finds to the alarm system.

import Alarms
import CLinux
import Dispatch
import Doctor

/// What holds of the device, look by look.
struct DeviceConditions: Sendable {
  private let folder: String?
  private var presence: GuardPresence
  private var held: Set<BuiltInAlarm> = []

  /// - Parameters:
  ///   - folder: where is written; nil where nothing is.
  ///   - isService: whether a guard is expected from the start.
  init(writingTo folder: String?, isService: Bool) {
    self.folder = folder
    presence = GuardPresence(isExpected: isService)
  }

  /// Looks, at a time that never goes back, and tells the desk what has changed.
  mutating func look(
    at machine: Machine, isClockSynchronised: Bool, at seconds: Double, tell desk: AlarmDesk
  ) {
    let troubles = machine.troubles(isClockSynchronised: isClockSynchronised, writingTo: folder)
    var alarms = Set(troubles.map(Self.alarm))
    if presence.isMissed(isRunning: machine.runsGuard, at: seconds) { alarms.insert(.guardMissing) }
    desk.report(alarms, after: &held)
  }

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

/// Reports technical conditions until `stop`.
public final class DeviceWatch {
  private static let seconds = 10
  private let timer: any DispatchSourceTimer

  /// - Parameters:
  ///   - machine: the device, looked at again each time.
  ///   - folder: where is written; nil where nothing is.
  ///   - isService: whether a guard is expected from the start.
  public init(_ machine: Machine, folder: String?, isService: Bool, desk: AlarmDesk) {
    timer = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
    var conditions = DeviceConditions(writingTo: folder, isService: isService)
    timer.schedule(deadline: .now(), repeating: .seconds(Self.seconds))
    timer.setEventHandler {
      conditions.look(
        at: machine, isClockSynchronised: clinux_clock_is_synchronised() != 0,
        at: Double(clinux_monotonic_nanoseconds()) / 1e9, tell: desk)
    }
    timer.resume()
  }

  /// Looks no more.
  public func stop() { timer.cancel() }
}
