// Where alerts may go. They are not encrypted yet, so without a flag that says so they do not leave the machine.

import Glibc

/// Why alerts cannot be sent: one sentence that names the thing, the reason and the remedy.
public struct AlertLinkError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String
  init(_ description: String) { self.description = description }
}

/// An address for datagrams.
public struct AlertDestination: Hashable, Sendable {
  /// As it was written.
  public let text: String
  let host: String
  let port: UInt16
  let isIPv6: Bool

  /// Reads `udp://HOST:PORT`; HOST is an IPv4 address, an IPv6 address in brackets, or localhost.
  ///
  /// - Parameter allowInsecure: whether plain alerts may leave this machine.
  public init(parsing text: String, allowInsecure: Bool) throws(AlertLinkError) {
    guard text.hasPrefix("udp://"), let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...]), port > 0,
      text[text.index(after: colon)...].allSatisfy(\.isNumber)
    else {
      throw AlertLinkError("'\(text)' is no destination for alerts: write udp://HOST:PORT.")
    }
    let start = text.index(text.startIndex, offsetBy: 6)
    guard start < colon else {
      throw AlertLinkError("'\(text)' names no host: write udp://HOST:PORT.")
    }
    var host = String(text[start..<colon])
    if host == "localhost" { host = "127.0.0.1" }
    isIPv6 = host.hasPrefix("[") && host.hasSuffix("]")
    if isIPv6 { host = String(host.dropFirst().dropLast()) }
    var address4 = in_addr()
    var address6 = in6_addr()
    guard
      isIPv6 ? inet_pton(AF_INET6, host, &address6) == 1 : inet_pton(AF_INET, host, &address4) == 1
    else {
      throw AlertLinkError(
        "'\(host)' is no IP address: write the address of the receiver, as udp://127.0.0.1:5514 or "
          + "udp://[::1]:5514.")
    }
    let isLoopback =
      isIPv6
      ? withUnsafeBytes(of: address6) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
      : UInt32(bigEndian: address4.s_addr) >> 24 == 127
    guard isLoopback || allowInsecure else {
      throw AlertLinkError(
        "Alerts to \(host) would leave this machine unencrypted: "
          + "send them to 127.0.0.1, or accept that with --insecure-alerts.")
    }
    self.text = text
    self.host = host
    self.port = port
  }
}
