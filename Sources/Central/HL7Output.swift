// HL7 messages to a file, to standard output, or to a server over TCP (MLLP: 0B, the message, 1C 0D). The next message
// goes when the server has acknowledged the last; one that is refused is told and left behind, because it would be
// refused again, for ever.

import AlertLink
import Foundation

/// Where HL7 messages go.
public enum HL7Destination: Hashable, Sendable {
  /// Appended to a file; `-` is standard output.
  case file(String)
  /// A server that speaks MLLP.
  case server(host: String, port: UInt16)

  /// Reads `mllp://HOST:PORT`, or a path.
  public init(parsing text: String) throws(CentralError) {
    guard text.contains("://") else {
      self = .file(text)
      return
    }
    guard let parts = URLComponents(string: text), parts.scheme == "mllp", let host = parts.host,
      !host.isEmpty, let number = parts.port, let port = UInt16(exactly: number), port > 0,
      parts.path.isEmpty
    else {
      throw CentralError(
        "'\(text)' is no place for HL7: write a file's path, - or mllp://HOST:PORT.")
    }
    self = .server(host: host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")), port: port)
  }
}

/// A place for HL7 messages as an output.
final class HL7Output: AlertOutput {
  private let format: AlertHL7
  private let channel: any HL7Channel
  private let onEvent: @Sendable (CentralEvent) -> Void
  private var lastTrouble: String?

  init(
    _ destination: HL7Destination, site: String,
    onEvent: @escaping @Sendable (CentralEvent) -> Void
  ) throws(CentralError) {
    format = AlertHL7(site: site)
    self.onEvent = onEvent
    channel =
      switch destination {
      case .file(let path): try HL7File(path)
      case .server(let host, let port): MLLPClient(host: host, port: port)
      }
  }

  func deliver(_ entries: [InboxEntry], wake: Int32, milliseconds: Int32) -> Int {
    guard let entry = entries.first, let message = AlertMessage(json: entry.record.json) else {
      channel.rest(wake: wake, milliseconds: milliseconds)
      // What cannot be read as an alert (a later version's) has no HL7.
      return entries.isEmpty ? 0 : 1
    }
    let text = format.text(message, number: entry.number, now: StatusText.now())
    do {
      try channel.send(text, control: "\(entry.number)")
      if lastTrouble != nil { onEvent(.outputConnected("hl7")) }
      lastTrouble = nil
      return 1
    } catch {
      if error.isRefusal {
        onEvent(.refused("hl7", number: entry.number, reason: error.description))
        return 1
      }
      if error.description != lastTrouble {
        onEvent(.outputLost("hl7", reason: error.description))
      }
      lastTrouble = error.description
      channel.rest(wake: -1, milliseconds: milliseconds)
      return 0
    }
  }
}

/// Why a message did not get there.
struct HL7Failure: Error {
  /// The sentence.
  let description: String
  /// Whether the other end read it and does not want it.
  var isRefusal = false
}

/// A way for HL7 messages.
protocol HL7Channel: AnyObject {
  /// Sends a message and waits until it is certain that it has arrived.
  func send(_ text: String, control: String) throws(HL7Failure)
  /// Waits for `wake`, or so long.
  func rest(wake: Int32, milliseconds: Int32)
}
