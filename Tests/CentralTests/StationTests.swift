// The station at work over real sockets.

import AlarmLog
import AlertLink
import Devices
import Foundation
import LinuxDevices
import TestSupport
import Testing

@testable import Central

@Suite struct StationTests {
  let folder: TemporaryFolder
  let key: LinkKey
  var inbox: String { folder.path + "/inbox.sqlite" }

  init() throws {
    folder = try TemporaryFolder()
    key = try LinkKeyFile.read(
      LinkKeyFile.make(device: "bed-7", at: folder.path, unixSeconds: 1).path)
  }

  func station(at address: DatagramPeer = loopback(0)) throws -> RunningStation {
    let station = try RunningStation(
      keyFolder: folder.path, inboxPath: inbox, address: address)
    try #require(station.trouble == nil)
    return station
  }

  @Test("an alert arrives once, a person's word goes back, and a restart knows what was open")
  func wholeWay() throws {
    let first = try station()
    let device = try TestDevice(key, to: loopback(first.port))
    #expect(device.turn { device.sender.isReachable })
    device.sender.tell(alert("asystole", at: seconds()), at: seconds())
    #expect(device.turn { !first.json("alert").isEmpty })
    let line = try #require(first.json("alert").first)
    #expect(line["device"].text == "bed-7" && line["condition"].text == "asystole")
    #expect(line["priority"].text == "high" && line["ageSeconds"].number < 120)
    first.commands.take(.command(device: "bed-7", text: "ack asystole Nurse Ana"))
    #expect(device.turn { first.json("acknowledgement").count == 2 })
    #expect(first.json("acknowledgement").map { $0["result"].text } == ["sent", "taken"])
    #expect(first.json("acknowledgement")[1]["condition"].text == "asystole")
    let people = device.events.compactMap { event -> String? in
      if case .acknowledged(let word) = event { word.person } else { nil }
    }
    #expect(people == ["Nurse Ana"])
    // Restarted at the same port: the alarm is not over, so a person's word still has something to mean.
    let port = first.port
    first.stop()
    let second = try station(at: loopback(port))
    #expect(device.turn { second.json("device").contains { $0["presence"].text == "online" } })
    #expect(second.commands.take(line: "ack bed-7 asystole Nurse Ben"))
    #expect(device.turn { second.json("acknowledgement").count == 2 })
    #expect(second.json("alert").isEmpty, "it came out before")
    #expect(second.commands.take(line: "ack bed-7 tachycardia Nurse Ben"))
    #expect(
      device.turn {
        second.json("acknowledgement").contains { $0["result"].text == "noSuchAlarm" }
      })
    second.stop()
  }

  @Test("a device that falls silent is told, and its alarms on the broker stay as they were")
  func silence() throws {
    let station = try station()
    let device = try TestDevice(key, to: loopback(station.port))
    device.sender.state = DeviceState(
      alarms: [.init(condition: "asystole", priority: .high, acknowledged: false)])
    #expect(
      device.turn { station.json("device").contains { !$0["state"].isNull } })
    // No more turns: nothing is sent. After five seconds the dead man's switch opens.
    #expect(eventually { station.json("device").last?["presence"].text == "silent" })
    let last = try #require(station.json("device").last)
    #expect(last["state"]["alarms"][0]["condition"].text == "asystole")
    #expect(device.turn { station.json("device").last?["presence"].text == "online" })
    station.stop()
  }

  @Test("a key that is added while it runs is known, and a second key of a device is one device")
  func rotation() throws {
    let station = try station()
    let next = try LinkKeyFile.read(
      LinkKeyFile.make(device: "bed-7", at: folder.path, unixSeconds: 2).path)
    let other = try LinkKeyFile.read(
      LinkKeyFile.make(device: "bed-8", at: folder.path, unixSeconds: 2).path)
    #expect(eventually { station.json("key").count == 2 })
    for (index, key) in [key, next, other].enumerated() {
      let device = try TestDevice(key, to: loopback(station.port))
      device.sender.tell(alert("leadOff"), at: seconds())
      #expect(device.turn { station.json("alert").count > index })
    }
    #expect(station.json("alert").map { $0["device"].text } == ["bed-7", "bed-7", "bed-8"])
    station.stop()
  }

  @Test("commands beyond what fits are told to be lost, and the end is never one of them")
  func flooded() throws {
    let commands = try StationCommands()
    for number in 0..<(StationCommands.waitingMax + 44) {
      #expect(commands.take(line: "ack bed-7 asystole \(number)"))
    }
    commands.stop()
    var lines: [StationLine] = []
    let station = try CentralStation(
      transports: [], keys: KeyFolder(folder.path), inbox: StoredInbox(path: inbox) { _ in },
      board: StationBoard(topics: Topics(site: "test"), retained: RetainedTexts(), onNews: {}),
      commands: commands, epochFloor: 0, tell: { lines.append($0) })
    // Returns, because it was asked to.
    station.run()
    let told = try lines.map { try Json.data(Data($0.json)) }
    #expect(
      told.filter { $0["type"].text == "acknowledgement" }.count == StationCommands.waitingMax)
    let problems = told.filter { $0["type"].text == "problem" }.compactMap { $0["message"].text }
    #expect(problems.count == 1 && problems[0].hasPrefix("44 commands and messages"))
  }

  @Test("it hears IPv4 and IPv6 at once")
  func bothKinds() throws {
    let every = DatagramPeer(addressHigh: 0, addressLow: 0, scope: 0, port: 0)
    let station = try station(at: every)
    let addresses = try [
      loopback(station.port), DatagramPeer(resolving: "::1", port: station.port),
    ]
    for address in addresses {
      let probe = UDPTransport(at: DatagramPeer(addressHigh: 0, addressLow: 0, scope: 0, port: 0))
      try probe.open()
      probe.send([1, 2, 3], to: address)
    }
    let device = try TestDevice(key, to: addresses[addresses.count - 1])
    #expect(device.turn { device.sender.isReachable })
    #expect(station.stop().counters?.link.foreign == addresses.count)
  }
}
