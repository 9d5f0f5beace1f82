// The time of day: alarms and recordings carry it, though no measurement depends on it.

extension Machine {
  func clockChecks(_ board: Board) -> [CheckResult] { [synchronised, clockThatLasts(board)] }

  /// 2025: before this program was written.
  private static let firstPlausibleSeconds = 1_735_689_600.0

  private var synchronised: CheckResult {
    let id = "clock.synchronised"
    let fix = "sudo timedatectl set-ntp true && timedatectl timesync-status"
    if facts.secondsSince1970 < Self.firstPlausibleSeconds {
      return .failure(
        id, "the clock stands before 2025: recordings would carry a wrong date", fix: fix)
    }
    switch facts.isClockSynchronised {
    case true: return .ok(id, "follows a reference")
    case false:
      return .warning(id, "the clock follows no reference: times of alarms drift", fix: fix)
    case nil: return .absent(id, "the kernel does not say whether it follows a reference")
    }
  }

  private func clockThatLasts(_ board: Board) -> CheckResult {
    let id = "clock.battery"
    let folder = "/sys/class/rtc/rtc0"
    guard exists(folder) else {
      if board == .other { return .absent(id, "no clock with a battery") }
      return .warning(
        id,
        "no clock with a battery: after a power cut the time is wrong until the network is back",
        fix:
          "# wire a DS3231 to the header, then: printf '\\n[all]\\ndtoverlay=i2c-rtc,ds3231\\n' | "
          + "sudo tee -a /boot/firmware/config.txt && sudo reboot")
    }
    let name = text("\(folder)/name") ?? "a clock"
    // The Pi 5 has the clock, and a connector for the battery (rtc-rpi: microvolts).
    if let microvolts = number("\(folder)/battery_voltage"), microvolts < 2_000_000 {
      return .warning(
        id, "\(name): its battery has \(Double(microvolts) / 1e6) V: it stops at a power cut",
        fix: "# plug a battery into the connector BAT, then: ecgclip doctor")
    }
    let seconds = Double(number("\(folder)/since_epoch") ?? 0)
    if seconds < Self.firstPlausibleSeconds {
      return .warning(id, "\(name) does not know the date", fix: "sudo hwclock --systohc")
    }
    return .ok(id, name)
  }
}
