// An outbox whose disk hangs in the middle of a commit: alerts, heartbeats and people's words go on.

import AlertLink
import CLinux
import Devices
import Dispatch
import LinuxDevices
import Synchronization
import Testing

@testable import Monitor

/// What a disk that hangs has stored, and how it is let go.
private final class Disk: Sendable {
  /// Signalled when a commit hangs.
  let hangs = DispatchSemaphore(value: 0)
  let release = DispatchSemaphore(value: 0)
  private let conditions = Mutex<[String]>([])
  var stored: [String] { conditions.withLock { $0 } }
  func store(_ records: [AlertRecord]) {
    let new = records.compactMap { AlertMessage(json: $0.json)?.condition }
    conditions.withLock { $0 += new }
  }
}

/// An outbox that hangs in its first commit.
private final class HangingOutbox: AlertOutbox {
  private let memory = ForgetfulStore()
  private let disk: Disk
  private var hasHung = false
  init(_ disk: Disk) { self.disk = disk }

  func beginEpoch(atLeast floor: UInt64) throws(AlertStoreError) -> UInt64 {
    try memory.beginEpoch(atLeast: floor)
  }
  func newest() throws(AlertStoreError) -> AlertPosition? { nil }
  func openAlarms() throws(AlertStoreError) -> [AlertMessage] { [] }
  func append(_ records: [AlertRecord]) throws(AlertStoreError) {
    if !hasHung {
      disk.hangs.signal()
      disk.release.wait()
    }
    hasHung = true
    try memory.append(records)
    disk.store(records)
  }
  func unreceived(
    after position: AlertPosition, limit: Int
  ) throws(AlertStoreError) -> [AlertRecord] {
    try memory.unreceived(after: position, limit: limit)
  }
  func markReceived(through position: AlertPosition) throws(AlertStoreError) {}
}

@Test("while a commit hangs the next alerts leave, and all are stored once and in order afterwards")
func hangingCommit() throws {
  let key = try #require(
    LinkKey(id: 7, device: "bed-7", firstEpoch: 1, secret: [UInt8](repeating: 5, count: 32)))
  let station = try Station(key)
  let peer = DatagramPeer(
    addressHigh: 0, addressLow: 0xFFFF_7F00_0001, scope: 0, port: station.transport.port)
  let disk = Disk()
  let news = Mutex<[CentralLinkNews]>([])
  let link = try CentralLink(
    CentralLinkConfiguration(
      key: key, makeTransport: { UDPTransport() }, findStation: { peer },
      openOutbox: { HangingOutbox(disk) })
  ) { said in news.withLock { $0.append(said) } }
  func tell(_ condition: String) {
    let moment = AlertMessage.Moment(monotonicSeconds: Station.now(), wallTime: nil)
    link.tell(
      AlertMessage(
        condition: condition, message: condition, phase: .start, priority: .medium, onset: moment,
        time: moment), decidedNanoseconds: clinux_monotonic_nanoseconds())
  }
  #expect(station.turn { station.state != nil })
  tell("first")
  disk.hangs.wait()
  let later = (1...6).map { "later\($0)" }
  for condition in later {
    tell(condition)
    #expect(station.turn { station.messages.last?.condition == condition })
  }
  var state = DeviceState()
  state.inactivations = ["standby"]
  link.setState(state)
  #expect(station.turn { station.state?.inactivations == ["standby"] }, "a heartbeat of now")
  let seen = try #require(station.messages.last)
  #expect(station.receiver.acknowledge(seen.id, person: "Ana", at: Station.now()) != nil)
  let word = CentralLinkNews.acknowledged(condition: "later6", person: "Ana")
  #expect(station.turn { news.withLock { $0.contains(word) } })
  #expect(disk.stored == [] && !link.progress.waitUntilStored(withinSeconds: 0))
  disk.release.signal()
  #expect(link.progress.waitUntilStored(withinSeconds: 120))
  link.stop()
  #expect(disk.stored == ["first"] + later)
  #expect(station.messages.map(\.condition) == ["first"] + later)
}
