// Serial ports: names that stay, adapters that hold bytes back, and who else speaks on the header's port.

extension Machine {
  func serialChecks(_ board: Board, _ config: FirmwareConfig?) -> [CheckResult] {
    [serialDevice] + ftdiLatency + [serialConsole(board), serialHeader(board, config)]
  }

  private var serialDevice: CheckResult {
    let id = "serial.device"
    if let port = needs.serialPort, !exists(port) {
      return .failure(
        id, "no \(port)", fix: "ls -l /dev/serial/by-id /dev/ttyUSB* /dev/ttyACM* /dev/ttyAMA*")
    }
    let lasting = names("/dev/serial/by-id")
    if !lasting.isEmpty {
      return .ok(id, lasting.map { "/dev/serial/by-id/\($0)" }.joined(separator: ", "))
    }
    let plain = names("/dev", prefix: "ttyUSB") + names("/dev", prefix: "ttyACM")
    if plain.isEmpty { return .absent(id, "no USB serial port is plugged in") }
    return .warning(
      id, "/dev/\(plain[0]) has no name in /dev/serial/by-id, and changes its own when re-plugged",
      fix: "sudo systemctl restart systemd-udevd && sudo udevadm trigger --subsystem-match=tty")
  }

  /// FTDI's driver starts with 16 ms (ftdi_sio), so a frame of 4 ms waits for three others.
  private var ftdiLatency: [CheckResult] {
    let id = "serial.latency"
    let folder = "/sys/bus/usb-serial/devices"
    let timers = names(folder).compactMap { name in
      number("\(folder)/\(name)/latency_timer").map { (name: name, milliseconds: $0) }
    }
    if timers.isEmpty { return [.absent(id, "no FTDI adapter is plugged in")] }
    return timers.map { timer in
      if timer.milliseconds <= 2 { return .ok(id, "\(timer.name): \(timer.milliseconds) ms") }
      let rule =
        #"ACTION=="add", SUBSYSTEM=="usb-serial", DRIVER=="ftdi_sio", ATTR{latency_timer}="1""#
      return .warning(
        id, "\(timer.name) keeps bytes back for \(timer.milliseconds) ms",
        fix: "echo '\(rule)' | sudo tee /etc/udev/rules.d/61-ecgclip-ftdi.rules && sudo udevadm "
          + "control --reload && echo 1 | sudo tee \(folder)/\(timer.name)/latency_timer")
    }
  }

  /// The ports of the header's pins 8 and 10. The debug connector of a Pi 5 (ttyAMA10) is none of them.
  private static let headerPorts = ["ttyAMA0", "ttyS0", "serial0"]

  private func serialConsole(_ board: Board) -> CheckResult {
    let id = "serial.console"
    let words = (text("/proc/cmdline") ?? "").split(separator: " ")
    let consoles = words.filter { $0.hasPrefix("console=") }
      .map { $0.dropFirst(8).prefix { $0 != "," } }
    guard let console = consoles.first(where: { Self.headerPorts.contains(String($0)) }),
      board != .other
    else { return .ok(id, "the kernel keeps off the header's serial port") }
    let port = needs.serialPort.map { String($0.split(separator: "/").last ?? "") } ?? ""
    return .bad(
      id, needed: Self.headerPorts.contains(port),
      "the kernel's console is on \(console): its words get among the samples",
      fix: "sudo raspi-config nonint do_serial_cons 1 && sudo raspi-config nonint do_serial_hw 0 "
        + "&& sudo reboot")
  }

  private func serialHeader(_ board: Board, _ config: FirmwareConfig?) -> CheckResult {
    let id = "serial.header"
    let path = config?.path ?? "/boot/firmware/config.txt"
    func append(_ line: String) -> String {
      "printf '\\n[all]\\n\(line)\\n' | sudo tee -a \(path) && sudo reboot"
    }
    let wanted = needs.serialPort.map { String($0.split(separator: "/").last ?? "") }
    let isWanted = wanted.map { Self.headerPorts.contains($0) } ?? false
    switch board {
    case .other: return .absent(id, "no header")
    case .pi5:
      // serial0 is the debug connector there, unless the header's port was switched on.
      if exists("/dev/ttyAMA0") { return .ok(id, "/dev/ttyAMA0 is pins 8 and 10") }
      return isWanted
        ? .failure(id, "the header's serial port is off", fix: append("dtoverlay=uart0-pi5"))
        : .absent(id, "the header's serial port is off")
    case .pi4, .older:
      switch linkTarget("/dev/serial0") {
      case "ttyAMA0": return .ok(id, "/dev/ttyAMA0 is pins 8 and 10")
      case nil:
        return isWanted
          ? .failure(
            id, "the header's serial port is off",
            fix: "sudo raspi-config nonint do_serial_hw 0 && sudo reboot")
          : .absent(id, "the header's serial port is off")
      default:
        return .bad(
          id, needed: false,
          "pins 8 and 10 are the mini UART (ttyS0), whose rate follows the core clock and which has "
            + "8 bytes of buffer: Bluetooth has the better one",
          fix: append("dtoverlay=disable-bt"))
      }
    }
  }
}
