// A serial port on a real kernel: a pseudo-terminal has neither a rate nor a latency, the guest's own port has both.

import Devices
import Foundation
import LinuxDevices

/// Opens the console's port, which nothing else sends to, and looks at what the kernel says of it.
struct SerialExercise {
  private let path = "/dev/ttyAMA0"
  /// `flags` of Documentation/ABI/testing/sysfs-tty, where ASYNC_LOW_LATENCY is bit 13 (linux/tty_flags.h).
  private let flagsPath = "/sys/class/tty/ttyAMA0/flags"
  private let lowLatency = 1 << 13

  func run() throws {
    let before = try flags()
    try check(before & lowLatency == 0, "\(path) was of low latency before it was opened.")
    let channel = SerialChannel(path: path, baud: 115_200)
    try channel.open()
    defer { channel.close() }
    try check(try flags() & lowLatency != 0, "\(path) is not of low latency while it is open.")
    try check(!channel.isEmulated, "\(path) is taken for a pseudo-terminal.")
    say("serial: \(path) opened, and its driver hands bytes on at once")
    let second = SerialChannel(path: path, baud: 115_200)
    let problem = refusal { try second.open() }
    try check(!problem.isEmpty, "\(path) could be opened twice.")
    say("serial: a second time: \(problem)")
  }

  private func flags() throws -> Int {
    let text = try String(contentsOfFile: flagsPath, encoding: .utf8)
    guard
      let value = Int(text.trimmingCharacters(in: .whitespacesAndNewlines).dropFirst(2), radix: 16)
    else { throw SourceError("\(flagsPath) says '\(text)'.") }
    return value
  }
}
