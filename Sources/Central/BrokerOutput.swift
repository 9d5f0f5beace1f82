// Alerts and device states to an MQTT broker. Every message is published until the broker has confirmed it (QoS 1); the
// states are retained, and published anew after each connecting, because a broker may forget, too.

import AlertLink
import CLinux
import Synchronization

/// What is to be said, retained, on some topics. Any thread.
public final class RetainedTexts: Sendable {
  private struct State {
    var texts: [String: [UInt8]] = [:]
    var changed: [String] = []
  }

  private let state = Mutex(State())

  /// Nothing yet.
  public init() {}

  /// Says something on a topic, instead of what was said there before.
  public func set(_ text: [UInt8], on topic: String) {
    state.withLock { state in
      guard state.texts[topic] != text else { return }
      state.texts[topic] = text
      if !state.changed.contains(topic) { state.changed.append(topic) }
    }
  }

  /// Everything is to be said again.
  func repeatAll() {
    state.withLock { $0.changed = $0.texts.keys.sorted() }
  }

  /// The next topic with something to say.
  func takeChanged() -> (topic: String, text: [UInt8])? {
    state.withLock { state in
      guard !state.changed.isEmpty else { return nil }
      let topic = state.changed.removeFirst()
      return (topic, state.texts[topic] ?? [])
    }
  }
}

/// A broker as an output.
final class BrokerOutput: AlertOutput {
  private let client: BrokerClient
  private let topics: Topics
  private let retained: RetainedTexts
  private let onEvent: @Sendable (CentralEvent) -> Void
  private var isConnected = false
  /// Between the network's answer and the broker's.
  private var isConnecting = false
  private var attemptNanoseconds: UInt64 = 0
  private var waitSeconds = 0.5
  private var lastTrouble = ""
  /// Messages on their way, in order; confirmed ones wait for those before them.
  private var flights: [(number: UInt64, publication: Int32, isConfirmed: Bool)] = []
  private var outstanding = 0

  /// The longest wait between two attempts to connect.
  private static let waitSecondsMax = 30.0

  init(
    _ address: BrokerAddress, topics: Topics, retained: RetainedTexts,
    onEvent: @escaping @Sendable (CentralEvent) -> Void
  ) throws(CentralError) {
    self.topics = topics
    self.retained = retained
    self.onEvent = onEvent
    client = try BrokerClient(
      address, name: "ecgclip-\(UInt32.random(in: 0 ... .max))",
      will: (topics.receiverStatus, StatusText.receiver(isOnline: false)))
  }

  deinit {
    if client.isConnected { sayOffline() }
  }

  func deliver(_ entries: [InboxEntry], wake: Int32, milliseconds: Int32) -> Int {
    connectIfDue()
    if isConnected {
      publishRetained()
      publish(entries)
    }
    serve(wake: wake, milliseconds: milliseconds)
    return takeDelivered()
  }

  /// Connects when the time for it has come; the wait grows with every failure.
  private func connectIfDue() {
    let now = clinux_monotonic_nanoseconds()
    guard !isConnected, !isConnecting, now >= attemptNanoseconds else { return }
    attemptNanoseconds = now &+ UInt64(waitSeconds * 1e9)
    waitSeconds = min(waitSeconds * 2, Self.waitSecondsMax)
    do {
      try client.connect()
      isConnecting = true
    } catch { lost(error) }
  }

  private func serve(wake: Int32, milliseconds: Int32) {
    guard isConnected || isConnecting else {
      let rest = Int64(attemptNanoseconds) - Int64(clinux_monotonic_nanoseconds())
      var descriptor = wake
      clinux_wait_any(&descriptor, 1, min(milliseconds, Int32(max(0, rest) / 1_000_000) + 1))
      return
    }
    do {
      try client.serve(wake: wake, milliseconds: milliseconds)
      if !isConnected && client.isConnected { try welcomed() }
    } catch { lost(error) }
    while let publication = client.takeConfirmation() {
      outstanding -= 1
      if let index = flights.firstIndex(where: { $0.publication == publication }) {
        flights[index].isConfirmed = true
      }
    }
    while let message = client.takeMessage() {
      if let device = topics.deviceOfCommand(message.topic) {
        onEvent(.command(device: device, text: message.payload))
      }
    }
  }

  private func welcomed() throws(CentralError) {
    (isConnected, isConnecting) = (true, false)
    (waitSeconds, lastTrouble) = (0.5, "")
    try client.subscribe(topics.everyCommand)
    retained.repeatAll()
    retained.set(StatusText.receiver(isOnline: true), on: topics.receiverStatus)
    onEvent(.outputConnected("mqtt"))
  }

  /// Tells the same trouble once.
  private func lost(_ error: CentralError) {
    (isConnected, isConnecting) = (false, false)
    if error.description != lastTrouble { onEvent(.outputLost("mqtt", reason: "\(error)")) }
    lastTrouble = error.description
  }

  private func publishRetained() {
    while outstanding < BrokerClient.outstandingMax, let (topic, text) = retained.takeChanged() {
      do {
        _ = try client.publish(text, on: topic, isRetained: true)
        outstanding += 1
      } catch { return lost(error) }
    }
  }

  private func publish(_ entries: [InboxEntry]) {
    let last = flights.last?.number ?? 0
    for entry in entries where entry.number > last {
      guard outstanding < BrokerClient.outstandingMax else { return }
      do {
        let publication = try client.publish(
          entry.record.json, on: topics.alert(entry.device), isRetained: false)
        outstanding += 1
        flights.append((entry.number, publication, false))
      } catch { return lost(error) }
    }
  }

  private func takeDelivered() -> Int {
    let count = flights.prefix { $0.isConfirmed }.count
    flights.removeFirst(count)
    return count
  }

  /// A farewell: with one, the broker does not publish the will.
  private func sayOffline() {
    _ = try? client.publish(
      StatusText.receiver(isOnline: false), on: topics.receiverStatus, isRetained: true)
    try? client.serve(wake: -1, milliseconds: 200)
  }
}
