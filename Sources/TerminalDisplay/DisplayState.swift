// Everything that a frame of the screen shows, as plain values. The monitor fills it in; the drawing asks nobody.

import Alarms
import ECGSignal

/// What the screen shows now.
public struct DisplayState: Sendable {
  /// One statement of the model.
  public struct Finding: Sendable {
    /// SCP-ECG code.
    public var code: String
    /// In words.
    public var name: String
    /// Calibrated probability.
    public var probability: Float

    /// Creates a finding.
    public init(code: String, name: String, probability: Float) {
      self.code = code
      self.name = name
      self.probability = probability
    }
  }

  /// One alarm that is active or latched.
  public struct ActiveAlarm: Sendable {
    /// What people read.
    public var message: String
    /// Its urgency.
    public var priority: AlarmPriority
    /// Seconds of signal at which it started.
    public var sinceSeconds: Double
    /// Whether its condition is gone.
    public var isLatched: Bool
    /// Whether a person here has seen it.
    public var isAcknowledged: Bool
    /// Whether a person at the central station has seen it.
    public var isAccepted: Bool
    /// The name of whoever has seen it last, nil where none was given.
    public var person: String?
    /// Whether keys that concern one alarm concern this one.
    public var isSelected: Bool

    /// Creates an alarm that holds and that nobody has seen.
    public init(
      message: String, priority: AlarmPriority, sinceSeconds: Double, isLatched: Bool = false,
      isAcknowledged: Bool = false, isAccepted: Bool = false, person: String? = nil,
      isSelected: Bool = false
    ) {
      self.message = message
      self.priority = priority
      self.sinceSeconds = sinceSeconds
      self.isLatched = isLatched
      self.isAcknowledged = isAcknowledged
      self.isAccepted = isAccepted
      self.person = person
      self.isSelected = isSelected
    }
  }

  /// Front-end or record.
  public var sourceName = ""
  /// Where the signal comes from: marked unless live.
  public var provenance = Provenance.live
  /// Seconds of signal.
  public var elapsedSeconds = 0.0
  /// Wall clock, as text.
  public var wallClock = ""
  /// nil shows "--", never 0.
  public var heartRateBPM: Float?
  /// Rhythms that hold, the newest last.
  public var rhythms: [String] = []
  /// 0-100.
  public var quality = 0
  /// Share of the stream that was received, 0-1.
  public var completeness = 1.0
  /// Samples known to be missing.
  public var samplesLost: Int64 = 0
  /// Frames with a bad check sum.
  public var framesCorrupt: Int64 = 0
  /// Times the decoder searched for the next frame.
  public var resynchronisations: Int64 = 0
  /// Times the device came back.
  public var reconnects: Int64 = 0
  /// Leads of the source, derived ones included.
  public var leads = LeadSet()
  /// Channels with an electrode off.
  public var electrodesOff: [String] = []
  /// Rows that are not good, each with its reason: "V1 mains".
  public var rowTroubles: [String] = []
  /// Electrodes that look exchanged.
  public var suspectedSwap: String?
  /// The display's filters.
  public var filterText = ""
  /// Samples a second.
  public var sampleRate = 0.0
  /// The model's name, empty where none could be used.
  public var modelName = ""
  /// Where alerts go, empty for nowhere.
  public var alertText = ""
  /// A sentence about trouble outside the signal, empty for none.
  public var problem = ""
  /// Above their thresholds, most probable first; nil until the first window.
  public var findings: [Finding]?
  /// Statements that were not assessed for want of leads.
  public var notAssessedCount = 0
  /// Alarms that are active or latched, the gravest first.
  public var alarms: [ActiveAlarm] = []
  /// Alarms that are switched off.
  public var alarmsOff: [String] = []
  /// Whole seconds until sound comes back, nil while it is not paused.
  public var audioPauseSecondsLeft: Int?
  /// Whether the patient is away.
  public var isStandby = false

  /// An empty state.
  public init() {}
}
