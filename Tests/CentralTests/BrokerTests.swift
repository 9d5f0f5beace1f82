// Alerts through a real broker that is killed and started again, read by a program that knows nothing of us.

import AlertLink
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Central

/// The events of a test's outputs.
final class Events: Sendable {
  private let list = Mutex<[CentralEvent]>([])
  var all: [CentralEvent] { list.withLock { $0 } }
  func add(_ event: CentralEvent) { list.withLock { $0.append(event) } }
  var isLost: Bool { all.contains { if case .outputLost = $0 { true } else { false } } }
}

@Suite(.enabled(if: brokerIsHere, "mosquitto and mosquitto-clients are not installed"))
struct BrokerTests {
  /// Sequences as they were first read on a topic.
  static func sequences(_ lines: [Subscriber.Line], on topic: String) -> [UInt64] {
    var seen: Set<UInt64> = []
    return lines.filter { $0.topic == topic }.compactMap { line in
      AlertMessage(json: Array(line.payload.utf8))?.position.sequence
    }.filter { seen.insert($0).inserted }
  }

  @Test("a broker that is killed in the middle and started again has every alert, in order")
  func killedBroker() throws {
    // What the broker has confirmed and not yet handed on is its to lose: it hands on at once and writes down at once.
    let broker = try Broker(
      """
      allow_anonymous true
      max_inflight_messages 0
      autosave_on_changes true
      autosave_interval 1
      """)
    try broker.start()
    // The reader's session is on the broker's disk before anything is sent.
    try Subscriber(port: broker.port, topic: "ecgclip/#", ["-c", "-i", "reader", "-E"]).wait()
    broker.stop()
    try broker.start()
    let reader = try Subscriber(port: broker.port, topic: "ecgclip/#", ["-c", "-i", "reader"])
    let inbox = MemoryInbox()
    try inbox.add("bed-1", 1...400)
    let events = Events()
    let output = try OutputThread.broker(
      BrokerAddress(parsing: "mqtt://127.0.0.1:\(broker.port)"), topics: Topics(site: "ward"),
      retained: RetainedTexts(), openInbox: { inbox }, onEvent: { events.add($0) })
    defer { output.stop() }
    let topic = "ecgclip/ward/bed-1/alert"
    #expect(eventually { Self.sequences(reader.lines, on: topic).count >= 40 })
    broker.kill()
    try inbox.add("bed-1", 401...600)
    output.wake()
    #expect(eventually { events.isLost })
    try broker.start()
    #expect(eventually { Self.sequences(reader.lines, on: topic).count == 600 })
    #expect(Self.sequences(reader.lines, on: topic) == Array(1...600))
    #expect(eventually { (try? inbox.published(by: "mqtt")) == 600 })
    #expect(reader.lines.filter { $0.topic == topic }.allSatisfy { !$0.isRetained })
  }

  @Test("states are retained, are there again after the broker forgot, and end with offline")
  func retained() throws {
    // One that forgets everything with its power.
    let broker = try Broker("allow_anonymous true", isPersistent: false)
    try broker.start()
    let retained = RetainedTexts()
    let topics = Topics(site: "ward")
    let events = Events()
    let inbox = MemoryInbox()
    var status = DeviceStatus(device: "bed-1", since: "2026-01-02T03:04:05.678Z")
    status.presence = .silent
    retained.set(StatusText.device(status), on: topics.status("bed-1"))
    let output = try OutputThread.broker(
      BrokerAddress(parsing: "mqtt://localhost:\(broker.port)"), topics: topics,
      retained: retained, openInbox: { inbox }, onEvent: { events.add($0) })
    /// Whether a reader who comes now is told this at once, of what the broker kept.
    func isTold(_ topic: String, _ presence: String) throws -> Bool {
      try eventually {
        let reader = try Subscriber(port: broker.port, topic: topic, ["-C", "1"])
        reader.wait()
        guard let line = reader.lines.first, line.isRetained else { return false }
        return try Json.data(Data(line.payload.utf8))["presence"].text == presence
      }
    }
    #expect(try isTold("ecgclip/ward/bed-1/status", "silent"))
    broker.kill()
    #expect(eventually { events.isLost })
    try broker.start()
    #expect(try isTold("ecgclip/ward/bed-1/status", "silent"))
    #expect(try isTold("ecgclip/ward/status", "online"))
    output.stop()
    #expect(output.hasEnded)
    #expect(try isTold("ecgclip/ward/status", "offline"))
  }

