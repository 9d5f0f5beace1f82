// Which broker, and as whom: mqtt://HOST:PORT, or mqtts:// for TLS.

import Foundation

/// A broker and how to be let in.
public struct BrokerAddress: Hashable, Sendable {
  /// As a message names it: without the user.
  public var text: String { "\(usesTLS ? "mqtts" : "mqtt")://\(host):\(port)" }
  /// A name or a number.
  public var host: String
  /// 1883, or 8883 with TLS, where nothing else is said.
  public var port: UInt16
  /// Whether the connection is encrypted, and the broker's name checked against its certificate.
  public var usesTLS: Bool
  /// Nil for a broker that lets everybody in.
  public var user: String?
  /// Of the user.
  public var password: String?
  /// File with the certificates of the authorities that are trusted; nil for the system's.
  public var authoritiesFile: String?
  /// Files of the receiver's own certificate and its key, for brokers that ask for one.
  public var certificateFile: String?
  public var certificateKeyFile: String?

  /// Reads `mqtt[s]://[USER@]HOST[:PORT]`. A password stands in a file, never in an address, which every user of the
  /// machine can see.
  public init(parsing text: String, passwordFile: String? = nil) throws(CentralError) {
    guard let parts = URLComponents(string: text), let scheme = parts.scheme,
      ["mqtt", "mqtts"].contains(scheme), let host = parts.host, !host.isEmpty,
      parts.path.isEmpty || parts.path == "/", parts.query == nil
    else {
      throw CentralError(
        "'\(text)' is no broker: write mqtt://HOST, mqtts://HOST:PORT or mqtts://USER@HOST.")
    }
    guard parts.password == nil else {
      throw CentralError(
        "A password in the broker's address can be seen by every user of this machine: write it "
          + "into a file with mode 0600, and name that with --mqtt-password-file.")
    }
    usesTLS = scheme == "mqtts"
    // The brackets of an IPv6 address are the URL's.
    self.host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
    let usual = usesTLS ? 8883 : 1883
    guard let port = UInt16(exactly: parts.port ?? usual), port > 0 else {
      throw CentralError("'\(text)' has no port that there is: 1 to 65535.")
    }
    self.port = port
    user = parts.user
    if let passwordFile {
      guard user != nil else {
        throw CentralError("A password needs a user: write mqtts://USER@HOST.")
      }
      let bytes = try PrivateFile.read(PrivateFile.path(passwordFile))
      password = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
  }
}
