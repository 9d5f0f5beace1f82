// Alerts as they leave: their JSON, where they may go, and a datagram that arrives.

import AlertLink
import Foundation
import Glibc
import Testing

private func message(
  heartRate: Float? = 72.5, text: String = "Asystole", leads: [String] = ["I", "II"]
) -> AlertMessage {
  AlertMessage(
    device: "bridge-1", sequence: 7, condition: "asystole", message: text, priority: "high",
    phase: "start", timeSeconds: 12.5, wallTime: "2026-11-23T14:05:02Z", heartRateBPM: heartRate,
    leads: leads, simulated: true, provenance: "simulated",
    modelSHA256: String(repeating: "a", count: 64))
}

@Test("a message is one line of JSON with every key, and reads back as itself")
func messageRoundTrip() throws {
  let data = try message().encoded()
  #expect(!data.contains(UInt8(ascii: "\n")))
  #expect(data.count <= UDPAlertSender.byteCountMax)
  #expect(try JSONDecoder().decode(AlertMessage.self, from: data) == message())
  let object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  #expect(
    Set(object.keys) == [
      "schemaVersion", "device", "sequence", "condition", "message", "priority", "phase",
      "timeSeconds", "wallTime", "heartRateBPM", "leads", "simulated", "provenance", "modelSHA256",
    ])
  #expect(object["schemaVersion"] as? Int == 1)
  #expect(object["simulated"] as? Bool == true)
}

@Test("an unknown heart rate is null, not left out and not zero")
func unknownHeartRate() throws {
  let data = try message(heartRate: nil).encoded()
  #expect(String(decoding: data, as: UTF8.self).contains("\"heartRateBPM\":null"))
  #expect(try JSONDecoder().decode(AlertMessage.self, from: data).heartRateBPM == nil)
}

@Test(
  "addresses of this machine are accepted",
  arguments: [
    "udp://127.0.0.1:5514", "udp://localhost:1", "udp://[::1]:65535", "udp://127.8.9.10:9",
    "udp://[0:0:0:0:0:0:0:1]:9",
  ])
func loopback(text: String) throws {
  #expect(try AlertDestination(parsing: text, allowInsecure: false).text == text)
}

@Test(
  "other addresses are refused unless allowed, naming the flag",
  arguments: [
    "udp://192.168.1.4:5514", "udp://[2001:db8::1]:5514", "udp://8.8.8.8:53", "udp://0.0.0.0:53",
    "udp://[::]:53", "udp://[::ffff:8.8.8.8]:53",
  ])
func foreign(text: String) throws {
  let error = #expect(throws: AlertLinkError.self) {
    try AlertDestination(parsing: text, allowInsecure: false)
  }
  #expect(try #require(error).description.contains("--insecure-alerts"))
  #expect(try AlertDestination(parsing: text, allowInsecure: true).text == text)
}

@Test(
  "what is no destination is refused with the way to write it",
  arguments: [
    "", "udp://", "udp://127.0.0.1", "udp://127.0.0.1:", "udp://127.0.0.1:0",
    "udp://127.0.0.1:65536", "udp://127.0.0.1:-5", "udp://127.0.0.1:+5", "udp://:5514",
    "tcp://127.0.0.1:5514",
    "127.0.0.1:5514", "udp://central:5514", "udp://127.0.0.1/x:5", "udp://[::1:5514",
    "udp://::1:5514", "udp://[127.0.0.1]:5514", "udp://127.1:5514",
  ])
func malformed(text: String) throws {
  let error = #expect(throws: AlertLinkError.self) {
    try AlertDestination(parsing: text, allowInsecure: true)
  }
  #expect(try #require(error).description.contains("udp://"))
}

/// A socket that waits on an address of this machine.
private final class Receiver {
  let descriptor: Int32
  let port: UInt16

  init(isIPv6: Bool) throws {
    descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    try #require(descriptor >= 0)
    if isIPv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_addr = in6addr_loopback
      port = try Self.bind(descriptor, &address) { UInt16(bigEndian: $0.sin6_port) }
    } else {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      port = try Self.bind(descriptor, &address) { UInt16(bigEndian: $0.sin_port) }
    }
  }

  deinit { close(descriptor) }

  private static func bind<Address>(
    _ descriptor: Int32, _ address: inout Address, port: (Address) -> UInt16
  ) throws -> UInt16 {
    var size = socklen_t(MemoryLayout<Address>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    try #require(result)
    return port(address)
  }

  /// The next datagram; waits two seconds for it at most.
  func receive() -> Data? {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, 2000) == 1 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 2000)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    return count >= 0 ? Data(bytes[..<count]) : nil
  }
}

@Test("a message arrives as one datagram over IPv4 and IPv6", arguments: [false, true])
func datagramArrives(isIPv6: Bool) throws {
  let receiver = try Receiver(isIPv6: isIPv6)
  let host = isIPv6 ? "[::1]" : "localhost"
  let sender = try UDPAlertSender(
    to: AlertDestination(parsing: "udp://\(host):\(receiver.port)", allowInsecure: false))
  #expect(sender.send(message()))
  let data = try #require(receiver.receive())
  #expect(try JSONDecoder().decode(AlertMessage.self, from: data) == message())
  #expect(sender.failureCount == 0)
}

@Test("a message too long for one datagram is counted and not sent in pieces")
func tooLong() throws {
  let sender = try UDPAlertSender(
    to: AlertDestination(parsing: "udp://127.0.0.1:9", allowInsecure: false))
  #expect(!sender.send(message(text: String(repeating: "x", count: 1200))))
  #expect(sender.failureCount == 1)
}