  @Test("what is written on a device's command topic arrives with the device's name")
  func commands() throws {
    let broker = try Broker()
    try broker.start()
    let events = Events()
    let inbox = MemoryInbox()
    let output = try OutputThread.broker(
      BrokerAddress(parsing: "mqtt://127.0.0.1:\(broker.port)"), topics: Topics(site: "ward 3"),
      retained: RetainedTexts(), openInbox: { inbox }, onEvent: { events.add($0) })
    defer { output.stop() }
    #expect(eventually { events.all.contains(.outputConnected("mqtt")) })
    let publisher = Process()
    publisher.executableURL = URL(filePath: "/usr/bin/mosquitto_pub")
    publisher.arguments = [
      "-h", "127.0.0.1", "-p", "\(broker.port)", "-q", "1", "-t",
      "ecgclip/ward%203/bed-1/command", "-m", "ack asystole Nurse Ana", "-r",
    ]
    try publisher.run()
    publisher.waitUntilExit()
    #expect(
      eventually {
        events.all.contains(.command(device: "bed-1", text: "ack asystole Nurse Ana"))
      })
  }
}

/// Runs a program that must succeed.
private func run(_ arguments: String...) throws {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = arguments
  process.standardOutput = FileHandle.nullDevice
  process.standardError = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0, "\(arguments)")
}

@Suite(.enabled(if: brokerIsHere && opensslIsHere, "mosquitto or openssl is not installed"))
struct SafeBrokerTests {
  let folder: TemporaryFolder
  let broker: Broker

  /// A broker with TLS, whose authority was made for this test, that lets in one user with a password.
  init() throws {
    folder = try TemporaryFolder()
    let path = folder.path
    try run(
      "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
      "/CN=test authority", "-keyout", path + "/ca.key", "-out", path + "/ca.crt")
    for (name, subject) in [("server", "/CN=localhost"), ("client", "/CN=receiver")] {
      try run(
        "openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", subject,
        "-keyout", "\(path)/\(name).key", "-out", "\(path)/\(name).csr")
      try folder.write("\(name).ext", "subjectAltName=DNS:localhost\n")
      try run(
        "openssl", "x509", "-req", "-in", "\(path)/\(name).csr", "-days", "2", "-CA",
        path + "/ca.crt", "-CAkey", path + "/ca.key", "-CAcreateserial", "-extfile",
        "\(path)/\(name).ext", "-out", "\(path)/\(name).crt")
    }
    try folder.write("passwords", "ana:secret\n")
    try run("mosquitto_passwd", "-U", path + "/passwords")
    broker = try Broker(
      """
      allow_anonymous false
      password_file \(path)/passwords
      cafile \(path)/ca.crt
      certfile \(path)/server.crt
      keyfile \(path)/server.key
      require_certificate true
      """)
    try broker.start()
  }

  private func address(
    _ host: String = "localhost", password: String = "secret", authorities: String = "ca.crt"
  ) throws -> BrokerAddress {
    let file = try folder.write("password", password)
    chmod(file, 0o600)
    var address = try BrokerAddress(
      parsing: "mqtts://ana@\(host):\(broker.port)", passwordFile: file)
    address.authoritiesFile = "\(folder.path)/\(authorities)"
    address.certificateFile = folder.path + "/client.crt"
    address.certificateKeyFile = folder.path + "/client.key"
    return address
  }

  @Test("alerts pass with TLS, certificates, user and password; the reader has them, too")
  func passes() throws {
    let path = folder.path
    let reader = try Subscriber(
      port: broker.port, topic: "ecgclip/ward/bed-1/alert",
      [
        "--cafile", path + "/ca.crt", "--cert", path + "/client.crt", "--key", path + "/client.key",
        "-u", "ana", "-P", "secret", "-C", "3",
      ], host: "localhost")
    let inbox = MemoryInbox()
    let events = Events()
    let output = try OutputThread.broker(
      address(), topics: Topics(site: "ward"), retained: RetainedTexts(), openInbox: { inbox },
      onEvent: { events.add($0) })
    defer { output.stop() }
    // A reader that came late misses some: alerts go on until it has three.
    var sequence: UInt64 = 0
    let isRead = try eventually {
      sequence += 1
      try inbox.add("bed-1", sequence...sequence)
      output.wake()
      return reader.lines.count >= 3
    }
    #expect(isRead, "\(events.all)")
  }

  @Test("a wrong password, a stranger's certificate and another name are refused in words")
  func refused() throws {
    let path = folder.path
    try run(
      "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
      "/CN=somebody else", "-keyout", path + "/other.key", "-out", path + "/other.crt")
    let cases = try [
      address(password: "wrong"), address(authorities: "other.crt"), address("127.0.0.1"),
    ]
    for address in cases {
      let inbox = MemoryInbox()
      try inbox.add("bed-1", 1...1)
      let events = Events()
      let output = try OutputThread.broker(
        address, topics: Topics(site: "ward"), retained: RetainedTexts(), openInbox: { inbox },
        onEvent: { events.add($0) })
      #expect(eventually { events.isLost }, "\(address)")
      output.stop()
      #expect(try inbox.published(by: "mqtt") == 0)
      #expect(!events.all.contains(.outputConnected("mqtt")))
    }
  }
}
