// The buses of a board on the header: SPI and what disturbs it, I2C, GPIO and the library for it.

extension Machine {
  func busChecks(_ board: Board, _ config: FirmwareConfig?) -> [CheckResult] {
    [
      boardCheck(board), spiDevice(board, config), spiClock(board, config), spiBuffer, i2c,
      gpioChip(board), gpioLibrary(board),
    ]
  }

  private func boardCheck(_ board: Board) -> CheckResult {
    let kernel = text("/proc/sys/kernel/osrelease") ?? "unknown"
    guard let model = text("/proc/device-tree/model") else {
      return .absent("board", "no device tree, so no Raspberry Pi; Linux \(kernel)")
    }
    // The GPIO interface with numbered edges came with Linux 5.10.
    let parts = kernel.split(whereSeparator: { $0 == "." || $0 == "-" }).compactMap { Int($0) }
    if parts.count >= 2, (parts[0], parts[1]) < (5, 10) {
      return .failure(
        "board", "\(model) with Linux \(kernel): older than 5.10, which first numbered GPIO edges",
        fix: "sudo apt update && sudo apt full-upgrade -y && sudo reboot")
    }
    return .ok("board", "\(model), Linux \(kernel)")
  }

  private func spiDevice(_ board: Board, _ config: FirmwareConfig?) -> CheckResult {
    let id = "spi.device"
    let devices = names("/dev", prefix: "spidev")
    if !devices.isEmpty {
      return .ok(id, devices.map { "/dev/\($0)" }.joined(separator: ", "))
    }
    if board == .other && !needs.spi { return .absent(id, "no /dev/spidev*: no SPI bus here") }
    if config?.has("dtparam=spi=on") == true {
      return .bad(
        id, needed: needs.spi, "SPI is on in \(config?.path ?? ""), but no /dev/spidev*",
        fix: "sudo modprobe spidev && ls /dev/spidev* || sudo reboot")
    }
    return .bad(
      id, needed: needs.spi, "SPI is off: no /dev/spidev* (boards on SPI need it)",
      fix: board == .other
        ? "sudo modprobe spidev" : "sudo raspi-config nonint do_spi 0 && sudo reboot")
  }

  /// Up to the Pi 4 the SPI clock is divided from the core clock, which the firmware changes while a transfer runs
  /// (raspberrypi/linux issues 2060, 2094, 4929); RP1 of the Pi 5 has clocks of its own.
  private func spiClock(_ board: Board, _ config: FirmwareConfig?) -> CheckResult {
    let id = "spi.clock"
    guard board == .pi4 || board == .older, !names("/dev", prefix: "spidev").isEmpty else {
      return .absent(id, "the SPI clock does not follow the core clock here")
    }
    let isFixed =
      config?.has("core_freq_fixed=1") == true || config?.has("force_turbo=1") == true
    if isFixed { return .ok(id, "the core clock, from which SPI's is divided, is fixed") }
    let path = config?.path ?? "/boot/firmware/config.txt"
    return .bad(
      id, needed: needs.spi,
      "the SPI clock follows the core clock, which changes under load: samples can be damaged",
      fix: "printf '\\n[all]\\ncore_freq_fixed=1\\n' | sudo tee -a \(path) && sudo reboot")
  }

  private var spiBuffer: CheckResult {
    let id = "spi.buffer"
    guard let bytes = number("/sys/module/spidev/parameters/bufsiz") else {
      return .absent(id, "spidev is not loaded")
    }
    // Two boards in a chain at 16 channels with status are 54 bytes; the kernel's default is 4096.
    if bytes >= 4096 { return .ok(id, "\(bytes) bytes a transfer") }
    return .bad(
      id, needed: needs.spi, "spidev allows only \(bytes) bytes a transfer (usual: 4096)",
      fix: "echo 'options spidev bufsiz=4096' | sudo tee /etc/modprobe.d/ecgclip-spidev.conf "
        + "&& sudo modprobe -r spidev && sudo modprobe spidev")
  }

  private var i2c: CheckResult {
    let buses = names("/dev", prefix: "i2c-")
    return buses.isEmpty
      ? .absent("i2c", "no /dev/i2c-*: only clocks and displays on the header need it")
      : .ok("i2c", buses.map { "/dev/\($0)" }.joined(separator: ", "))
  }

  private func gpioChip(_ board: Board) -> CheckResult {
    let id = "gpio.chip"
    let chips = facts.gpioLabels.sorted { $0.key < $1.key }
    let devices = names("/dev", prefix: "gpiochip")
    let found = chips.map { "\($0.value) (\($0.key))" }.joined(separator: ", ")
    guard let label = board.gpioLabel else {
      return devices.isEmpty
        ? .absent(id, "no /dev/gpiochip*") : .ok(id, found.isEmpty ? "\(devices.count)" : found)
    }
    if let chip = chips.first(where: { $0.value == label }) {
      return .ok(id, "\(label) is \(chip.key)")
    }
    if devices.isEmpty {
      return .bad(
        id, needed: needs.spi, "no /dev/gpiochip*: the kernel has no GPIO",
        fix: "sudo apt update && sudo apt full-upgrade -y && sudo reboot")
    }
    let reason =
      chips.isEmpty
      ? "the GPIO chips could not be asked (see gpio.library and group.gpio)"
      : "no GPIO chip is labelled \(label): there are \(found)"
    return .bad(id, needed: needs.spi, reason, fix: "sudo gpiodetect")
  }

  private func gpioLibrary(_ board: Board) -> CheckResult {
    let id = "gpio.library"
    switch facts.gpiodGeneration {
    case 2: return .ok(id, "libgpiod 2: edges are numbered, 256 wait")
    case 1:
      return .ok(id, "libgpiod 1: edges carry only their time, 16 wait (Debian 13 has libgpiod 2)")
    default:
      if board == .other && !needs.spi { return .absent(id, "no libgpiod, no board that needs it") }
      return .bad(
        id, needed: needs.spi, "no libgpiod: no data-ready line, no lamp",
        fix: "sudo apt install -y libgpiod3 || sudo apt install -y libgpiod2")
    }
  }
}
