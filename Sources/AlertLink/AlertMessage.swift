// What an alert says: one JSON object, the same in the datagram, in the outbox, in the inbox and on the broker. The
// keys are a contract: docs/alert-link.schema.json.

import Alarms
import ECGSignal
import Foundation

/// One alarm transition for the outside, schema version 2.
public struct AlertMessage: Codable, Hashable, Sendable {
  /// What happened to the alarm.
  public enum Phase: String, Codable, Sendable, CaseIterable {
    /// It began.
    case start
    /// It changed its priority or its values.
    case update
    /// Its condition is gone, or it was reset.
    case end
    /// A person has taken it on, at the device or from elsewhere. Receipt by software is never told so.
    case acknowledged

    /// Whether the alarm stands as active behind it; nil where it changes nothing about that.
    public var leavesActive: Bool? {
      switch self {
      case .start, .update: true
      case .end: false
      case .acknowledged: nil
      }
    }
  }

  /// How far the device's wall clock can be trusted (adjtimex: STA_UNSYNC).
  public enum ClockQuality: String, Codable, Sendable, CaseIterable {
    case synchronised, unsynchronised, unknown
  }

  /// A moment by both clocks of the device. Neither is rewritten when the wall clock is set later.
  public struct Moment: Hashable, Sendable {
    /// Seconds of the device's monotonic clock, which starts with its life (epoch).
    public var monotonicSeconds: Double
    /// ISO 8601 in UTC with milliseconds, nil where the device has no idea.
    public var wallTime: String?

    /// A moment.
    public init(monotonicSeconds: Double, wallTime: String?) {
      precondition(monotonicSeconds.isFinite)
      self.monotonicSeconds = monotonicSeconds
      self.wallTime = wallTime
    }
  }

  /// Version of these keys.
  public static let schemaVersion = 2
  /// The longest JSON text, so that with its envelope it fits one datagram of 1200 bytes.
  public static let byteCountMax = 1024

  /// The device, as its key names it. The sender writes it.
  public var device = ""
  /// Its place in the device's order. The sender writes it.
  public var position = AlertPosition.zero
  /// The alarm's name ("asystole").
  public var condition: String
  /// What people read ("Asystole").
  public var message: String
  /// What happened.
  public var phase: Phase
  /// The priority from now on; at the end the one it had.
  public var priority: AlarmPriority
  /// Whether the device is in trouble rather than the patient.
  public var isTechnical: Bool
  /// When the alarm began.
  public var onset: Moment
  /// When this transition happened.
  public var time: Moment
  /// How far the wall times can be trusted.
  public var clockQuality: ClockQuality
  /// The message that began the alarm: all messages of one alarm have the same, over restarts of the device, too. The
  /// sender writes it; nil from programs that did not tell it.
  public var alarm: AlertPosition?
  /// The device's life by whose monotonic clock the onset is told. The sender writes it; nil as above.
  public var onsetEpoch: UInt64?
  /// How far the onset's wall time can be trusted, nil as above.
  public var onsetClockQuality: ClockQuality?
  /// Measurements that explain it, by a name with its unit ("heartRateBPM"); null where not known.
  public var values: [String: Double?]
  /// The limits that decide about it, by their names ("tachycardiaBPM"); empty where it has none.
  public var limits: [String: Double]
  /// The leads that could be used.
  public var leads: LeadSet
  /// SHA-256 of the model, hexadecimal, nil where none runs.
  public var modelSHA256: String?
  /// Seconds after `time` for which it is news; later it is history.
  public var timeToLiveSeconds: Double
  /// Who acknowledged it, nil in other phases or where nobody said.
  public var person: String?
  /// live, simulated, replay, testSignal.
  public var provenance: String
  /// Whether it comes from no patient's electrodes now.
  public var isSimulated: Bool
  /// Whether somebody tries out the alarms: nobody is in danger.
  public var isTest: Bool
  /// Ends and starts of a flapping alarm that were not sent since the last message of this condition.
  public var coalesced: Int

  /// Creates a message; device and position come from the sender.
  public init(
    condition: String, message: String, phase: Phase, priority: AlarmPriority,
    isTechnical: Bool = false, onset: Moment, time: Moment,
    clockQuality: ClockQuality = .unknown, values: [String: Double?] = [:],
    limits: [String: Double] = [:],
    leads: LeadSet = [],
    modelSHA256: String? = nil, timeToLiveSeconds: Double = 300, person: String? = nil,
    provenance: String = "live", isSimulated: Bool = false, isTest: Bool = false
  ) {
    self.condition = condition
    self.message = message
    self.phase = phase
    self.priority = priority
    self.isTechnical = isTechnical
    self.onset = onset
    self.time = time
    self.clockQuality = clockQuality
    self.values = values
    self.limits = limits
    self.leads = leads
    self.modelSHA256 = modelSHA256
    self.timeToLiveSeconds = timeToLiveSeconds
    self.person = person
    self.provenance = provenance
    self.isSimulated = isSimulated
    self.isTest = isTest
    coalesced = 0
  }

  /// Its name.
  public var id: AlertID { AlertID(device: device, position: position) }
}
