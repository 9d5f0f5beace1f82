// The outputs that a receiver can have, each on a thread of its own.

import AlertLink

extension OutputThread {
  /// Every alert, and what is retained, to an MQTT broker. Known to the inbox as `mqtt`.
  ///
  /// - Parameters:
  ///   - openInbox: the thread's own access to the inbox.
  ///   - onEvent: told what happens, on the thread.
  public static func broker(
    _ address: BrokerAddress, topics: Topics, retained: RetainedTexts,
    openInbox: @escaping @Sendable () throws -> any AlertInbox,
    onEvent: @escaping @Sendable (CentralEvent) -> Void
  ) throws(CentralError) -> OutputThread {
    try OutputThread(
      name: "mqtt", openInbox: openInbox,
      makeOutput: {
        try BrokerOutput(address, topics: topics, retained: retained, onEvent: onEvent)
      },
      onTrouble: { onEvent(.outputLost("mqtt", reason: $0)) })
  }

  /// Every alert as an HL7 message to a file or a server. Known to the inbox as `hl7`.
  public static func hl7(
    _ destination: HL7Destination, site: String,
    openInbox: @escaping @Sendable () throws -> any AlertInbox,
    onEvent: @escaping @Sendable (CentralEvent) -> Void
  ) throws(CentralError) -> OutputThread {
    try OutputThread(
      name: "hl7", openInbox: openInbox,
      makeOutput: { try HL7Output(destination, site: site, onEvent: onEvent) },
      onTrouble: { onEvent(.outputLost("hl7", reason: $0)) })
  }
}
