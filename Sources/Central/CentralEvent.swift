// What happens at the receiver beside the alerts themselves.

/// Something that people and programs beside the receiver want to know.
public enum CentralEvent: Hashable, Sendable {
  /// An output has somebody at its other end again.
  case outputConnected(String)
  /// An output has nobody there, or is refused; alerts wait on the disk.
  case outputLost(String, reason: String)
  /// The other end read a message and does not want it; it is passed over.
  case refused(String, number: UInt64, reason: String)
  /// Somebody wrote on a device's command topic.
  case command(device: String, text: String)
}
