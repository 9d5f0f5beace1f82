// What a service tells systemd (sd_notify(3)): one datagram a word, without its library.

import CLinux
import Glibc

/// The service manager that started this process.
public final class ServiceManager {
  /// Seconds within which it wants to hear that the service lives; nil where it does not watch.
  public let watchdogSeconds: Double?
  private let descriptor: Int32

  /// The manager that the environment names (`NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`); nil without one.
  ///
  /// - Throws: `GuardError` where one is named and cannot be reached.
  public init?(environment: [String: String]) throws(GuardError) {
    guard let address = environment["NOTIFY_SOCKET"], !address.isEmpty else { return nil }
    let result = clinux_notify_open(address)
    guard result >= 0 else {
      throw GuardError(
        "NOTIFY_SOCKET is '\(address)' and cannot be reached (\(String(cString: strerror(-result)))): "
          + "start this by systemd, or unset it.")
    }
    descriptor = result
    // The watchdog may be another process's of the same service.
    let isForUs = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
    let microseconds = environment["WATCHDOG_USEC"].flatMap { Double($0) }
    watchdogSeconds = isForUs ? microseconds.flatMap { $0 > 0 ? $0 / 1e6 : nil } : nil
  }

  deinit { close(descriptor) }

  /// The service does its work from now on.
  public func tellReady() { send("READY=1") }

  /// The service lives. Allocates nothing.
  public func tellAlive() { send("WATCHDOG=1") }

  /// The service ends by itself.
  public func tellStopping() { send("STOPPING=1") }

  /// A datagram that the manager has no room for is not sent again: the next word says the same, or more.
  private func send(_ text: StaticString) {
    text.withUTF8Buffer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        guard let start = characters.baseAddress else { return }
        _ = clinux_notify_send(descriptor, start, characters.count)
      }
    }
  }
}
