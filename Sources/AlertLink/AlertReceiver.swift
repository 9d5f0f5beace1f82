// The central station's end of the link for all its devices: datagrams in, messages out, each once and in its device's
// order. No socket, no clock, no file.

import Alarms

/// Receives the alerts of many devices. One thread. `Route` is what the owner needs to answer a datagram, as a socket
/// address.
///
/// The owner's loop: `receive` the datagrams that are there, `commit(at:)` once for all of them, send
/// `datagrams(at:)`, handle `takeEvents()`, then wait for a datagram or `nextDeadline`.
public final class AlertReceiver<Route: Sendable> {
  /// What the owner has to know.
  public enum Event: Sendable {
    /// A message, durable in the inbox since `commit`. `message` is nil when its JSON is of another version.
    /// `ageSeconds` is how old it was when it was sent, by the device's clock; nil for a message from before the
    /// device's last start.
    case accepted(InboxEntry, message: AlertMessage?, ageSeconds: Double?)
    /// Messages that the device had numbered and lost before it could send them: its storage was full.
    case missing(device: String, count: UInt64)
    /// The present of a device has changed.
    case state(device: String, DeviceState)
    /// The device lives.
    case alive(device: String)
    /// It has given no proof of that for 5 s. `isHeard`: genuine datagrams come, which do not answer ours.
    case silent(device: String, isHeard: Bool)
    /// The device has taken a person's acknowledgement.
    case confirmed(device: String, RemoteAcknowledgement)
    /// It has not within 60 s, and will not be told any more.
    case expired(device: String, RemoteAcknowledgement)
    /// The device's numbers went back: its storage was replaced or restored. Nothing is taken from it until it has a
    /// new key.
    case rolledBack(device: String)
    /// The inbox could not store; the messages will come again.
    case storeFailed(AlertStoreError)
  }

  /// This life's number.
  public let epoch: UInt64
  /// What was dropped.
  public private(set) var counters = LinkCounters()

  private let inbox: any AlertInbox
  private var random: any RandomNumberGenerator
  private var keys: [UInt32: (key: LinkKey, session: Int)] = [:]
  private var sessions: [DeviceSession<Route>] = []
  private var indexByDevice: [String: Int] = [:]
  private var staged: [(entry: InboxEntry, ready: DeviceSession<Route>.Ready)] = []
  private var events: [Event] = []
  /// Sessions that have something to say at once, and the routes of datagrams that proved nothing.
  private var answersDue: [Int] = []
  private var unprovenRoutes: [(session: Int, route: Route)] = []
  private var lastAcknowledgement: UInt64 = 0
  private let startedAt: Double
  private var nextScanAt: Double

  /// Timers of all devices are looked at so often.
  private static var scanSeconds: Double { 0.05 }
  /// A device that was silent for so long is no longer spoken to.
  private static var farewellSeconds: Double { 60 }
  /// An acknowledgement that was not confirmed for so long is given up: it would silence something else by then.
  private static var acknowledgementSeconds: Double { 60 }

  /// Begins a life of the central station: its number is durable before anything is sent.
  ///
  /// - Parameters:
  ///   - keys: one device may have two (rotation); a number belongs to one key.
  ///   - epochFloor: what the number must be at least: Unix seconds where the clock is synchronised, else 0.
  ///   - random: for challenges; one that nobody can foresee outside of tests.
  public init(
    keys: [LinkKey], inbox: any AlertInbox, at seconds: Double, epochFloor: UInt64 = 0,
    random: any RandomNumberGenerator = SystemRandomNumberGenerator()
  ) throws(AlertStoreError) {
    self.inbox = inbox
    self.random = random
    epoch = try inbox.beginEpoch(atLeast: epochFloor)
    startedAt = seconds
    nextScanAt = seconds
    for key in keys { try add(key) }
  }

