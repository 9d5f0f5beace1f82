// Power, heat and speed of the processor, and the watchdog that restarts a device which hangs.

extension Machine {
  func powerChecks(_ board: Board) -> [CheckResult] {
    supply(board) + [temperature, governor(board), watchdog(board)]
  }

  /// The firmware's word (`vcgencmd get_throttled`): bits 0-3 now, 16-19 since the start: under-voltage, frequency
  /// capped, throttled, soft temperature limit. The kernel's driver rpi_volt tells only the first.
  private func supply(_ board: Board) -> [CheckResult] {
    let ids = ("power.voltage", "power.throttled")
    let hands =
      "# use the board's own supply (Pi 4: 5.1 V 3 A, Pi 5: 5.1 V 5 A) and its cable, then: ecgclip doctor"
    guard let bits = throttledBits else {
      guard let alarm = undervoltageAlarm else {
        return [ids.0, ids.1].map { .absent($0, "this board tells nothing of its supply") }
      }
      let voltage: CheckResult =
        alarm
        ? .failure(ids.0, "under-voltage now: samples and cards are at risk", fix: hands)
        : .ok(ids.0, "no under-voltage now")
      return [voltage, .absent(ids.1, "this kernel does not tell throttling")]
    }
    let voltage: CheckResult
    if bits & 1 != 0 {
      voltage = .failure(ids.0, "under-voltage now: samples and cards are at risk", fix: hands)
    } else if bits & 0x10000 != 0 {
      voltage = .warning(ids.0, "there was under-voltage since the start", fix: hands)
    } else {
      voltage = .ok(ids.0, "no under-voltage since the start")
    }
    let cool = "# give the board air or a heat sink, then: ecgclip doctor"
    let throttled: CheckResult
    if bits & 0xE != 0 {
      throttled = .failure(ids.1, "the processor is slowed down now", fix: cool)
    } else if bits & 0xE0000 != 0 {
      throttled = .warning(ids.1, "the processor was slowed down since the start", fix: cool)
    } else {
      throttled = .ok(ids.1, "never slowed down since the start")
    }
    return [voltage, throttled]
  }

  private var throttledBits: Int? {
    let platform = "/sys/devices/platform"
    for outer in names(platform) {
      for inner in names("\(platform)/\(outer)") where inner.contains("firmware") {
        if let word = text("\(platform)/\(outer)/\(inner)/get_throttled") {
          return Int(word.hasPrefix("0x") ? String(word.dropFirst(2)) : word, radix: 16)
        }
      }
    }
    return nil
  }

  private var undervoltageAlarm: Bool? {
    let folder = "/sys/class/hwmon"
    let sensor = names(folder).first { text("\(folder)/\($0)/name") == "rpi_volt" }
    return sensor.flatMap { number("\(folder)/\($0)/in0_lcrit_alarm") }.map { $0 != 0 }
  }

  private var temperature: CheckResult {
    let id = "processor.temperature"
    let zones = names("/sys/class/thermal", prefix: "thermal_zone")
    let degrees = zones.compactMap { number("/sys/class/thermal/\($0)/temp") }.map { $0 / 1000 }
    guard let hottest = degrees.max() else { return .absent(id, "no thermometer") }
    let fix = "# give the board air or a heat sink, then: ecgclip doctor"
    // A Raspberry Pi slows down from 80 C on.
    if hottest >= 80 { return .failure(id, "\(hottest) C: it slows down", fix: fix) }
    return hottest >= 70
      ? .warning(id, "\(hottest) C: it slows down from 80 C on", fix: fix)
      : .ok(id, "\(hottest) C")
  }

  private func governor(_ board: Board) -> CheckResult {
    let id = "processor.governor"
    let folder = "/sys/devices/system/cpu/cpufreq"
    guard let name = text("\(folder)/policy0/scaling_governor") else {
      return .absent(id, "the processor's speed is not the kernel's to choose")
    }
    if name == "performance" || board == .other { return .ok(id, name) }
    return .warning(
      id, "\(name): the processor must wake up for each block of samples",
      fix: "echo performance | sudo tee \(folder)/policy*/scaling_governor")
  }

  private func watchdog(_ board: Board) -> CheckResult {
    let id = "watchdog"
    guard exists("/dev/watchdog") || exists("/dev/watchdog0") else {
      if board == .other { return .absent(id, "no /dev/watchdog") }
      return .warning(
        id, "no /dev/watchdog: a device that hangs stays so",
        fix: "printf '\\n[all]\\ndtparam=watchdog=on\\n' | sudo tee -a "
          + "/boot/firmware/config.txt && sudo reboot")
    }
    switch text("/sys/class/watchdog/watchdog0/state") {
    case "active": return .ok(id, "somebody feeds it")
    case "inactive":
      return .warning(
        id, "nobody feeds the watchdog: a device that hangs stays so",
        fix: "sudo mkdir -p /etc/systemd/system.conf.d && printf '[Manager]\\n"
          + "RuntimeWatchdogSec=10s\\n' | sudo tee /etc/systemd/system.conf.d/ecgclip.conf "
          + "&& sudo systemctl daemon-reexec")
    default: return .ok(id, "there, but the kernel does not tell who feeds it")
    }
  }
}
