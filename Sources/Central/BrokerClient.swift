// A connection to an MQTT broker through libmosquitto.

import CMosquitto

/// A client of one broker. One thread, which nothing here holds up but `connect`.
final class BrokerClient {
  /// What the broker confirmed, and what was said on a topic that is listened to.
  struct Message {
    let topic: String
    let payload: String
  }

  private let address: BrokerAddress
  private let client: OpaquePointer

  /// A client that is not connected yet.
  ///
  /// - Parameters:
  ///   - name: its name at the broker, of which there may be one at a time.
  ///   - will: what the broker publishes, retained, when this client is gone without a word.
  init(
    _ address: BrokerAddress, name: String, will: (topic: String, payload: [UInt8])
  ) throws(CentralError) {
    if let failure = cmosquitto_load() {
      throw CentralError(
        "No MQTT here (\(String(cString: failure))): run 'sudo apt install libmosquitto1'.")
    }
    guard let client = cmosquitto_new(name) else {
      throw CentralError("No memory for a connection to \(address.text): free some.")
    }
    self.address = address
    self.client = client
    try check(
      cmosquitto_set_will(client, will.topic, will.payload, Int32(will.payload.count)), "its will")
    if let user = address.user {
      try check(cmosquitto_set_user(client, user, address.password), "its user")
    }
    if address.usesTLS {
      try check(
        cmosquitto_set_tls(
          client, address.authoritiesFile, address.certificateFile, address.certificateKeyFile),
        "its certificates")
    }
  }

  deinit { cmosquitto_close(client) }

  /// Whether the broker has let it in.
  var isConnected: Bool { cmosquitto_is_connected(client) == 1 }

  /// Connects, or connects again; waits for the network, not for the broker's answer.
  func connect() throws(CentralError) {
    try check(cmosquitto_connect(client, address.host, Int32(address.port)), "the connection")
  }

  /// Waits for the broker, for `wake` or for the time to be over, and does the talking that is due.
  func serve(wake: Int32, milliseconds: Int32) throws(CentralError) {
    let result = cmosquitto_serve(client, wake, milliseconds)
    // What the broker said is more than that the connection has ended.
    let refusal = cmosquitto_is_connected(client)
    try check(refusal < 0 ? refusal : result, "the connection")
  }

  /// Publishes with QoS 1 and returns the number that `takeConfirmation` will give.
  func publish(
    _ payload: [UInt8], on topic: String, isRetained: Bool
  ) throws(CentralError) -> Int32 {
    let number = cmosquitto_publish(
      client, topic, payload, Int32(payload.count), isRetained ? 1 : 0)
    try check(number, "a message on \(topic)")
    return number
  }

  /// How many may be on their way at once.
  static let outstandingMax = Int(cmosquitto_outstanding_max)

  /// The number of a publication that the broker has confirmed, each once.
  func takeConfirmation() -> Int32? {
    let number = cmosquitto_take_confirmation(client)
    return number == 0 ? nil : number
  }

  /// Asks for what others publish on a topic.
  func subscribe(_ topic: String) throws(CentralError) {
    try check(cmosquitto_subscribe(client, topic), topic)
  }

  /// The oldest message of a subscription.
  func takeMessage() -> Message? {
    var message = cmosquitto_message()
    guard cmosquitto_take_message(client, &message) == 1 else { return nil }
    func text(_ bytes: some BitwiseCopyable) -> String {
      withUnsafeBytes(of: bytes) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return Message(topic: text(message.topic), payload: text(message.payload))
  }

  private func check(_ result: Int32, _ what: String) throws(CentralError) {
    guard result < 0 else { return }
    let reason = String(cString: cmosquitto_reason(result))
    throw CentralError(
      "\(address.text) does not take \(what) (\(reason)): check the broker, its address, the user "
        + "and the certificates.")
  }
}
