// The receiver of Tests/Peers/alert_receiver.py, written from the specification with another cryptographic library,
// takes what our sender sends over a real socket.

import Alarms
import AlertLink
import Foundation
import Glibc
import TestSupport
import Testing

/// The Python program and a socket that speaks with it.
private final class PythonReceiver {
  private let process = Process()
  private let output = Pipe()
  private var rest = ""
  private(set) var lines: [Json] = []
  private(set) var descriptor: Int32 = -1

  init(_ arguments: [String]) throws {
    let path = try #require(Python.path)
    process.executableURL = URL(filePath: path)
    let script = TestData.repository + "/Tests/Peers/alert_receiver.py"
    process.arguments = [script, "--port", "0", "--seconds", "300"] + arguments
    process.standardOutput = output
    try process.run()
    try waitFor { $0["type"].text == "listening" }
    try connect(UInt16(try #require(lines[0]["port"].integer)))
  }

  private func connect(_ port: UInt16) throws {
    descriptor = socket(
      AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(result == 0)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    // A signal that no inherited mask can hold back; Foundation reaps the child.
    kill(process.processIdentifier, SIGKILL)
  }

  /// Whether lines or datagrams come within some milliseconds.
  func wait(milliseconds: Int32) -> (hasLines: Bool, hasDatagram: Bool) {
    let pipe = output.fileHandleForReading.fileDescriptor
    var requests = [
      pollfd(fd: pipe, events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
    ]
    poll(&requests, 2, milliseconds)
    return (requests[0].revents != 0, requests[1].revents != 0)
  }

  func readLines() throws {
    let data = output.fileHandleForReading.availableData
    try #require(!data.isEmpty, "the receiver has ended")
    rest += String(decoding: data, as: UTF8.self)
    while let end = rest.firstIndex(of: "\n") {
      lines.append(try Json.data(Data(rest[..<end].utf8)))
      rest = String(rest[rest.index(after: end)...])
    }
  }

  private func waitFor(_ isThere: (Json) -> Bool) throws {
    while !lines.contains(where: isThere) { try readLines() }
  }

  func send(_ datagram: [UInt8]) { Glibc.send(descriptor, datagram, datagram.count, 0) }

  func receive() -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 2000)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    return count >= 0 ? Array(bytes[..<count]) : nil
  }

  var alerts: [Json] { lines.filter { $0["type"].text == "alert" }.map { $0["alert"] } }
}

@Suite(.enabled(if: Python.imports("cryptography")))
struct PythonReceiverTests {
  static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Lets a sender speak with the receiver until something holds.
  private func pump(
    _ sender: AlertSender, _ receiver: PythonReceiver, until isDone: () -> Bool
  ) throws {
    let end = Self.seconds() + 120
    while !isDone() {
      try #require(Self.seconds() < end, "nothing in two minutes: \(receiver.lines)")
      for datagram in sender.datagrams(at: Self.seconds()) { receiver.send(datagram) }
      sender.store(at: Self.seconds())
      let pause = max(0, min(1, sender.nextDeadline - Self.seconds()))
      let ready = receiver.wait(milliseconds: Int32(pause * 1000))
      if ready.hasLines { try receiver.readLines() }
      if ready.hasDatagram, let datagram = receiver.receive() {
        sender.receive(datagram, at: Self.seconds())
      }
    }
  }

  @Test(
    "a receiver in Python has all alerts once and in order: every third datagram lost, both restarted"
  )
  func interoperation() throws {
    let folder = try TemporaryFolder()
    let secret = LinkSimulation.secret.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    let key = try folder.write(
      "bed-4.key",
      #"{"schemaVersion":1,"device":"bed-4","keyID":7,"firstEpoch":0,"secret":"\#(secret.joined())"}"#
    )
    let arguments = ["--key", key, "--state", folder.path + "/memory", "--drop", "3"]
    let outbox = MemoryOutbox()
    var told: [String] = []
    var arrived: [String] = []
    for run in 0..<2 {
      let receiver = try PythonReceiver(arguments)
      let sender = try AlertSender(key: LinkSimulation.key(), outbox: outbox, at: Self.seconds())
      for index in 0..<4 {
        let moment = AlertMessage.Moment(monotonicSeconds: Self.seconds(), wallTime: nil)
        let text = "Alarm \(run).\(index) ß"
        told.append(text)
        sender.tell(
          AlertMessage(
            condition: "alarm\(index)", message: text, phase: .start, priority: .medium,
            onset: moment, time: moment), at: Self.seconds())
      }
      try pump(sender, receiver) { outbox.unreceivedCount == 0 && sender.isReachable }
      try pump(sender, receiver) {
        receiver.alerts.count >= 4 && receiver.lines.contains { $0["type"].text == "state" }
      }
      arrived += receiver.alerts.compactMap { $0["message"].text }
      #expect(receiver.lines.contains { $0["type"].text == "alive" })
      #expect(sender.counters.forged == 0 && sender.counters.foreign == 0)
    }
    #expect(arrived == told)
  }
}
