// A station that runs on a thread of its own at a free port of this machine, and devices that talk to it.

import AlarmLog
import AlertLink
import CLinux
import Devices
import Foundation
import LinuxDevices
import RealTime
import Synchronization
import TestSupport

@testable import Central

/// 127.0.0.1 and a port.
func loopback(_ port: UInt16) -> DatagramPeer {
  DatagramPeer(addressHigh: 0, addressLow: 0xFFFF_7F00_0001, scope: 0, port: port)
}

func seconds() -> Double { Double(clinux_monotonic_nanoseconds()) / 1e9 }

final class RunningStation: Sendable {
  struct State {
    var port: UInt16?
    var trouble: String?
    var lines: [StationLine] = []
    var cpuSeconds = 0.0
    /// Datagrams that were refused unseen, and what became of the others; known at the end.
    var counters: (refused: Int64, link: LinkCounters)?
    var hasEnded = false
  }

  let commands: StationCommands
  let retained = RetainedTexts()
  private let state = Mutex(State())

  /// Starts it and waits until it listens.
  init(keyFolder: String, inboxPath: String, address: DatagramPeer = loopback(0)) throws {
    commands = try StationCommands()
    _ = RealTimeThread(name: "station", priority: nil) { [self] in
      do {
        try run(keyFolder: keyFolder, inboxPath: inboxPath, address: address)
      } catch { state.withLock { $0.trouble = "\(error)" } }
      state.withLock { $0.hasEnded = true }
    }
    _ = eventually { state.withLock { $0.port != nil || $0.hasEnded } }
  }

  private func run(keyFolder: String, inboxPath: String, address: DatagramPeer) throws {
    let transport = UDPTransport(at: address)
    let station = try CentralStation(
      transports: [transport], keys: KeyFolder(keyFolder),
      inbox: StoredInbox(path: inboxPath) { _ in },
      board: StationBoard(topics: Topics(site: "test"), retained: retained, onNews: {}),
      commands: commands, epochFloor: 0,
      tell: { [self] line in state.withLock { $0.lines.append(line) } })
    state.withLock { $0.port = transport.port }
    let before = clinux_thread_cpu_nanoseconds()
    station.run()
    let spent = clinux_thread_cpu_nanoseconds() - before
    state.withLock { state in
      state.cpuSeconds = Double(spent) / 1e9
      state.counters = station.counters
    }
  }

  var port: UInt16 { state.withLock { $0.port ?? 0 } }
  var trouble: String? { state.withLock(\.trouble) }
  var lines: [StationLine] { state.withLock(\.lines) }

  /// The lines of one type, as JSON.
  func json(_ type: String) -> [Json] {
    lines.compactMap { try? Json.data(Data($0.json)) }.filter { $0["type"].text == type }
  }

  /// Ends it: processor time of its thread, and what it counted.
  @discardableResult
  func stop() -> State {
    commands.stop()
    _ = eventually { state.withLock(\.hasEnded) }
    return state.withLock { $0 }
  }
}

/// An outbox that forgets with the test.
final class MemoryOutbox: AlertOutbox {
  private var epoch: UInt64 = 0
  private var records: [AlertRecord] = []
  private var last: AlertPosition?
  private var open = OpenAlarms()

  func beginEpoch(atLeast floor: UInt64) throws(AlertStoreError) -> UInt64 {
    epoch = max(epoch + 1, floor)
    return epoch
  }
  func newest() throws(AlertStoreError) -> AlertPosition? { last }
  func openAlarms() throws(AlertStoreError) -> [AlertMessage] { open.messages }
  func append(_ records: [AlertRecord]) throws(AlertStoreError) {
    for record in records where record.position > last ?? .zero {
      self.records.append(record)
      open.take(record)
      last = record.position
    }
  }
  func unreceived(
    after position: AlertPosition, limit: Int
  ) throws(AlertStoreError) -> [AlertRecord] {
    Array(records.filter { $0.position > position }.prefix(limit))
  }
  func markReceived(through position: AlertPosition) throws(AlertStoreError) {
    records.removeAll { $0.position <= position }
  }
}

/// A device at the other end.
final class TestDevice {
  let sender: AlertSender
  let transport: UDPTransport
  private let central: DatagramPeer
  private(set) var events: [AlertSender.Event] = []

  init(_ key: LinkKey, to central: DatagramPeer, outbox: any AlertOutbox = MemoryOutbox()) throws {
    sender = try AlertSender(key: key, outbox: outbox, at: seconds())
    transport = UDPTransport()
    self.central = central
    try transport.open()
  }

  /// One turn of its loop, without waiting.
  func step() {
    let now = seconds()
    while let datagram = transport.receive() { sender.receive(datagram.bytes, at: now) }
    for datagram in sender.datagrams(at: now) { transport.send(datagram, to: central) }
    sender.store(at: now)
    events += sender.takeEvents()
  }

  /// Turns until something is so.
  func turn(until isSo: () -> Bool) -> Bool {
    eventually {
      step()
      return isSo()
    }
  }
}
