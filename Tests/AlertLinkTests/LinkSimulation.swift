// One device and its central station over two faulty lines in simulated time, with power cuts at both ends.

import AlertLink
import Alarms
import TestSupport

/// Something that happens to the device or the central station.
enum ScriptStep {
  case tell(condition: String, phase: AlertMessage.Phase, priority: AlarmPriority)
  case restartReceiver
  case restartSender
}

final class LinkSimulation {
  static let secret = (0..<32).map { UInt8($0) }
  static func key(id: UInt32 = 7, device: String = "bed-4", firstEpoch: UInt64 = 0) -> LinkKey {
    LinkKey(id: id, device: device, firstEpoch: firstEpoch, secret: secret)!
  }

  var outbox = MemoryOutbox()
  var inbox = MemoryInbox()
  private(set) var sender: AlertSender?
  private(set) var receiver: AlertReceiver<Int>?
  var toCentral: FaultyLink
  var toDevice: FaultyLink
  private(set) var now = 0.0
  var senderEvents: [(at: Double, event: AlertSender.Event)] = []
  var receiverEvents: [(at: Double, event: AlertReceiver<Int>.Event)] = []
  /// Every datagram that the device sent, for whoever records them.
  var recorded: [[UInt8]] = []
  var recordedByCentral: [[UInt8]] = []
  /// Messages that the device was told, by their text; and those during which its power went.
  private(set) var told: [String] = []
  private(set) var interrupted: Set<String> = []
  private var random: SeededRandom
  private var senderBackAt: Double?
  private var receiverBackAt: Double?
  var keys: [LinkKey]
  var senderKey: LinkKey
  var epochFloor: UInt64 = 0
  /// How long the outbox may take on a thread of its own, in seconds; nil where the sender's own thread stores.
  var storeLag: Double?
  private var job: StoreJob?

  /// What the outbox's thread is at.
  private struct StoreJob {
    var work: OutboxWork
    /// When it is done, and when the sender's thread learns of it.
    var doneAt: Double
    var toldAt: Double
    var outcome: OutboxOutcome?
  }

  init(_ faults: LinkFaults = LinkFaults(), seed: UInt64, keys: [LinkKey] = [key()]) {
    self.keys = keys
    senderKey = keys[0]
    random = SeededRandom(seed: seed)
    toCentral = FaultyLink(faults, seed: seed &* 3 &+ 1)
    toDevice = FaultyLink(faults, seed: seed &* 3 &+ 2)
  }

  func startSender() {
    outbox.isOff = false
    sender = try? AlertSender(
      key: senderKey, outbox: outbox, at: now, epochFloor: epochFloor,
      random: SeededRandom(seed: random.next()))
    if outbox.isOff { loseSender() }
  }

  func startReceiver() {
    inbox.isOff = false
    receiver = try? AlertReceiver(
      keys: keys, inbox: inbox, at: now, epochFloor: epochFloor,
      random: SeededRandom(seed: random.next()))
    if inbox.isOff { loseReceiver() }
  }

  /// Takes the device away for good.
  func stopSender() { sender = nil }

  /// Takes the central station away for good.
  func stopReceiver() { receiver = nil }

  private func loseSender() {
    sender = nil
    job = nil
    // What had left and was not stored yet may have arrived or not.
    let stored = outbox.texts
    interrupted.formUnion(told.filter { !stored.contains($0) })
    senderBackAt = now + Double.random(in: 0.5...4, using: &random)
  }

  private func loseReceiver() {
    receiver = nil
    receiverBackAt = now + Double.random(in: 0.5...4, using: &random)
  }

  func message(
    _ condition: String, _ phase: AlertMessage.Phase, _ priority: AlarmPriority = .high,
    text: String? = nil
  ) -> AlertMessage {
    let moment = AlertMessage.Moment(monotonicSeconds: now, wallTime: nil)
    return AlertMessage(
      condition: condition, message: text ?? "\(condition) \(phase)", phase: phase,
      priority: priority, onset: moment, time: moment)
  }

  /// Tells the device something. Nothing is told to a device without power.
  func tell(_ message: AlertMessage) {
    guard let sender else { return }
    told.append(message.message)
    sender.tell(message, at: now)
    pumpSender()
    if outbox.isOff || self.sender == nil { interrupted.insert(message.message) }
  }

  private func pumpSender() {
    runStore()
    guard let sender else { return }
    // An alert leaves before it is stored.
    for datagram in sender.datagrams(at: now) {
      recorded.append(datagram)
      toCentral.send(datagram, at: now)
    }
    if storeLag == nil {
      sender.store(at: now)
    } else if job == nil, let work = sender.outboxWork() {
      let lag = storeLag ?? 0
      let doneAt = now + Double.random(in: 0...lag, using: &random)
      job = StoreJob(
        work: work, doneAt: doneAt, toldAt: doneAt + Double.random(in: 0...lag, using: &random))
    }
    senderEvents += sender.takeEvents().map { (now, $0) }
    if outbox.isOff { loseSender() }
  }

