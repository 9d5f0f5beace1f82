// An alert as JSON text and back. What is not known is null; keys that came later are left out then, because older
// devices do not write them.

import Alarms
import ECGSignal
import Foundation

extension AlertMessage {
  private enum Key: String, CodingKey {
    case schemaVersion, device, epoch, sequence, condition, message, phase, priority, technical
    case onsetMonotonicSeconds, onsetWallTime, monotonicSeconds, wallTime, clockQuality
    case values, leads, modelSHA256, timeToLiveSeconds, person, provenance, simulated, test
    case coalesced, limits, alarmEpoch, alarmSequence, onsetEpoch, onsetClockQuality
  }

  public func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: Key.self)
    try keys.encode(Self.schemaVersion, forKey: .schemaVersion)
    try keys.encode(device, forKey: .device)
    try keys.encode(position.epoch, forKey: .epoch)
    try keys.encode(position.sequence, forKey: .sequence)
    try keys.encode(condition, forKey: .condition)
    try keys.encode(message, forKey: .message)
    try keys.encode(phase, forKey: .phase)
    try keys.encode(priority.name, forKey: .priority)
    try keys.encode(isTechnical, forKey: .technical)
    try keys.encode(onset.monotonicSeconds, forKey: .onsetMonotonicSeconds)
    try keys.encode(onset.wallTime, forKey: .onsetWallTime)
    try keys.encode(time.monotonicSeconds, forKey: .monotonicSeconds)
    try keys.encode(time.wallTime, forKey: .wallTime)
    try keys.encode(clockQuality, forKey: .clockQuality)
    // Infinity and NaN have no JSON: a rate or limit that is none is null.
    let finite = values.mapValues { value in value.flatMap { $0.isFinite ? $0 : nil } }
    try keys.encode(finite, forKey: .values)
    try keys.encode(leads.names, forKey: .leads)
    try keys.encode(modelSHA256, forKey: .modelSHA256)
    try keys.encode(timeToLiveSeconds, forKey: .timeToLiveSeconds)
    try keys.encode(person, forKey: .person)
    try keys.encode(provenance, forKey: .provenance)
    try keys.encode(isSimulated, forKey: .simulated)
    try keys.encode(isTest, forKey: .test)
    try keys.encode(coalesced, forKey: .coalesced)
    let finiteLimits = limits.filter(\.value.isFinite)
    if !finiteLimits.isEmpty { try keys.encode(finiteLimits, forKey: .limits) }
    try keys.encodeIfPresent(alarm?.epoch, forKey: .alarmEpoch)
    try keys.encodeIfPresent(alarm?.sequence, forKey: .alarmSequence)
    try keys.encodeIfPresent(onsetEpoch, forKey: .onsetEpoch)
    try keys.encodeIfPresent(onsetClockQuality, forKey: .onsetClockQuality)
  }

  public init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: Key.self)
    let version = try keys.decode(Int.self, forKey: .schemaVersion)
    guard version == Self.schemaVersion else {
      throw DecodingError.dataCorruptedError(
        forKey: .schemaVersion, in: keys, debugDescription: "schema version \(version)")
    }
    device = try keys.decode(String.self, forKey: .device)
    position = AlertPosition(
      epoch: try keys.decode(UInt64.self, forKey: .epoch),
      sequence: try keys.decode(UInt64.self, forKey: .sequence))
    condition = try keys.decode(String.self, forKey: .condition)
    message = try keys.decode(String.self, forKey: .message)
    phase = try keys.decode(Phase.self, forKey: .phase)
    let word = try keys.decode(String.self, forKey: .priority)
    guard let priority = AlarmPriority(name: word) else {
      throw DecodingError.dataCorruptedError(
        forKey: .priority, in: keys, debugDescription: "priority '\(word)'")
    }
    self.priority = priority
    isTechnical = try keys.decode(Bool.self, forKey: .technical)
    onset = Moment(
      monotonicSeconds: try keys.decode(Double.self, forKey: .onsetMonotonicSeconds),
      wallTime: try keys.decode(String?.self, forKey: .onsetWallTime))
    time = Moment(
      monotonicSeconds: try keys.decode(Double.self, forKey: .monotonicSeconds),
      wallTime: try keys.decode(String?.self, forKey: .wallTime))
    clockQuality = try keys.decode(ClockQuality.self, forKey: .clockQuality)
    values = try keys.decode([String: Double?].self, forKey: .values)
    let names = try keys.decode([String].self, forKey: .leads)
    leads = LeadSet(Lead.allCases.filter { names.contains($0.name) }.map { LeadSet($0) })
    modelSHA256 = try keys.decode(String?.self, forKey: .modelSHA256)
    timeToLiveSeconds = try keys.decode(Double.self, forKey: .timeToLiveSeconds)
    person = try keys.decode(String?.self, forKey: .person)
    provenance = try keys.decode(String.self, forKey: .provenance)
    isSimulated = try keys.decode(Bool.self, forKey: .simulated)
    isTest = try keys.decode(Bool.self, forKey: .test)
    coalesced = try keys.decode(Int.self, forKey: .coalesced)
    limits = try keys.decodeIfPresent([String: Double].self, forKey: .limits) ?? [:]
    if let epoch = try keys.decodeIfPresent(UInt64.self, forKey: .alarmEpoch) {
      alarm = AlertPosition(
        epoch: epoch, sequence: try keys.decode(UInt64.self, forKey: .alarmSequence))
    }
    onsetEpoch = try keys.decodeIfPresent(UInt64.self, forKey: .onsetEpoch)
    onsetClockQuality = try keys.decodeIfPresent(ClockQuality.self, forKey: .onsetClockQuality)
  }

  /// Reads a message; nil for what is none of this version.
  public init?(json: [UInt8]) {
    guard let message = try? JSONDecoder().decode(AlertMessage.self, from: Data(json)) else {
      return nil
    }
    self = message
  }

  /// The message as one line of JSON, keys sorted, without its end: at most `byteCountMax` bytes. A longer one loses
  /// its values and limits and the end of its texts: an alarm is never withheld for its length.
  public func encoded() -> [UInt8] {
    let whole = encodedWhole()
    if whole.count <= Self.byteCountMax { return whole }
    var shorter = self
    shorter.values = [:]
    shorter.limits = [:]
    shorter.message = Self.shortened(message, to: 60)
    shorter.condition = Self.shortened(condition, to: 64)
    shorter.person = person.map { Self.shortened($0, to: 32) }
    shorter.provenance = Self.shortened(provenance, to: 16)
    return shorter.encodedWhole()
  }

  private func encodedWhole() -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { Array($0) } ?? []
  }

  /// The longest beginning of whole characters that takes so few bytes as JSON.
  private static func shortened(_ text: String, to byteCount: Int) -> String {
    var result = ""
    var count = 0
    for character in text {
      for byte in character.utf8 {
        count += byte < 0x20 ? 6 : byte == 0x22 || byte == 0x5C ? 2 : 1
      }
      guard count <= byteCount else { break }
      result.append(character)
    }
    return result
  }
}
