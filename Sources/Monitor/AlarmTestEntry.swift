// A test of the alarms as an entry of the alarm log: that a lamp or a loudspeaker was in order, and when, is asked
// after an alarm that nobody heard.

import AlarmLog
import CLinux
import ECGSignal

extension AlarmLogEntry {
  /// The alarms were tested just now, marked as a test.
  ///
  /// - Parameters:
  ///   - worked: the parts that did what an alarm asks of them: sound, lamp, link.
  ///   - failed: the parts that did not.
  ///   - person: who tested, where it is known.
  public static func alarmTest(
    worked: [String], failed: [String], person: String?
  ) -> AlarmLogEntry {
    let parts = worked.map { "\($0) worked" } + failed.map { "\($0) failed" }
    var entry = AlarmLogEntry(
      kind: .operation, phase: "tested",
      message: "Alarms tested (\(parts.joined(separator: ", ")))", time: AlarmLogSink.now(),
      session: AlarmLogSink.sessionName(), provenance: Provenance.testSignal.rawValue,
      boot: AlarmClock.boot)
    entry.isClockSynchronised = clinux_clock_is_synchronised() != 0
    entry.isTest = true
    entry.actor = "localKey"
    entry.person = person
    return entry
  }
}
