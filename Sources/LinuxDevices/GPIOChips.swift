// Where a GPIO line is: chips are found by their label, because their numbers change between kernels.

import CGPIO
import Devices
import Foundation

/// The GPIO chips of this computer.
enum GPIOChips {
  /// The program's name in the kernel's list of who uses which line.
  static let consumer = "ecgclip"

  /// The path of the chip on which a line is.
  static func path(of line: GPIOLine) throws(SourceError) -> String {
    try requireLibrary()
    var found: [String] = []
    var refused = false
    for path in paths() {
      let label = Self.text { cgpio_chip_label(path, $0, $1, $2) }
      if line.chipLabels.contains(label.text) { return path }
      if label.code == 0 { found.append("\(label.text) (\(path))") }
      refused = refused || label.code == EACCES
    }
    let wanted = line.chipLabels.joined(separator: "' or '")
    if refused { throw noPermission("the GPIO chip '\(wanted)'") }
    throw SourceError(
      found.isEmpty
        ? "No GPIO chip '\(wanted)': this computer has no /dev/gpiochip at all."
        : "No GPIO chip is labelled '\(wanted)': there are \(found.joined(separator: ", ")). "
          + "Write the right label in the profile.")
  }

  /// The sentence for a line that could not be requested.
  static func error(
    line: GPIOLine, path: String, step: String, code: Int32
  ) -> SourceError {
    let name = "Line \(line.offset) of \(path) (\(line.chipLabels.joined(separator: ", ")))"
    switch (step, code) {
    case ("request", EBUSY):
      return SourceError(
        "\(name) is in use by '\(consumer(path: path, offset: line.offset))': stop it, "
          + "or name another line in the profile.")
    case ("open", EACCES), ("open", EPERM): return noPermission(path)
    case ("line", EINVAL) where cgpio_version() == 1, ("line", ENOTTY):
      return SourceError(
        "\(name) cannot be asked for: it does not exist, or this kernel no longer has the interface of "
          + "libgpiod 1. Install libgpiod 2 ('sudo apt install libgpiod3').")
    case ("line", EINVAL), ("request", EINVAL):
      return SourceError("\(name) does not exist or has no interrupt: correct it in the profile.")
    default:
      return SourceError(
        "\(name) cannot be used (\(step): \(String(cString: strerror(code)))): check the board's wiring page."
      )
    }
  }

  private static func requireLibrary() throws(SourceError) {
    guard cgpio_version() == 0 else { return }
    throw SourceError(
      "libgpiod cannot be used (\(String(cString: cgpio_failure()))): install it, "
        + "'sudo apt install libgpiod3', on Debian 12 libgpiod2."
    )
  }

  private static func noPermission(_ what: String) -> SourceError {
    SourceError(
      "No permission to use \(what): add yourself to its group, 'sudo usermod -aG gpio $USER', "
        + "and log in again.")
  }

  private static func paths() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/dev")) ?? []
    return names.filter { $0.hasPrefix("gpiochip") }.sorted().map { "/dev/" + $0 }
  }

  private static func consumer(path: String, offset: UInt32) -> String {
    let name = text { cgpio_consumer(path, offset, $0, $1, $2) }.text
    return name.isEmpty ? "another program" : name
  }

  /// A text that a function of the C shim writes, and the errno where it did not.
  private static func text(
    _ write: (UnsafeMutablePointer<CChar>, Int, UnsafeMutablePointer<UnsafePointer<CChar>?>) ->
      Int32
  ) -> (text: String, code: Int32) {
    var failed: UnsafePointer<CChar>?
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      guard let start = buffer.baseAddress else { return ("", ENOMEM) }
      buffer.initialize(repeating: 0)
      let result = write(start, buffer.count, &failed)
      return result < 0 ? ("", -result) : (String(cString: start), 0)
    }
  }
}
