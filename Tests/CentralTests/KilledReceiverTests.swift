// `ecgclip listen` as a process of its own at a real broker: what the broker says when it is killed.

import Foundation
import TestSupport
import Testing

@testable import Central

@Suite(.enabled(if: brokerIsHere, "mosquitto and mosquitto-clients are not installed"))
struct KilledReceiverTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.makeFolder(of: "keys/x")
  }

  /// A program of this build; what it prints goes to a file.
  private func start(_ arguments: [String], output: String = "output") throws -> Process {
    let process = BuiltProgram.process("ecgclip", arguments)
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["ECGCLIP_HOME": TestData.repository]
    ) { $1 }
    let path = try folder.write(output, "")
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: path))
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  private func listen(_ broker: Broker) throws -> Process {
    try start([
      "listen", "--keys", folder.path + "/keys", "--bind", "127.0.0.1:0", "--site", "ward",
      "--json",
      "--mqtt", "mqtt://127.0.0.1:\(broker.port)", "--state", folder.path + "/central",
    ])
  }

  private func port() throws -> String {
    let path = folder.path + "/output"
    var place: String?
    #expect(
      eventually {
        let bytes = FileManager.default.contents(atPath: path) ?? Data()
        let line = bytes.split(separator: UInt8(ascii: "\n")).first
        place = line.flatMap { try? Json.data($0)["places"][0].text }
        return place != nil
      })
    return try #require(place?.split(separator: " ").last.map(String.init))
  }

  /// What the broker tells somebody who comes now of the receiver.
  private func presence(_ broker: Broker) throws -> String? {
    let reader = try Subscriber(
      port: broker.port, topic: "ecgclip/ward/status", ["-C", "1", "-W", "5"])
    reader.wait()
    guard let line = reader.lines.first, line.isRetained else { return nil }
    return try Json.data(Data(line.payload.utf8))["presence"].text
  }

  @Test("after SIGKILL the broker says, retained, that the receiver is offline, until it is back")
  func will() throws {
    let broker = try Broker()
    try broker.start()
    let watcher = try Subscriber(port: broker.port, topic: "ecgclip/ward/status")
    let receiver = try listen(broker)
    #expect(try eventually { try presence(broker) == "online" })
    kill(receiver.processIdentifier, SIGKILL)
    receiver.waitUntilExit()
    // Whoever watches is told, and so is whoever comes later.
    #expect(eventually { watcher.lines.last?.payload.contains("\"offline\"") == true })
    #expect(try eventually { try presence(broker) == "offline" })
    let second = try listen(broker)
    #expect(try eventually { try presence(broker) == "online" })
    kill(second.processIdentifier, SIGKILL)
    second.waitUntilExit()
  }

  @Test("a test of the alarms is marked as one on the broker, too")
  func testAlert() throws {
    let broker = try Broker()
    try broker.start()
    // Subscribed before anything is published, however late this reader starts: the broker keeps it for "reader".
    let topic = "ecgclip/ward/bed-7/+"
    try Subscriber(port: broker.port, topic: topic, ["-c", "-i", "reader", "-E"]).wait()
    let reader = try Subscriber(port: broker.port, topic: topic, ["-c", "-i", "reader"])
    let keygen = try start(
      ["link", "keygen", "bed-7", "--output", folder.path + "/keys/bed-7.key"], output: "keygen")
    keygen.waitUntilExit()
    let receiver = try listen(broker)
    let test = try start(
      [
        "alarms", "test", "--sound", "none", "--alert", "udp://127.0.0.1:\(try port())",
        "--alert-key", folder.path + "/keys/bed-7.key", "--state", folder.path + "/device",
      ], output: "test")
    test.waitUntilExit()
    #expect(test.terminationStatus == 0)
    let alerts = { reader.lines.filter { $0.topic.hasSuffix("/alert") } }
    #expect(eventually { alerts().count == 2 })
    for alert in alerts() {
      let message = try Json.data(Data(alert.payload.utf8))
      #expect(message["test"].number == 1 && message["simulated"].number == 1)
    }
    let states = try reader.lines.filter { $0.topic.hasSuffix("/status") }
      .map { try Json.data(Data($0.payload.utf8))["state"] }
    #expect(states.contains { $0["inactivations"][0].text == "test" })
    #expect(states.allSatisfy { $0["alarms"].list.isEmpty })
    kill(receiver.processIdentifier, SIGKILL)
    receiver.waitUntilExit()
  }
}
