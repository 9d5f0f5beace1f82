// How a monitor names and describes the record that it writes.

import Foundation
import Recordings

extension SessionRecorder {
  /// Begins a record named after the time of its start.
  static func begin(
    folder: String, context: SessionContext
  ) throws(RecordingError) -> SessionRecorder {
    let now = Date()
    return try SessionRecorder(
      folder: folder, recordName: SessionName.text(now), format: context.format, baseTime: now,
      comments: [
        "source: \(context.format.sourceName)",
        "provenance: \(context.format.provenance.rawValue)",
        "simulated: \(context.isSimulated)",
        "recorded by ECGCLIP Edge; research software, no medical device",
      ])
  }
}

/// Names of sessions and their records.
enum SessionName {
  /// A time in UTC: `20261123T134500Z`.
  static func text(_ date: Date) -> String {
    date.formatted(
      .verbatim(
        """
        \(year: .defaultDigits)\(month: .twoDigits)\(day: .twoDigits)T\
        \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\
        \(minute: .twoDigits)\(second: .twoDigits)Z
        """,
        timeZone: .gmt, calendar: Calendar(identifier: .gregorian)))
  }
}
