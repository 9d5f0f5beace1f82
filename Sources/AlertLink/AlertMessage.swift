// What an alert says to a program elsewhere: one JSON object, plain for now. The authenticated link replaces the
// envelope, not the words.

import Foundation

/// One alarm transition for the outside.
public struct AlertMessage: Codable, Hashable, Sendable {
  /// Version of these keys.
  public var schemaVersion = 1
  /// The device that sends, as its front-end or record names itself.
  public var device: String
  /// Number of the message since the monitor started, from 1.
  public var sequence: UInt64
  /// The alarm's name.
  public var condition: String
  /// What people read.
  public var message: String
  /// low, medium, high.
  public var priority: String
  /// start, update, end.
  public var phase: String
  /// Seconds of signal.
  public var timeSeconds: Double
  /// The sender's clock, ISO 8601 in UTC.
  public var wallTime: String
  /// The heart rate last told, nil when unknown.
  public var heartRateBPM: Float?
  /// The leads that are monitored.
  public var leads: [String]
  /// Whether it comes from no patient's electrodes now.
  public var simulated: Bool
  /// live, simulated, replay.
  public var provenance: String
  /// SHA-256 of the model.
  public var modelSHA256: String

  /// Creates a message of schema version 1.
  public init(
    device: String, sequence: UInt64, condition: String, message: String, priority: String,
    phase: String, timeSeconds: Double, wallTime: String, heartRateBPM: Float?, leads: [String],
    simulated: Bool, provenance: String, modelSHA256: String
  ) {
    self.device = device
    self.sequence = sequence
    self.condition = condition
    self.message = message
    self.priority = priority
    self.phase = phase
    self.timeSeconds = timeSeconds
    self.wallTime = wallTime
    self.heartRateBPM = heartRateBPM
    self.leads = leads
    self.simulated = simulated
    self.provenance = provenance
    self.modelSHA256 = modelSHA256
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schemaVersion, forKey: .schemaVersion)
    try container.encode(device, forKey: .device)
    try container.encode(sequence, forKey: .sequence)
    try container.encode(condition, forKey: .condition)
    try container.encode(message, forKey: .message)
    try container.encode(priority, forKey: .priority)
    try container.encode(phase, forKey: .phase)
    try container.encode(timeSeconds, forKey: .timeSeconds)
    try container.encode(wallTime, forKey: .wallTime)
    // Encoded as null when unknown, not left out.
    try container.encode(heartRateBPM, forKey: .heartRateBPM)
    try container.encode(leads, forKey: .leads)
    try container.encode(simulated, forKey: .simulated)
    try container.encode(provenance, forKey: .provenance)
    try container.encode(modelSHA256, forKey: .modelSHA256)
  }

  /// The message as one line of JSON without its end.
  public func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}
