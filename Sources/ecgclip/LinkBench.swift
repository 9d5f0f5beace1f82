// How many devices one receiver holds: real sockets of this machine, a durable inbox, and its processor time.

import AlarmLog
import AlertLink
import CLinux
import Central
import Devices
import Foundation
import Glibc
import LinuxDevices
import RealTime
import Synchronization

/// What `ecgclip bench --link` measures.
struct LinkBench: Encodable, CustomStringConvertible {
  let devices: Int
  let seconds: Int
  /// Alerts that the devices told, and that came out of the receiver.
  let told: Int
  let accepted: Int
  /// Whether each came once and in its device's order.
  let inOrder: Bool
  /// Devices that were without the receiver for five seconds.
  let alone: Int
  /// Processor time of the receiver's thread in a second; 1000 is a core.
  let receiverMillisecondsPerSecond: Double
  /// From an alert's decision until its device knows that it is on the receiver's disk.
  let p50ReceiptMilliseconds: Double
  let p99ReceiptMilliseconds: Double

  /// Seconds between two alerts of a device.
  private static let alertSeconds = 5.0
  /// The devices' thread looks at each of them so often.
  private static let turnNanoseconds: UInt64 = 5_000_000
  /// What does not happen within this many seconds never will.
  private static let patienceSeconds = 60.0

  /// Lets so many devices talk to a receiver, each with an alert in five seconds.
  ///
  /// - Parameter folder: where keys and inbox go; its disk is part of what is measured.
  static func measure(devices count: Int, seconds: Int, folder: String) throws -> LinkBench {
    try allowSockets(count)
    for index in 0..<count {
      _ = try LinkKeyFile.make(device: "bed-\(index)", at: folder, unixSeconds: 1)
    }
    let station = try MeasuredStation(folder: folder)
    defer { station.stop() }
    let start = now()
    let fleet = try LinkKeyFile.readAll(folder: folder).map {
      try SimulatedDevice($0, to: station.address, at: start)
    }
    try turn(fleet, "reach the receiver") { fleet.allSatisfy(\.isReachable) }
    let begin = now()
    for (index, device) in fleet.enumerated() {
      device.alertAt = begin + alertSeconds * Double(index) / Double(count)
    }
    let end = begin + Double(seconds)
    while now() < end { turn(fleet, alertEvery: alertSeconds) }
    try turn(fleet, "have their last alerts confirmed") { fleet.allSatisfy(\.isSettled) }
    return LinkBench(fleet, station.stop(), seconds: seconds)
  }

  private init(_ fleet: [SimulatedDevice], _ heard: MeasuredStation.Heard, seconds: Int) {
    devices = fleet.count
    self.seconds = seconds
    told = fleet.reduce(0) { $0 + $1.toldCount }
    accepted = heard.sequences.values.reduce(0) { $0 + $1.count }
    inOrder = fleet.allSatisfy { device in
      heard.sequences[device.name] ?? [] == (0..<device.toldCount).map { UInt64($0 + 1) }
    }
    alone = fleet.filter(\.wasAlone).count
    receiverMillisecondsPerSecond = (heard.share * 10_000).rounded() / 10
    let sorted = fleet.flatMap(\.receiptSeconds).sorted()
    func milliseconds(_ share: Double) -> Double {
      ((sorted.nearestRank(share) ?? .infinity) * 10_000).rounded() / 10
    }
    p50ReceiptMilliseconds = milliseconds(0.5)
    p99ReceiptMilliseconds = milliseconds(0.99)
  }

  /// One look at every device.
  private static func turn(_ fleet: [SimulatedDevice], alertEvery interval: Double = .infinity) {
    let time = now()
    for device in fleet { device.step(at: time, alertEvery: interval) }
    clinux_sleep_nanoseconds(turnNanoseconds)
  }

  private static func turn(
    _ fleet: [SimulatedDevice], _ what: String, until isSo: () -> Bool
  ) throws {
    let end = now() + patienceSeconds
    while !isSo() {
      guard now() < end else {
        throw CommandFailure(
          "The devices did not \(what) in \(Int(patienceSeconds)) s: this machine is too slow for "
            + "\(fleet.count) of them and a receiver.")
      }
      for device in fleet { device.alertAt = .infinity }
      turn(fleet)
    }
  }

