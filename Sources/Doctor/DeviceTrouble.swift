// What may go wrong with a device while it monitors: the doctor's checks as conditions that a monitor can alarm on.

/// A trouble of the device itself.
public enum DeviceTrouble: CaseIterable, Sendable {
  /// The clock follows no reference: times of alarms drift.
  case clockUnsynchronised
  /// The processor is slowed down, or is about to be.
  case tooHot
  /// The supply's voltage is too low now.
  case supplyVoltageLow
  /// Less than a day of recording fits on the disk.
  case storageNearlyFull
  /// Less than an hour fits.
  case storageFull
}

extension Machine {
  /// What is wrong now.
  ///
  /// - Parameters:
  ///   - isClockSynchronised: the kernel's word.
  ///   - folder: where is written; nil where nothing is, so that no room is needed.
  public func troubles(
    isClockSynchronised: Bool, writingTo folder: String?
  ) -> Set<DeviceTrouble> {
    var troubles: Set<DeviceTrouble> = []
    if !isClockSynchronised { troubles.insert(.clockUnsynchronised) }
    let power = powerChecks(Board(self))
    func fails(_ id: String) -> Bool { power.contains { $0.id == id && $0.state == .failure } }
    if fails("power.voltage") { troubles.insert(.supplyVoltageLow) }
    if fails("power.throttled") || fails("processor.temperature") { troubles.insert(.tooHot) }
    if let folder, let free = facts.freeBytes(folder) {
      let hours = free / 1_000_000 / Self.megabytesAnHour
      if hours < 24 { troubles.insert(hours < 1 ? .storageFull : .storageNearlyFull) }
    }
    return troubles
  }
}
