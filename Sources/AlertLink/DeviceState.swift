// What a heartbeat says of its device: the alarms that are active now. So a central station knows the present at once,
// however long the queue of messages is that were stored while the link was down.

import Alarms
import Foundation

/// The present of a device.
public struct DeviceState: Codable, Hashable, Sendable {
  /// One active alarm.
  public struct Alarm: Codable, Hashable, Sendable {
    /// The alarm's name ("asystole").
    public var condition: String
    /// low, medium, high.
    public var priority: String
    /// Whether a person has taken it on.
    public var acknowledged: Bool

    /// An alarm.
    public init(condition: String, priority: AlarmPriority, acknowledged: Bool) {
      self.condition = condition
      self.priority = priority.name
      self.acknowledged = acknowledged
    }
  }

  /// The active alarms, the most urgent first. The longest text holds some 8; see `alarmsNotListed`.
  public var alarms: [Alarm]
  /// Active alarms that did not fit.
  public var alarmsNotListed = 0
  /// What is switched off: "audioPaused", "audioOff", "standby", "alarmOff:CONDITION"; "test" while nobody is
  /// watched and the alarms are tested.
  public var inactivations: [String]
  /// live, simulated, replay, testSignal.
  public var provenance: String
  /// Whether it comes from no patient's electrodes now.
  public var simulated: Bool

  /// A state.
  public init(
    alarms: [Alarm] = [], inactivations: [String] = [], provenance: String = "live",
    simulated: Bool = false
  ) {
    self.alarms = alarms
    self.inactivations = inactivations
    self.provenance = provenance
    self.simulated = simulated
  }

  /// The longest JSON text.
  static let byteCountMax = 1000

  /// Reads a state, nil for what is none.
  public init?(json: [UInt8]) {
    guard let state = try? JSONDecoder().decode(DeviceState.self, from: Data(json)) else {
      return nil
    }
    self = state
  }

  /// The state as JSON, keys sorted. What does not fit is counted: the least urgent alarms first.
  public func encoded() -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var state = self
    while true {
      guard let data = try? encoder.encode(state) else { return [] }
      if data.count <= Self.byteCountMax { return Array(data) }
      if state.inactivations.count > 8 {
        state.inactivations.removeLast()
      } else if !state.alarms.isEmpty {
        state.alarms.removeLast()
        state.alarmsNotListed += 1
      } else {
        return []
      }
    }
  }
}