  /// Takes a further key: of a new device, or the next one of a known device. A number that is taken is left alone.
  public func add(_ key: LinkKey) throws(AlertStoreError) {
    guard keys[key.id] == nil else { return }
    let index = indexByDevice[key.device] ?? sessions.count
    keys[key.id] = (key, index)
    guard index == sessions.count else { return }
    indexByDevice[key.device] = index
    sessions.append(
      DeviceSession(
        device: key.device, end: LinkEnd(key: key, direction: .toDevice, epoch: epoch),
        newest: try inbox.newest(of: key.device) ?? .zero))
  }

  /// Takes a datagram. What it says takes effect in `commit`.
  public func receive(_ datagram: [UInt8], from route: Route, at seconds: Double) {
    guard let header = LinkHeader(datagram), let known = keys[header.keyID] else {
      counters.foreign += 1
      return
    }
    do throws(LinkRefusal) {
      let opened = try sessions[known.session].end.open(
        datagram, header, key: known.key, at: seconds)
      counters.opened += 1
      take(opened, session: known.session, from: route, at: seconds)
    } catch {
      counters.note(error)
    }
  }

  private func take(
    _ opened: LinkEnd.Opened, session index: Int, from route: Route, at seconds: Double
  ) {
    guard opened.isProven, let report = DeviceReport(opened.body) else {
      counters.unproven += 1
      sessions[index].isHeard = true
      challenge(index, to: route, at: seconds)
      return
    }
    guard opened.header.epoch >= sessions[index].newest.epoch else {
      counters.rolledBack += 1
      if !sessions[index].hasToldRollback {
        events.append(.rolledBack(device: sessions[index].device))
      }
      sessions[index].hasToldRollback = true
      return
    }
    if opened.isNewest { sessions[index].route = route }
    noteAlive(index, at: seconds)
    // An old challenge that comes back, after this end was stopped for a while, proves nothing of now.
    if !sessions[index].isAlive { challenge(index, to: route, at: seconds) }
    take(report, epoch: opened.header.epoch, session: index, isNewest: opened.isNewest)
  }

  /// The device needs this life's newest challenge: one short answer, to where its datagram came from.
  private func challenge(_ index: Int, to route: Route, at seconds: Double) {
    guard seconds - sessions[index].answeredAt >= LinkTiming.answerSeconds else { return }
    sessions[index].answeredAt = seconds
    unprovenRoutes.append((index, route))
  }

  private func noteAlive(_ index: Int, at seconds: Double) {
    sessions[index].isHeard = false
    guard !sessions[index].isAlive, sessions[index].end.isAlive(at: seconds) else { return }
    sessions[index].isAlive = true
    sessions[index].hasToldSilence = false
    sessions[index].heartbeatAt = seconds
    nextScanAt = min(nextScanAt, seconds)
    events.append(.alive(device: sessions[index].device))
  }

  private func take(_ report: DeviceReport, epoch: UInt64, session index: Int, isNewest: Bool) {
    let device = sessions[index].device
    for ready in sessions[index].take(report, epoch: epoch) {
      staged.append((InboxEntry(device: device, record: ready.record), ready))
    }
    if !report.records.isEmpty { answer(index) }
    if report.confirmed.epoch == self.epoch {
      for word in sessions[index].takeConfirmed(through: report.confirmed.sequence) {
        events.append(.confirmed(device: device, word))
      }
    }
    if isNewest, sessions[index].takeState(report.state),
      let state = DeviceState(json: report.state)
    {
      events.append(.state(device: device, state))
    }
  }

  /// Makes durable what was received, in one transaction, and tells it. Receipts are sent only for what is durable.
  public func commit(at seconds: Double) {
    guard !staged.isEmpty else { return }
    let batch = staged
    staged = []
    let devices = Set(batch.compactMap { indexByDevice[$0.entry.device] })
    do throws(AlertStoreError) {
      try inbox.accept(batch.map(\.entry))
    } catch {
      for index in devices { sessions[index].forgetUndurable() }
      events.append(.storeFailed(error))
      return
    }
    for index in devices { sessions[index].noteDurable() }
    for (entry, ready) in batch { tell(entry, ready) }
  }

