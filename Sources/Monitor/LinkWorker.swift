// The link's thread: the protocol core between a mailbox, a transport and an outbox on a thread of its own.

import AlertLink
import CLinux
import Devices
import Foundation

/// Body of the link's thread.
final class LinkWorker {
  /// While no address is known nothing can be sent, so that much may be waited for one.
  private static let firstAddressMilliseconds = 100
  /// What cannot be opened is tried again so often.
  private static let retrySeconds = 2.0
  /// An outbox that failed is tried again after so long.
  private static let outboxRetrySeconds = 0.25
  /// How much was lost is told so often.
  private static let lossSeconds = 60.0
  /// A station answers a few times a second. What is more is left to the system, so that who floods the port can
  /// neither hold up alerts nor take the processor.
  static let receivedMaxASecond = 1000

  private let configuration: CentralLinkConfiguration
  private let mailbox: LinkMailbox
  private let onNews: @Sendable (CentralLinkNews) -> Void
  private let transport: any DatagramTransport
  private let finder: StationFinder
  private var hasOpened = false
  /// The last address that was found.
  private var station: DatagramPeer?
  private var searchAt = 0.0
  private var lastTrouble = ""
  private var receivedSince = 0.0
  private var received = 0
  /// Messages that the outbox had been told of when it began the work that it is at; nil while it is at none.
  private var beingStored: Int?
  private var storeAt = -Double.infinity
  private var lossTold = 0
  private var lossToldAt = -Double.infinity

  init(
    _ configuration: CentralLinkConfiguration, mailbox: LinkMailbox,
    onNews: @escaping @Sendable (CentralLinkNews) -> Void
  ) {
    self.configuration = configuration
    self.mailbox = mailbox
    self.onNews = onNews
    transport = configuration.makeTransport()
    finder = StationFinder(configuration.findStation, onAnswer: { mailbox.wake() })
  }

  /// Runs until somebody asks to stop.
  func run() {
    defer {
      finder.end()
      transport.close()
      mailbox.progress.end()
    }
    guard let (sender, outbox) = begin() else { return }
    let store = OutboxThread(outbox) { [mailbox] in mailbox.wake() }
    defer { store.end() }
    var isStopping = false
    while !isStopping {
      wait(for: sender)
      // Read first: what is counted is in the mailbox.
      let toldCount = mailbox.progress.told
      let content = mailbox.take()
      isStopping = content.isStopping
      let now = Self.now()
      if content.lostCount > 0 {
        tell(
          "\(content.lostCount) alerts found no room at the alert link: this device is too busy.")
      }
      if let state = content.state { sender.state = state }
      if let carriedOn = content.carriedOn {
        sender.endAlarms(
          except: carriedOn.conditions, moment: carriedOn.moment,
          clockQuality: carriedOn.clockQuality, at: now)
      }
      for told in content.told { sender.tell(told.message, at: now) }
      receive(into: sender, at: now)
      if let outcome = store.take() { take(outcome, sender, at: now) }
      findStation(at: now, isReachable: sender.isReachable)
      send(sender, at: now)
      note(content.told)
      keep(toldCount, of: sender, in: store, at: now)
      if isStopping { keepAll(toldCount, of: sender, in: store) }
      if sender.isSettled { mailbox.progress.note(confirmed: toldCount) }
      for event in sender.takeEvents() { handle(event, sender) }
      tellLoss(sender.messagesLost, at: now, isLast: isStopping)
    }
  }

  private static func now() -> Double { Double(clinux_monotonic_nanoseconds()) / 1e9 }

  /// Opens the outbox and begins a life; without a number that is new for certain nothing may be sent.
  private func begin() -> (AlertSender, any AlertOutbox)? {
    while !mailbox.isStopping {
      do {
        let outbox = try configuration.openOutbox()
        // A number from the clock stays new even where the disk was exchanged.
        let unixSeconds = UInt64(max(0, Date().timeIntervalSince1970))
        let sender = try AlertSender(
          key: configuration.key, outbox: outbox, at: Self.now(),
          epochFloor: clinux_clock_is_synchronised() != 0 ? unixSeconds : 0)
        return (sender, outbox)
      } catch {
        mailbox.progress.note(given: 0, isStored: false)
        tell("\(error)")
        onNews(.reachable(false))
        rest()
      }
    }
    return nil
  }

  private func rest() {
    var descriptor = mailbox.wakeDescriptor
    clinux_event_clear(descriptor)
    clinux_wait_any(&descriptor, 1, Int32(Self.retrySeconds * 1000))
  }

