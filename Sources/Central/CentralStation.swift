// The receiver at work: datagrams from every transport to the protocol core, its answers back, and what it has to say
// to lines, outputs and the broker. One thread, which waits for nothing but datagrams and its own disk.

import AlertLink
import CLinux
import Devices
import Glibc
import Synchronization

/// Where a device's datagrams come from and go to.
public struct StationRoute: Hashable, Sendable {
  /// Which of the transports.
  var transport: Int
  var peer: DatagramPeer
}

/// What people and outputs tell a station. Any thread.
public final class StationCommands: Sendable {
  /// Something to do.
  enum Command: Sendable {
    /// A person has seen a device's alarm.
    case acknowledge(device: String, condition: String, person: String)
    /// An output has something to tell.
    case event(CentralEvent)
  }

  /// What waits for the station's thread.
  struct Waiting: Sendable {
    var commands: [Command] = []
    /// Commands and events for which there was no room.
    var lostCount = 0
    var isStopping = false
  }

  /// Far more than people write; from a broker anything may come.
  static let waitingMax = 256
  private let waiting = Mutex(Waiting())
  let wakeDescriptor: Int32

  /// Nobody has said anything yet.
  public init() throws(CentralError) {
    wakeDescriptor = clinux_event_open()
    guard wakeDescriptor >= 0 else {
      throw CentralError("No event for commands: raise the limit of open files (ulimit -n).")
    }
  }

  deinit { close(wakeDescriptor) }

  /// A line as people write it: `ack DEVICE CONDITION NAME`. False for another.
  public func take(line: some StringProtocol) -> Bool {
    let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: true)
    guard words.count >= 3, words[0] == "ack" else { return false }
    add(
      .acknowledge(
        device: String(words[1]), condition: String(words[2]),
        person: words.count > 3 ? String(words[3]) : ""))
    return true
  }

  /// Takes word of an output; a device's command topic says `ack CONDITION NAME`.
  public func take(_ event: CentralEvent) {
    guard case .command(let device, let text) = event, text.hasPrefix("ack ") else {
      return add(.event(event))
    }
    if !take(line: "ack \(device) \(text.dropFirst(4))") { add(.event(event)) }
  }

  /// Asks the station to end; there is always room for that.
  public func stop() { change { $0.isStopping = true } }

  private func add(_ command: Command) {
    change { waiting in
      if waiting.commands.count < Self.waitingMax {
        waiting.commands.append(command)
      } else {
        waiting.lostCount += 1
      }
    }
  }

  private func change(_ body: (inout Waiting) -> Void) {
    waiting.withLock { body(&$0) }
    clinux_event_raise(wakeDescriptor)
  }

  func takeAll() -> Waiting {
    clinux_event_clear(wakeDescriptor)
    return waiting.withLock { waiting in
      defer { waiting = Waiting() }
      return waiting
    }
  }
}

/// A receiver of alerts. Made, run and freed on one thread.
public final class CentralStation {
  /// Datagrams taken from one transport before the others have their turn.
  private static let turn = 256
  private let transports: [any DatagramTransport]
  private let keys: KeyFolder
  private let commands: StationCommands
  private let tell: (StationLine) -> Void
  private var receiver: AlertReceiver<StationRoute>
  private var limits: SourceLimits
  private var board: StationBoard
  private var secondAt = 0.0

  /// Opens the transports and begins a life.
  ///
  /// - Parameters:
  ///   - inbox: durable; the outputs read it by accesses of their own.
  ///   - board: what is known of every device.
  ///   - tell: takes what happens, in order, on the station's thread.
  public init(
    transports: [any DatagramTransport], keys: KeyFolder, inbox: any AlertInbox,
    board: StationBoard, commands: StationCommands, epochFloor: UInt64,
    tell: @escaping (StationLine) -> Void
  ) throws {
    self.transports = transports
    self.keys = keys
    self.commands = commands
    self.board = board
    self.tell = tell
    let now = Self.now()
    limits = SourceLimits(at: clinux_monotonic_nanoseconds())
    receiver = try AlertReceiver(
      keys: keys.keys, inbox: inbox, at: now, epochFloor: epochFloor)
    try self.board.recall(inbox)
    for key in keys.keys { self.board.add(device: key.device) }
    for transport in transports { try transport.open() }
  }