  /// Lets the outbox's thread come as far as it is by now.
  private func runStore() {
    guard let sender, var now = job, self.now >= now.doneAt else { return }
    if now.outcome == nil { now.outcome = now.work.perform(on: outbox) }
    job = now
    if outbox.isOff { return loseSender() }
    guard self.now >= now.toldAt, let outcome = now.outcome else { return }
    sender.take(outcome, at: self.now)
    job = nil
  }

  private func pumpReceiver() {
    guard let receiver else { return }
    receiver.commit(at: now)
    if inbox.isOff { return loseReceiver() }
    for outgoing in receiver.datagrams(at: now) {
      recordedByCentral.append(outgoing.datagram)
      toDevice.send(outgoing.datagram, at: now)
    }
    receiverEvents += receiver.takeEvents().map { (now, $0) }
  }

  /// A person at the central station acknowledges an alarm.
  func acknowledge(_ alert: AlertID, person: String) -> RemoteAcknowledgement? {
    let word = receiver?.acknowledge(alert, person: person, at: now)
    pumpReceiver()
    return word
  }

  /// What the central station would send now if it did not first make durable what it has.
  func centralSpeaksBeforeCommit(having datagrams: [[UInt8]]) -> [[UInt8]] {
    for datagram in datagrams { receiver?.receive(datagram, from: 1, at: now) }
    return receiver?.datagrams(at: now).map(\.datagram) ?? []
  }

  /// Gives the device datagrams from elsewhere.
  func injectToDevice(_ datagrams: [[UInt8]]) {
    for datagram in datagrams { sender?.receive(datagram, at: now) }
    pumpSender()
  }

  /// Gives the central station datagrams from elsewhere.
  func inject(_ datagrams: [[UInt8]], route: Int = 666) {
    for datagram in datagrams { receiver?.receive(datagram, from: route, at: now) }
    pumpReceiver()
  }

  /// Runs to a time.
  func run(until end: Double) {
    while now < end {
      now = min(end, nextTime())
      if let back = senderBackAt, back <= now {
        senderBackAt = nil
        startSender()
      }
      if let back = receiverBackAt, back <= now {
        receiverBackAt = nil
        startReceiver()
      }
      for datagram in toCentral.arrivals(by: now) {
        receiver?.receive(datagram, from: 1, at: now)
      }
      pumpReceiver()
      for datagram in toDevice.arrivals(by: now) { sender?.receive(datagram, at: now) }
      pumpSender()
    }
  }

  private func nextTime() -> Double {
    let times = [
      sender?.nextDeadline, receiver?.nextDeadline, senderBackAt, receiverBackAt,
      toCentral.nextArrival, toDevice.nextArrival,
      job.map { $0.outcome == nil ? $0.doneAt : $0.toldAt },
    ]
    // A deadline that does not move would hang a real loop, too; simulated time goes on by a millisecond at least.
    return max(now + 0.001, times.compactMap(\.self).min() ?? .infinity)
  }

  /// Does a script, then waits until all is delivered or a time is over.
  func run(_ script: [(at: Double, step: ScriptStep)], settle: Double) {
    for (at, step) in script.sorted(by: { $0.at < $1.at }) {
      run(until: at)
      switch step {
      case .tell(let condition, let phase, let priority):
        tell(message(condition, phase, priority))
      case .restartReceiver: if receiver != nil { loseReceiver() }
      case .restartSender: if sender != nil { loseSender() }
      }
    }
    let end = now + settle
    while now < end, !isSettled { run(until: now + 1) }
  }

  var isSettled: Bool {
    guard let sender, receiver != nil, outbox.unreceivedCount == 0 else { return false }
    let texts = Set(arrived)
    return sender.isReachable
      && told.allSatisfy { texts.contains($0) || interrupted.contains($0) }
  }

  /// The texts of what arrived, in the order of acceptance.
  var arrived: [String] {
    inbox.entries.map { AlertMessage(json: $0.record.json)?.message ?? "unreadable" }
  }

  /// What is wrong with what arrived: lost, twice, out of order, or never told.
  var violations: [String] {
    let arrived = arrived
    var found: [String] = []
    var counts: [String: Int] = [:]
    for text in arrived { counts[text, default: 0] += 1 }
    for text in told {
      let count = counts[text] ?? 0
      if count > 1 { found.append("\(text) arrived \(count) times") }
      if count == 0 && !interrupted.contains(text) { found.append("\(text) is lost") }
    }
    let order = told.filter { counts[$0] != nil }
    if arrived != order { found.append("not in order: \(arrived) instead of \(order)") }
    return found
  }
}
