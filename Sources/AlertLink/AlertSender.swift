// The device's end of the link: messages in, datagrams out, and word of what became of them. No socket, no clock, no
// file: its owner hands in datagrams, times and the outbox, and sends what it is given.

import Alarms

/// Sends the alerts of one device to one central station until it has them. One thread.
///
/// The owner's loop: `tell` what happened, send `datagrams(at:)` at once, hand `outboxWork()` to the outbox's thread
/// and `take` what came of it (or `store(at:)` on this one), then wait for a datagram (`receive`), news, the outbox or
/// `nextDeadline`. All times are seconds of one monotonic clock, the messages' clock.
public final class AlertSender {
  /// What the owner has to know.
  public enum Event: Hashable, Sendable {
    /// The central station answers.
    case reachable
    /// It has not for 5 s: "central station not reachable".
    case unreachable
    /// Every message up to this one is durable there.
    case received(AlertPosition)
    /// A person there has acknowledged the alarm of a message.
    case acknowledged(RemoteAcknowledgement)
    /// The outbox could not do its work. Alerts go on from memory.
    case storeFailed(AlertStoreError)
  }

  /// How the budget of the line is kept.
  public struct Budget: Sendable {
    /// Bytes a second with 28 of IP and UDP headers a datagram; heartbeats and starts of high alarms go even so.
    public var bytesPerSecond = 2000.0
    /// What may have been saved up.
    public var burstBytes = 4000.0
    /// 2 kB/s.
    public init() {}
  }

  /// This life's number.
  public let epoch: UInt64
  /// What heartbeats say of the present.
  public var state = DeviceState() {
    didSet { if state != oldValue { encodedState = state.encoded() } }
  }
  /// What was dropped.
  public private(set) var counters = LinkCounters()
  /// Messages that neither the outbox nor memory could hold.
  public var messagesLost: Int { queue.lostCount }
  /// Whether the central station has everything that was told, on its disk.
  public var isSettled: Bool { queue.isEmpty && filter.nextDeadline == .infinity }
  /// Whether the central station has proven within 5 s that it lives.
  public private(set) var isReachable = false

  private let key: LinkKey
  private let budget: Budget
  private var random: any RandomNumberGenerator
  private var end: LinkEnd
  private let outbox: any AlertOutbox
  private var queue: SendQueue
  private var alarms = ToldAlarms()
  private var filter = FlapFilter()
  private var newest: AlertPosition
  private var open: OpenAlarms
  private var events: [Event] = []
  private var encodedState: [UInt8] = DeviceState().encoded()
  private var confirmed = AlertPosition.zero
  private var tokens: Double
  private var tokensAt: Double
  private var heartbeatAt: Double
  private var heartbeatSentAt = -Double.infinity
  private var startedAt: Double
  private var hasToldUnreachable = false
  private var receivedThrough = AlertPosition.zero
  private var peerEpoch: UInt64 = 0

  /// Begins a life of the device: its number is durable before anything is sent.
  ///
  /// - Parameters:
  ///   - epochFloor: what the number must be at least besides the key's own: Unix seconds where the clock is
  ///     synchronised, else 0.
  ///   - random: for challenges and jitter; one that nobody can foresee outside of tests.
  public init(
    key: LinkKey, outbox: any AlertOutbox, at seconds: Double, epochFloor: UInt64 = 0,
    budget: Budget = Budget(), random: any RandomNumberGenerator = SystemRandomNumberGenerator()
  ) throws(AlertStoreError) {
    self.key = key
    self.budget = budget
    self.random = random
    epoch = try outbox.beginEpoch(atLeast: max(key.firstEpoch, epochFloor))
    newest = try outbox.newest() ?? .zero
    open = OpenAlarms(try outbox.openAlarms())
    end = LinkEnd(key: key, direction: .toCentral, epoch: epoch)
    self.outbox = outbox
    queue = SendQueue(epoch: epoch)
    tokens = budget.burstBytes
    tokensAt = seconds
    heartbeatAt = seconds
    startedAt = seconds
    if let failure = store(seconds) { throw failure }
  }

  /// Takes a message. The sender writes its device and position. Words of a flapping alarm wait (see `FlapFilter`);
  /// a start never waits for an alarm that does not stand as active at the central station.
  public func tell(_ message: AlertMessage, at seconds: Double) {
    for ready in filter.take(message, at: seconds) { enqueue(ready, at: seconds) }
  }