  private static func now() -> Double { Double(clinux_monotonic_nanoseconds()) / 1e9 }

  /// Raises this program's limit of open files, as far as it may.
  private static func allowSockets(_ count: Int) throws {
    let wanted = rlim_t(count + 64)
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    guard limit.rlim_cur < wanted else { return }
    limit.rlim_cur = wanted
    guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      throw CommandFailure(
        "\(count) devices need as many sockets, and \(limit.rlim_max) files may be open here: raise "
          + "the limit (ulimit -Hn), or take fewer --devices.")
    }
  }

  var description: String {
    "alert link, \(devices) devices, an alert each in \(Int(Self.alertSeconds)) s, \(seconds) s: "
      + "\(told) told, \(accepted) accepted, \(inOrder ? "each once and in order" : "NOT IN ORDER"), "
      + "\(alone) devices ever alone; receiver \(receiverMillisecondsPerSecond) ms of a second; receipt "
      + "p50 \(p50ReceiptMilliseconds) ms, p99 \(p99ReceiptMilliseconds) ms"
  }
}

/// A receiver on a thread of its own, as `ecgclip listen` runs it.
private final class MeasuredStation: Sendable {
  struct Heard: Sendable {
    var sequences: [String: [UInt64]] = [:]
    /// Time and processor time of the receiver's thread at the first alert and at the last one.
    var first: (time: UInt64, cpu: UInt64)?
    var last: (time: UInt64, cpu: UInt64) = (0, 0)

    /// The share of a processor from the first alert to the last.
    var share: Double {
      guard let first, last.time > first.time else { return .infinity }
      return Double(last.cpu - first.cpu) / Double(last.time - first.time)
    }
  }

  private struct State {
    var heard = Heard()
    var port: UInt16?
    var trouble: String?
    var hasEnded = false
  }

  private let commands: StationCommands
  private let state = Mutex(State())

  init(folder: String) throws {
    commands = try StationCommands()
    _ = RealTimeThread(name: "receiver", priority: nil) { [self] in
      do { try run(folder) } catch { state.withLock { $0.trouble = "\(error)" } }
      state.withLock { $0.hasEnded = true }
    }
    while state.withLock({ $0.port == nil && !$0.hasEnded }) {
      clinux_sleep_nanoseconds(1_000_000)
    }
    if let trouble = state.withLock(\.trouble) { throw CommandFailure(trouble) }
  }

  private func run(_ folder: String) throws {
    let transport = UDPTransport(at: Self.loopback(0))
    let station = try CentralStation(
      transports: [transport], keys: KeyFolder(folder),
      inbox: StoredInbox(path: folder + "/inbox.sqlite") { _ in },
      board: StationBoard(topics: Topics(site: "bench"), retained: RetainedTexts(), onNews: {}),
      commands: commands, epochFloor: 0, tell: { [self] in take($0) })
    state.withLock { $0.port = transport.port }
    station.run()
  }

  private func take(_ line: StationLine) {
    guard case .alert(let entry, _) = line else { return }
    let now = (time: clinux_monotonic_nanoseconds(), cpu: clinux_thread_cpu_nanoseconds())
    state.withLock { state in
      state.heard.sequences[entry.device, default: []].append(entry.record.position.sequence)
      if state.heard.first == nil { state.heard.first = now }
      state.heard.last = now
    }
  }

  var address: DatagramPeer { Self.loopback(state.withLock { $0.port ?? 0 }) }

  private static func loopback(_ port: UInt16) -> DatagramPeer {
    DatagramPeer(addressHigh: 0, addressLow: 0xFFFF_7F00_0001, scope: 0, port: port)
  }

  /// Ends it; a second call does nothing more.
  @discardableResult
  func stop() -> Heard {
    commands.stop()
    while !state.withLock(\.hasEnded) { clinux_sleep_nanoseconds(1_000_000) }
    return state.withLock(\.heard)
  }
}
