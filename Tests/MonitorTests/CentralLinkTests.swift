// The monitor's link over a real socket to the protocol core's other end.

import AlertLink
import CLinux
import Devices
import Dispatch
import ECGSignal
import Foundation
import LinuxDevices
import Synchronization
import TestSupport
import Testing

@testable import Monitor

@Suite struct CentralLinkTests {
  private let key: LinkKey
  private let station: Station

  init() throws {
    key = try #require(
      LinkKey(id: 7, device: "bed-7", firstEpoch: 1, secret: [UInt8](repeating: 5, count: 32)))
    station = try Station(key)
  }

  /// What the link said, from its thread.
  private final class News: Sendable {
    private let list = Mutex<[CentralLinkNews]>([])
    var all: [CentralLinkNews] { list.withLock { $0 } }
    func add(_ news: CentralLinkNews) { list.withLock { $0.append(news) } }
  }

  private func link(_ news: News) throws -> CentralLink {
    try CentralLink(configuration { UDPTransport() }) { news.add($0) }
  }

  private func configuration(
    _ makeTransport: @escaping @Sendable () -> any DatagramTransport
  ) -> CentralLinkConfiguration {
    let peer = DatagramPeer(
      addressHigh: 0, addressLow: 0xFFFF_7F00_0001, scope: 0, port: station.transport.port)
    return CentralLinkConfiguration(
      key: key, makeTransport: makeTransport, findStation: { peer },
      openOutbox: { ForgetfulStore() })
  }

  private func alert(_ condition: String, _ phase: AlertMessage.Phase) -> AlertMessage {
    let moment = AlertMessage.Moment(monotonicSeconds: Station.now(), wallTime: nil)
    return AlertMessage(
      condition: condition, message: condition, phase: phase, priority: .high, onset: moment,
      time: moment)
  }

  @Test("a person's word means the alarm that was seen, not one that has started anew since")
  func acknowledgement() throws {
    let news = News()
    let link = try link(news)
    defer { link.stop() }
    #expect(station.turn { news.all.contains(.reachable(true)) })
    link.tell(alert("asystole", .start), decidedNanoseconds: clinux_monotonic_nanoseconds())
    try #require(station.turn { station.messages.count == 1 })
    let seen = station.messages[0]
    #expect(station.receiver.acknowledge(seen.id, person: "Ana", at: Station.now()) != nil)
    let ana = CentralLinkNews.acknowledged(condition: "asystole", person: "Ana")
    #expect(station.turn { news.all.contains(ana) })
    // It ends and starts again; a word that names the first start comes late.
    link.tell(alert("asystole", .end), decidedNanoseconds: clinux_monotonic_nanoseconds())
    try #require(station.turn { station.messages.count == 2 })
    link.tell(alert("asystole", .start), decidedNanoseconds: clinux_monotonic_nanoseconds())
    try #require(station.turn { station.messages.count == 3 })
    #expect(station.receiver.acknowledge(seen.id, person: "Late", at: Station.now()) != nil)
    #expect(
      station.receiver.acknowledge(station.messages[2].id, person: "Ben", at: Station.now()) != nil)
    let ben = CentralLinkNews.acknowledged(condition: "asystole", person: "Ben")
    #expect(station.turn { news.all.contains(ben) })
    #expect(!news.all.contains(.acknowledged(condition: "asystole", person: "Late")))
  }

  @Test("a station that falls silent is told within the dead man's time, and so is its return")
  func silence() throws {
    let news = News()
    let link = try link(news)
    defer { link.stop() }
    #expect(station.turn { news.all.contains(.reachable(true)) })
    let end = Station.now() + 120
    while Station.now() < end && !news.all.contains(.reachable(false)) {
      clinux_sleep_nanoseconds(10_000_000)
    }
    #expect(news.all == [.reachable(true), .reachable(false)])
    #expect(station.turn { news.all.last == .reachable(true) })
  }

  /// A name server that answers once and then hangs.
  private final class NameServer: Sendable {
    private let asked = Mutex(0)
    private let peer: DatagramPeer
    let release = DispatchSemaphore(value: 0)
    init(_ peer: DatagramPeer) { self.peer = peer }
    var askedCount: Int { asked.withLock { $0 } }

    func find(hangsFrom first: Int) -> DatagramPeer {
      let count = asked.withLock { count in
        count += 1
        return count
      }
      if count >= first { release.wait() }
      return peer
    }
  }

  @Test("a name server that hangs holds up no alert to the address of before, and not the end")
  func hangingNameServer() throws {
    let news = News()
    var configuration = configuration { UDPTransport() }
    let server = NameServer(try configuration.findStation())
    configuration.findStation = { server.find(hangsFrom: 2) }
    configuration.searchSeconds = 0.01
    let link = try CentralLink(configuration) { news.add($0) }
    // The station says nothing, so it is looked up again.
    let end = Station.now() + 120
    while Station.now() < end && server.askedCount < 2 { clinux_sleep_nanoseconds(1_000_000) }
    #expect(server.askedCount == 2)
    link.tell(alert("asystole", .start), decidedNanoseconds: clinux_monotonic_nanoseconds())
    #expect(station.turn { station.messages.count == 1 })
    #expect(link.progress.waitUntilStored(withinSeconds: 120))
    #expect(server.askedCount == 2)
    link.stop()
    server.release.signal()
  }

  @Test("alerts are stored and the link ends though the station's address never comes")
  func noAddress() throws {
    let news = News()
    var configuration = configuration { UDPTransport() }
    let server = NameServer(try configuration.findStation())
    configuration.findStation = { server.find(hangsFrom: 1) }
    let link = try CentralLink(configuration) { news.add($0) }
    link.tell(alert("asystole", .start), decidedNanoseconds: clinux_monotonic_nanoseconds())
    #expect(link.progress.waitUntilStored(withinSeconds: 120))
    link.stop()
    server.release.signal()
  }

  /// How much of a flood was taken.
  private final class Taken: Sendable {
    private let count = Mutex(0)
    var all: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
  }

  /// A port that somebody floods: behind each datagram waits another.
  private final class FloodedPort: DatagramTransport {
    private let transport = UDPTransport()
    private let taken: Taken
    init(_ taken: Taken) { self.taken = taken }

    var name: String { transport.name }
    var descriptor: Int32 { transport.descriptor }
    func open() throws(SourceError) { try transport.open() }
    func receive() -> Datagram? {
      if let genuine = transport.receive() { return genuine }
      taken.add()
      return Datagram(bytes: [UInt8](repeating: 0xA5, count: 64), peer: .line)
    }
    func send(_ bytes: [UInt8], to peer: DatagramPeer) { transport.send(bytes, to: peer) }
    func reopen() { transport.reopen() }
    func close() { transport.close() }
  }

  @Test(
    "a flood at the device's port holds up no alert, and only a bounded share of it is looked at",
    .timeLimit(.minutes(40)))
  func flood() throws {
    let news = News()
    let taken = Taken()
    let begin = Station.now()
    let link = try CentralLink(configuration { FloodedPort(taken) }) { news.add($0) }
    #expect(station.turn { news.all.contains(.reachable(true)) })
    for index in 1...3 {
      link.tell(alert("alarm\(index)", .start), decidedNanoseconds: clinux_monotonic_nanoseconds())
      #expect(station.turn { station.messages.count == index })
    }
    #expect(station.turn { taken.all >= 2 * LinkWorker.receivedMaxASecond })
    link.stop()
    let seconds = Int((Station.now() - begin).rounded(.up))
    #expect(taken.all <= (seconds + 1) * LinkWorker.receivedMaxASecond)
  }

  @Test("an outbox that cannot be opened is told, and the link stops all the same")
  func noOutbox() throws {
    let news = News()
    let link = try CentralLink(
      CentralLinkConfiguration(
        key: key, makeTransport: { UDPTransport() }, findStation: { .line },
        openOutbox: { throw AlertStoreError("no room") })
    ) { news.add($0) }
    #expect(station.turn { news.all.contains(.problem("no room")) })
    link.stop()
    #expect(news.all.contains(.reachable(false)))
  }

  /// The number of the last message that somebody wanted to store.
  private final class Offered: Sendable {
    private let sequence = Mutex<UInt64>(0)
    var last: UInt64 { sequence.withLock { $0 } }
    func note(_ offered: UInt64) { sequence.withLock { $0 = max($0, offered) } }
  }

  /// An outbox that takes nothing, as a full disk.
  private final class FullDisk: AlertOutbox {
    private let memory = ForgetfulStore()
    private let offered: Offered
    init(_ offered: Offered) { self.offered = offered }
    func beginEpoch(atLeast floor: UInt64) throws(AlertStoreError) -> UInt64 {
      try memory.beginEpoch(atLeast: floor)
    }
    func newest() throws(AlertStoreError) -> AlertPosition? { nil }
    func openAlarms() throws(AlertStoreError) -> [AlertMessage] { [] }
    func append(_ records: [AlertRecord]) throws(AlertStoreError) {
      offered.note(records.last?.position.sequence ?? 0)
      throw AlertStoreError("no space")
    }
    func unreceived(
      after position: AlertPosition, limit: Int
    ) throws(AlertStoreError) -> [AlertRecord] { [] }
    func markReceived(through position: AlertPosition) throws(AlertStoreError) {}
  }

  @Test(
    "alerts that neither disk nor station took are told to be lost, and the alarm log waits for none"
  )
  func lost() throws {
    let news = News()
    let offered = Offered()
    let link = try CentralLink(
      CentralLinkConfiguration(
        key: key, makeTransport: { UDPTransport() }, findStation: { .line },
        openOutbox: { FullDisk(offered) })
    ) { news.add($0) }
    let isTold = { (part: String) in
      news.all.contains { if case .problem(let text) = $0 { text.contains(part) } else { false } }
    }
    // More than memory holds, no faster than the link's thread takes them.
    for index in 1...1100 {
      link.tell(alert("alarm\(index)", .start), decidedNanoseconds: 0)
      if index % 100 == 0 { #expect(station.turn { offered.last == index }) }
    }
    #expect(
      !link.progress.waitUntilStored(withinSeconds: 600), "an outbox that fails is not waited for")
    #expect(station.turn { isTold("alerts are lost to the central station") })
    #expect(isTold("no space") && !link.progress.isStoring)
    link.stop()
    #expect(isTold("76 alerts are lost"), "at the end all are told")
  }

  /// ECGCLIP_LINK_ALERTS=1000 reports the latency of so many alerts.
  @Test("alerts go out when they are told, and how fast is known")
  func latency() throws {
    let asked = ProcessInfo.processInfo.environment["ECGCLIP_LINK_ALERTS"].flatMap { Int($0) }
    let count = asked ?? 10
    let news = News()
    let link = try link(news)
    #expect(station.turn { news.all.contains(.reachable(true)) })
    #expect(link.latencyMilliseconds(percentile: 50) == nil)
    for index in 0..<count {
      // Alarms of their own, so that none is taken for a flapping one; 20 a second.
      link.tell(alert("alarm\(index)", .start), decidedNanoseconds: clinux_monotonic_nanoseconds())
      if asked != nil { clinux_sleep_nanoseconds(50_000_000) }
      #expect(station.turn { station.messages.count == index + 1 })
    }
    link.stop()
    let median = try #require(link.latencyMilliseconds(percentile: 50))
    let high = try #require(link.latencyMilliseconds(percentile: 99))
    if asked != nil {
      let text =
        "\(count) alerts: p50 \(median) ms, p99 \(high) ms from the decision to the datagram\n"
      FileHandle.standardError.write(Data(text.utf8))
    }
  }
}
