// What people and the rest of the program tell the alarm system, as plain values that cross threads in a ring.

/// A command to the alarm system. An alarm is an index into its definitions; built-in alarms stand at their raw
/// values. One that does not exist is ignored.
public enum AlarmCommand: BitwiseCopyable, Hashable, Sendable {
  /// A person at the device has seen this alarm.
  case acknowledge(alarm: Int)
  /// A person at the device has seen all alarms that are shown.
  case acknowledgeAll
  /// A person at the central station has seen this alarm. That the station's software received it is no
  /// reason for this command.
  case remoteAcknowledge(alarm: Int)
  /// No sound for so long, at most `AlarmSystem.audioPauseSecondsMax`.
  case pauseAudio(seconds: Double)
  /// Sound again.
  case resumeAudio
  /// Switches one alarm off or on; refused for alarms that may not be off (`AlarmDefinition.mayBeOff`).
  case setOff(alarm: Int, Bool)
  /// The patient is away, or back. Ends by itself when an ECG is there again.
  case standby(Bool)
  /// A technical condition that this program found outside the signal holds, or no longer does.
  case technical(alarm: Int, isPresent: Bool)
}
