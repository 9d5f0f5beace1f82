// Looks at a device from the outside in: buses, ports, rights, sound, clock, storage, power. Only reads.

/// All checks of the machine.
public enum Doctor {
  /// Every check in the order of docs/doctor.md. A check that concerns several things gives a result for each.
  public static func examine(_ machine: Machine) -> [CheckResult] {
    let board = Board(machine)
    let config = FirmwareConfig(machine)
    return machine.busChecks(board, config) + machine.serialChecks(board, config)
      + machine.rightsChecks() + machine.soundChecks(board, config) + [machine.guardCheck()]
      + machine.clockChecks(board)
      + machine.storageChecks() + machine.powerChecks(board)
      + [machine.keyCheck(), machine.terminalCheck]
  }
}

extension Machine {
  /// The curves are drawn with Unicode.
  var terminalCheck: CheckResult {
    let id = "terminal"
    let environment = facts.environment
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }
      .first { !$0.isEmpty }
    let name = (locale ?? "").uppercased()
    if name.contains("UTF-8") || name.contains("UTF8") { return .ok(id, locale ?? "") }
    return .warning(
      id, "the locale is '\(locale ?? "not set")', not UTF-8: curves are drawn as wrong characters",
      fix: "sudo update-locale LANG=C.UTF-8 && export LANG=C.UTF-8 LC_ALL=")
  }
}