  /// Ends what stands as active since an earlier life and is not carried on: nobody watches over it any more. Call it
  /// before anything is told.
  ///
  /// - Parameters:
  ///   - carriedOn: conditions of alarms that the device still knows.
  ///   - moment: when it began to know better, by the device's clocks.
  public func endAlarms(
    except carriedOn: Set<String>, moment: AlertMessage.Moment,
    clockQuality: AlertMessage.ClockQuality, at seconds: Double
  ) {
    for var message in open.messages
    where message.position.epoch < epoch && !carriedOn.contains(message.condition) {
      message.phase = .end
      message.time = moment
      message.clockQuality = clockQuality
      message.values = [:]
      message.limits = [:]
      message.leads = []
      message.coalesced = 0
      enqueue(message, at: seconds)
    }
  }

  private func enqueue(_ message: AlertMessage, at seconds: Double) {
    var message = message
    message.device = key.device
    newest = AlertPosition(epoch: epoch, sequence: newest.sequence + 1)
    message.position = newest
    open.identify(&message)
    open.note(message)
    alarms.note(message)
    let record = AlertRecord(position: newest, json: message.encoded())
    let isUrgent = message.phase == .start && message.priority == .high
    // Behind a queue, also behind one that the budget holds up, the heartbeat tells it first.
    if queue.isBacklogged || isUrgent && !queue.isEmpty { hurryHeartbeat(at: seconds) }
    queue.append(
      PendingRecord(
        record: record, condition: message.condition, isUrgent: isUrgent, dueAt: seconds))
  }

  /// Makes durable what was told and received, on this thread. Call it after sending: an alert waits for no disk.
  public func store(at seconds: Double) {
    if let failure = store(seconds) { events.append(.storeFailed(failure)) }
  }

  private func store(_ seconds: Double) -> AlertStoreError? {
    guard let work = queue.work() else { return nil }
    let outcome = work.perform(on: outbox)
    queue.take(outcome, at: seconds)
    return outcome.failure
  }

  /// What has to be made durable, for another thread; nil without anything, and until what came of the last work was
  /// taken. From the first call on the outbox belongs to that thread.
  public func outboxWork() -> OutboxWork? { queue.work() }

  /// Takes what came of the outbox's work.
  public func take(_ outcome: OutboxOutcome, at seconds: Double) {
    queue.take(outcome, at: seconds)
    if let failure = outcome.failure { events.append(.storeFailed(failure)) }
  }

  /// The alarm that a person saw at the central station; nil where it is not known any more, or where it has started
  /// anew since.
  public func condition(seenBy word: RemoteAcknowledgement) -> String? {
    alarms.condition(seenBy: word)
  }

  /// Takes a datagram that came to the device's address.
  public func receive(_ datagram: [UInt8], at seconds: Double) {
    guard let header = LinkHeader(datagram) else {
      counters.foreign += 1
      return
    }
    do throws(LinkRefusal) {
      let opened = try end.open(datagram, header, key: key, at: seconds)
      counters.opened += 1
      take(opened, at: seconds)
    } catch {
      counters.note(error)
    }
  }

  private func take(_ opened: LinkEnd.Opened, at seconds: Double) {
    let isFirstWord = opened.header.epoch > peerEpoch
    if isFirstWord {
      peerEpoch = opened.header.epoch
      confirmed = AlertPosition(epoch: peerEpoch, sequence: 0)
      // Another life there has forgotten what waited, and does not yet know that this end is alive.
      queue.restart(at: seconds)
      hurryHeartbeat(at: seconds)
    }
    guard opened.isProven, let receipt = CentralReceipt(opened.body) else {
      // It does not know this life or has not heard of it for long: it needs its challenge back.
      counters.unproven += 1
      hurryHeartbeat(at: seconds)
      return
    }
    noteReachable(at: seconds)
    if opened.isNewest { queue.note(receipt) }
    if receipt.received > receivedThrough {
      receivedThrough = receipt.received
      events.append(.received(receivedThrough))
    }
    for word in receipt.acknowledgements where word.number > confirmed.sequence {
      confirmed.sequence = word.number
      hurryHeartbeat(at: seconds)
      events.append(.acknowledged(word))
    }
  }

