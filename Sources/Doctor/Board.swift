// Which board it is, by its device tree, and what its firmware was told in config.txt.

/// The generations of Raspberry Pi that differ for us, after the chip in the device tree's `compatible`.
enum Board: Equatable {
  /// A Pi 5 or Compute Module 5: the header's pins are those of the RP1 chip.
  case pi5
  /// A Pi 4, 400 or Compute Module 4.
  case pi4
  /// A Pi 3, Zero 2 W or older.
  case older
  /// No Raspberry Pi.
  case other

  init(_ machine: Machine) {
    let chips = machine.text("/proc/device-tree/compatible") ?? ""
    if chips.contains("brcm,bcm2712") {
      self = .pi5
    } else if chips.contains("brcm,bcm2711") {
      self = .pi4
    } else {
      self = chips.contains("raspberrypi,") ? .older : .other
    }
  }

  /// Label of the GPIO chip behind the header.
  var gpioLabel: String? {
    switch self {
    case .pi5: "pinctrl-rp1"
    case .pi4: "pinctrl-bcm2711"
    case .older: "pinctrl-bcm2835"
    case .other: nil
    }
  }
}

/// The firmware's settings, as far as they hold for this board.
struct FirmwareConfig {
  /// Where it lies: /boot/firmware since Debian 12, /boot before.
  let path: String
  private let lines: [String]

  /// Reads it; nil where there is none.
  init?(_ machine: Machine) {
    let places = ["/boot/firmware/config.txt", "/boot/config.txt"]
    guard let path = places.first(where: machine.exists), let text = machine.text(path) else {
      return nil
    }
    self.path = path
    let model = machine.text("/proc/device-tree/model") ?? ""
    var applies = true
    var lines: [String] = []
    for line in text.split(separator: "\n") {
      let setting = line.filter { !$0.isWhitespace }
      if setting.hasPrefix("[") {
        applies = Self.applies(String(setting), to: model)
      } else if applies, !setting.hasPrefix("#") {
        lines.append(setting)
      }
    }
    self.lines = lines
  }

  /// Whether a line, as `dtparam=spi=on`, holds for this board.
  func has(_ setting: String) -> Bool {
    // A line may set several parameters: dtparam=i2c_arm=on,spi=on
    lines.contains { line in
      let parts = line.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { return false }
      return line == setting
        || parts[1].split(separator: ",").contains { "\(parts[0])=\($0)" == setting }
    }
  }

  /// The model filters of config.txt, as its documentation lists them. What is no model (a serial number, a
  /// display) is taken not to hold.
  private static func applies(_ filter: String, to model: String) -> Bool {
    switch filter {
    case "[all]": true
    case "[pi5]": model.contains("Pi 5") || model.contains("Module 5") || model.contains("Pi 500")
    case "[cm5]": model.contains("Module 5")
    case "[pi4]": model.contains("Pi 4") || model.contains("Module 4")
    case "[pi400]": model.contains("Pi 400")
    case "[cm4]": model.contains("Module 4")
    case "[pi3]": model.contains("Pi 3") || model.contains("Module 3")
    case "[pi02]": model.contains("Zero 2")
    case "[pi0]": model.contains("Zero")
    default: false
    }
  }
}
