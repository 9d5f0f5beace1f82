// What is said on the status topics: one JSON object, retained.

import AlertLink
import Foundation

/// How a device is, as the receiver sees it.
public struct DeviceStatus: Hashable, Sendable {
  /// Whether it proves now and then that it lives.
  public enum Presence: String, Sendable {
    /// It does.
    case online
    /// It did, and has been silent for the dead man's time: somebody should look.
    case silent
    /// It has not been heard of since the receiver started.
    case unknown
  }

  /// The device's name.
  public var device: String
  /// Whether it is there.
  public var presence = Presence.unknown
  /// Since when, by the receiver's clock, ISO 8601 in UTC.
  public var since: String
  /// What it last said of its alarms, nil before it said anything.
  public var state: DeviceState?

  /// A device of which nothing is known yet.
  public init(device: String, since: String) {
    self.device = device
    self.since = since
  }
}

enum StatusText {
  private struct Receiver: Encodable {
    let schemaVersion = 1
    let presence: String
  }

  private struct Device: Encodable {
    let schemaVersion = 1
    let device: String
    let presence: String
    let since: String
    let state: DeviceState?

    enum CodingKeys: String, CodingKey { case schemaVersion, device, presence, since, state }

    func encode(to encoder: any Encoder) throws {
      var keys = encoder.container(keyedBy: CodingKeys.self)
      try keys.encode(schemaVersion, forKey: .schemaVersion)
      try keys.encode(device, forKey: .device)
      try keys.encode(presence, forKey: .presence)
      try keys.encode(since, forKey: .since)
      try keys.encode(state, forKey: .state)
    }
  }

  /// How the receiver itself is.
  static func receiver(isOnline: Bool) -> [UInt8] {
    text(Receiver(presence: isOnline ? "online" : "offline"))
  }

  /// How a device is.
  static func device(_ status: DeviceStatus) -> [UInt8] {
    text(
      Device(
        device: status.device, presence: status.presence.rawValue, since: status.since,
        state: status.state))
  }

  /// The receiver's wall clock, ISO 8601 in UTC with milliseconds.
  static func now() -> String {
    Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  private static func text(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)).map { Array($0) } ?? []
  }
}