  private func hurryHeartbeat(at seconds: Double) {
    heartbeatAt = min(heartbeatAt, max(seconds, heartbeatSentAt + LinkTiming.answerSeconds))
  }

  private func noteReachable(at seconds: Double) {
    guard !isReachable, end.isAlive(at: seconds) else { return }
    isReachable = true
    hasToldUnreachable = false
    queue.restart(at: seconds)
    events.append(.reachable)
  }

  private func noteSilence(at seconds: Double) {
    let since = seconds - (end.provenAt ?? startedAt)
    guard since >= LinkTiming.deadManSeconds else { return }
    isReachable = false
    if !hasToldUnreachable { events.append(.unreachable) }
    hasToldUnreachable = true
  }

  /// What happened since the last call, in order.
  public func takeEvents() -> [Event] {
    defer { events = [] }
    return events
  }
}

// MARK: - Sending

extension AlertSender {
  /// The datagrams that are due. Each must be sent once; whoever loses one need not care.
  public func datagrams(at seconds: Double) -> [[UInt8]] {
    for message in filter.due(at: seconds) { enqueue(message, at: seconds) }
    noteSilence(at: seconds)
    tokens = min(budget.burstBytes, tokens + (seconds - tokensAt) * budget.bytesPerSecond)
    tokensAt = seconds
    var datagrams: [[UInt8]] = []
    while let indices = nextRecords(at: seconds) {
      var report = DeviceReport()
      report.records = indices.map { queue.sent($0) }
      guard let datagram = seal(&report, at: seconds) else { return datagrams }
      datagrams.append(datagram)
      for index in indices {
        queue.noteSent(index, at: seconds, jitter: jitter())
      }
    }
    if seconds >= heartbeatAt {
      heartbeatSentAt = seconds
      heartbeatAt = seconds + end.heartbeatInterval(at: seconds)
      var report = DeviceReport()
      report.state = encodedState
      if let datagram = seal(&report, at: seconds) { datagrams.append(datagram) }
    }
    return datagrams
  }

  /// 0.75-1.25, so that devices that lost their central station together do not come back in step.
  private func jitter() -> Double { 0.75 + Double(random.next() >> 11) * 0x1p-54 }

  /// Seals a report and takes its bytes from the budget.
  private func seal(_ report: inout DeviceReport, at seconds: Double) -> [UInt8]? {
    (report.challenge, report.echo) = end.greeting(at: seconds, random: &random)
    report.clockMilliseconds = UInt64(max(0, seconds * 1000))
    report.newest = newest
    report.confirmed = confirmed
    let datagram = end.seal(report.bytes)
    tokens -= Double((datagram?.count ?? 0) + 28)
    return datagram
  }

  /// The due messages of one datagram, as many as fit and the budget allows.
  private func nextRecords(at seconds: Double) -> [Int]? {
    var room = DeviceReport.roomByteCount
    var indices: [Int] = []
    for (index, entry) in queue.pending.enumerated() where dueTime(entry) <= seconds {
      let isAllowed = tokens > 0 || (entry.isUrgent && !entry.isSent)
      let count = DeviceReport.recordByteCount + entry.record.json.count
      guard isAllowed else { continue }
      guard count <= room else { break }
      room -= count
      indices.append(index)
    }
    return indices.isEmpty ? nil : indices
  }

  /// When a message is due. Without the other end, one whose alarm is over waits for its return in the outbox.
  private func dueTime(_ entry: PendingRecord) -> Double {
    if entry.isWaitingThere { return .infinity }
    let isActive = entry.condition.map { open.contains($0) } ?? false
    return isReachable || isActive || !entry.isSent ? entry.dueAt : .infinity
  }

  /// When something is due next: call `datagrams(at:)` then.
  public var nextDeadline: Double {
    var deadline = min(heartbeatAt, filter.nextDeadline)
    for entry in queue.pending { deadline = min(deadline, max(dueTime(entry), budgetTime(entry))) }
    let silent = (end.provenAt ?? startedAt) + LinkTiming.deadManSeconds
    return hasToldUnreachable ? deadline : min(deadline, silent)
  }

  /// When the budget allows a message.
  private func budgetTime(_ entry: PendingRecord) -> Double {
    tokens > 0 || (entry.isUrgent && !entry.isSent)
      ? tokensAt : tokensAt - tokens / budget.bytesPerSecond + 0.001
  }
}