  private func tell(_ entry: InboxEntry, _ ready: DeviceSession<Route>.Ready) {
    if ready.missingBefore > 0 {
      events.append(.missing(device: entry.device, count: ready.missingBefore))
    }
    var message = AlertMessage(json: entry.record.json)
    // The key says whose it is, the envelope which it is.
    if message?.id != entry.id { message = nil }
    events.append(.accepted(entry, message: message, ageSeconds: ready.ageSeconds))
  }

  /// What happened since the last call, in order.
  public func takeEvents() -> [Event] {
    defer { events = [] }
    return events
  }
}

// MARK: - Sending

extension AlertReceiver {
  /// A datagram and where it goes.
  public typealias Outgoing = (route: Route, datagram: [UInt8])

  /// The datagrams that are due. Each must be sent once; whoever loses one need not care.
  public func datagrams(at seconds: Double) -> [Outgoing] {
    var outgoing: [Outgoing] = []
    for (index, route) in unprovenRoutes {
      append(CentralReceipt(), session: index, to: route, at: seconds, &outgoing)
    }
    unprovenRoutes = []
    for index in answersDue { speak(index, at: seconds, &outgoing) }
    answersDue = []
    guard seconds >= nextScanAt else { return outgoing }
    nextScanAt = seconds + Self.scanSeconds
    for index in sessions.indices {
      watch(index, at: seconds)
      let heard = sessions[index].end.provenAt ?? startedAt
      if seconds >= sessions[index].heartbeatAt, seconds - heard < Self.farewellSeconds {
        speak(index, at: seconds, &outgoing)
      }
    }
    return outgoing
  }

  private func answer(_ index: Int) {
    if !sessions[index].isAnswerDue { answersDue.append(index) }
    sessions[index].isAnswerDue = true
  }

  /// A heartbeat, a receipt, people's acknowledgements: all in one.
  private func speak(_ index: Int, at seconds: Double, _ outgoing: inout [Outgoing]) {
    sessions[index].isAnswerDue = false
    sessions[index].heartbeatAt = seconds + sessions[index].end.heartbeatInterval(at: seconds)
    guard let route = sessions[index].route else { return }
    append(sessions[index].receipt(), session: index, to: route, at: seconds, &outgoing)
  }

  private func append(
    _ receipt: CentralReceipt, session index: Int, to route: Route, at seconds: Double,
    _ outgoing: inout [Outgoing]
  ) {
    var receipt = receipt
    (receipt.challenge, receipt.echo) = sessions[index].end.greeting(at: seconds, random: &random)
    if let datagram = sessions[index].end.seal(receipt.bytes) {
      outgoing.append((route, datagram))
    }
  }

  /// The dead man's switch, and acknowledgements that nobody confirms.
  private func watch(_ index: Int, at seconds: Double) {
    for word in sessions[index].takeExpired(at: seconds) {
      events.append(.expired(device: sessions[index].device, word))
    }
    let since = seconds - (sessions[index].end.provenAt ?? startedAt)
    guard since >= LinkTiming.deadManSeconds else { return }
    sessions[index].isAlive = false
    guard !sessions[index].hasToldSilence else { return }
    sessions[index].hasToldSilence = true
    events.append(
      .silent(device: sessions[index].device, isHeard: sessions[index].isHeard))
  }

  /// When timers are due next: call `datagrams(at:)` then.
  public var nextDeadline: Double { nextScanAt }

  /// Sends a person's acknowledgement of the alarm that a message told of. Returns it with its number, or nil where no
  /// such device is alive or eight are under way to it. `confirmed` or `expired` follows.
  public func acknowledge(_ alert: AlertID, person: String, at seconds: Double)
    -> RemoteAcknowledgement?
  {
    guard let index = indexByDevice[alert.device], sessions[index].isAlive else { return nil }
    lastAcknowledgement += 1
    var name = person
    while name.utf8.count > RemoteAcknowledgement.personByteCountMax { name.removeLast() }
    let word = RemoteAcknowledgement(
      number: lastAcknowledgement, alert: alert.position, person: name)
    let expiry = seconds + Self.acknowledgementSeconds
    guard sessions[index].add(word, expiresAt: expiry) else { return nil }
    answer(index)
    return word
  }
}