  deinit {
    for transport in transports { transport.close() }
  }

  /// Datagrams that were refused before they were looked at, and what became of the others.
  public var counters: (refused: Int64, link: LinkCounters) {
    (limits.refused, receiver.counters)
  }

  /// Receives until somebody asks to stop.
  public func run() {
    while true {
      wait()
      let now = Self.now()
      for index in transports.indices { receive(index, at: now) }
      receiver.commit(at: now)
      send(at: now)
      for event in receiver.takeEvents() {
        for line in board.take(event) { tell(line) }
      }
      let asked = commands.takeAll()
      for command in asked.commands { take(command, at: now) }
      if asked.lostCount > 0 {
        tell(
          .problem(
            "\(asked.lostCount) commands and messages of outputs were dropped: more came at once than "
              + "\(StationCommands.waitingMax). Acknowledge again what still stands as active."))
      }
      if asked.isStopping { return }
      if now >= secondAt { everySecond(at: now) }
    }
  }

  private static func now() -> Double { Double(clinux_monotonic_nanoseconds()) / 1e9 }

  /// Waits for something to do. Where the share of the processor is used up, it waits for its return instead of
  /// for datagrams: the system keeps them, as far as it has room.
  private func wait() {
    var descriptors = [commands.wakeDescriptor]
    let mayReceive = limits.hasRoom(at: clinux_monotonic_nanoseconds())
    if mayReceive { descriptors += transports.map(\.descriptor) }
    let rest = max(0, (receiver.nextDeadline - Self.now()) * 1000)
    clinux_wait_any(descriptors, descriptors.count, mayReceive ? Int32(rest.rounded(.up)) : 10)
  }

  private func receive(_ index: Int, at seconds: Double) {
    let now = clinux_monotonic_nanoseconds()
    for _ in 0..<Self.turn {
      guard limits.mayReceive(at: now), let datagram = transports[index].receive() else { return }
      guard limits.allows(datagram.peer, at: now) else { continue }
      let opened = receiver.counters.opened
      receiver.receive(
        datagram.bytes, from: StationRoute(transport: index, peer: datagram.peer), at: seconds)
      if receiver.counters.opened > opened { limits.noteGenuine(datagram.peer, at: now) }
    }
  }

  /// Sends what is due.
  private func send(at seconds: Double) {
    for (route, datagram) in receiver.datagrams(at: seconds) {
      transports[route.transport].send(datagram, to: route.peer)
    }
  }

  private func take(_ command: StationCommands.Command, at seconds: Double) {
    switch command {
    case .event(let event): tell(.output(event))
    case .acknowledge(let device, let condition, let person):
      let alert = board.alert(device: device, condition: condition)
      guard let alert, let word = receiver.acknowledge(alert, person: person, at: seconds) else {
        let reason = alert == nil ? "noSuchAlarm" : "notReachable"
        return tell(
          .acknowledgement(
            device: device, condition: condition, person: person, result: reason))
      }
      board.note(word, device: device, condition: condition)
      tell(
        .acknowledgement(device: device, condition: condition, person: person, result: "sent"))
      send(at: seconds)
    }
  }

  private func everySecond(at seconds: Double) {
    secondAt = seconds + 1
    for transport in transports { transport.reopen() }
    do {
      for key in try keys.takeNew() {
        try receiver.add(key)
        board.add(device: key.device)
        tell(.key(device: key.device, id: key.id))
      }
    } catch { tell(.problem("\(error)")) }
  }
}