  private func wait(for sender: AlertSender) {
    let isFlooded = received >= Self.receivedMaxASecond
    let descriptors = [mailbox.wakeDescriptor, transport.descriptor]
    let now = Self.now()
    var deadline = isFlooded ? min(sender.nextDeadline, receivedSince + 1) : sender.nextDeadline
    if storeAt > now { deadline = min(deadline, storeAt) }
    let rest = (deadline - now) * 1000
    let milliseconds = Int32(min(1000, max(0, rest.rounded(.up))))
    clinux_wait_any(descriptors, isFlooded ? 1 : 2, milliseconds)
  }

  private func receive(into sender: AlertSender, at seconds: Double) {
    if seconds - receivedSince >= 1 { (receivedSince, received) = (seconds, 0) }
    while received < Self.receivedMaxASecond, let datagram = transport.receive() {
      received += 1
      sender.receive(datagram.bytes, at: seconds)
    }
  }

  /// Opens what is closed and looks up whom to talk to, now and then while nobody answers: it may have another address.
  /// Until a search has ended what is known holds.
  private func findStation(at seconds: Double, isReachable: Bool) {
    note(finder.take(), at: seconds)
    let isAway = transport.descriptor < 0
    guard isAway || !isReachable, seconds >= searchAt else { return }
    searchAt = seconds + configuration.searchSeconds
    do {
      if isAway { if hasOpened { transport.reopen() } else { try transport.open() } }
      hasOpened = true
      if transport.descriptor < 0 { searchAt = seconds + Self.retrySeconds }
      finder.search()
      if station == nil {
        note(finder.take(waiting: Self.firstAddressMilliseconds), at: seconds)
      }
    } catch {
      noteTrouble("\(error)", at: seconds)
    }
  }

  private func note(_ answer: StationFinder.Answer?, at seconds: Double) {
    switch answer {
    case .found(let peer)?:
      station = peer
      lastTrouble = ""
    case .failed(let reason)?: noteTrouble(reason, at: seconds)
    case nil: break
    }
  }

  /// A plug or a name that is not there yet is looked for more often.
  private func noteTrouble(_ reason: String, at seconds: Double) {
    searchAt = seconds + Self.retrySeconds
    tell(reason)
  }

  private func send(_ sender: AlertSender, at seconds: Double) {
    for datagram in sender.datagrams(at: seconds) {
      if let station { transport.send(datagram, to: station) }
    }
  }

  private func note(_ told: [LinkMailbox.Told]) {
    let now = clinux_monotonic_nanoseconds()
    for one in told where one.message.phase == .start {
      mailbox.note(latencyNanoseconds: now &- min(now, one.decidedNanoseconds))
    }
  }

  /// Hands the outbox what it has to do, unless it is at work.
  private func keep(
    _ toldCount: Int, of sender: AlertSender, in store: OutboxThread, at seconds: Double
  ) {
    guard beingStored == nil, seconds >= storeAt else { return }
    guard let work = sender.outboxWork() else {
      return mailbox.progress.note(given: toldCount, isStored: true)
    }
    beingStored = toldCount
    store.perform(work)
  }

  private func take(_ outcome: OutboxOutcome, _ sender: AlertSender, at seconds: Double) {
    sender.take(outcome, at: seconds)
    mailbox.progress.note(given: beingStored ?? 0, isStored: outcome.failure == nil)
    beingStored = nil
    storeAt = outcome.failure == nil ? -.infinity : seconds + Self.outboxRetrySeconds
  }

  /// Waits until the outbox has everything, or refuses it.
  private func keepAll(_ toldCount: Int, of sender: AlertSender, in store: OutboxThread) {
    storeAt = -.infinity
    while storeAt == -.infinity {
      keep(toldCount, of: sender, in: store, at: Self.now())
      guard beingStored != nil, let outcome = store.waitAndTake() else { return }
      take(outcome, sender, at: Self.now())
    }
  }

  private func handle(_ event: AlertSender.Event, _ sender: AlertSender) {
    switch event {
    case .reachable: onNews(.reachable(true))
    case .unreachable: onNews(.reachable(false))
    case .received: break
    case .acknowledged(let word):
      guard let condition = sender.condition(seenBy: word) else { return }
      onNews(.acknowledged(condition: condition, person: word.person))
    case .storeFailed(let error): tell(error.description)
    }
  }

  /// Tells what was lost: at once, then each minute what has come to it, and at the end.
  private func tellLoss(_ count: Int, at seconds: Double, isLast: Bool) {
    guard count > lossTold, isLast || seconds >= lossToldAt + Self.lossSeconds else { return }
    lossTold = count
    lossToldAt = seconds
    onNews(
      .problem(
        "\(count) alerts are lost to the central station: neither it nor the outbox took them. The "
          + "alarm log has them. Free space, or mend the disk, and see to the link."))
  }

  /// Tells the same trouble once.
  private func tell(_ trouble: String) {
    if trouble != lastTrouble { onNews(.problem(trouble)) }
    lastTrouble = trouble
  }
}
