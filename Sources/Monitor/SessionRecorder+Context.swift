// How a monitor names and describes the record that it writes.

import Foundation
import Recordings

extension SessionRecorder {
  /// Begins a record named after the time of its start, in UTC: `20261123T134500Z`.
  static func begin(
    folder: String, context: SessionContext
  ) throws(RecordingError) -> SessionRecorder {
    let now = Date()
    let name = now.formatted(
      .verbatim(
        """
        \(year: .defaultDigits)\(month: .twoDigits)\(day: .twoDigits)T\
        \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\
        \(minute: .twoDigits)\(second: .twoDigits)Z
        """,
        timeZone: .gmt, calendar: Calendar(identifier: .gregorian)))
    return try SessionRecorder(
      folder: folder, recordName: name, format: context.format, baseTime: now,
      comments: [
        "source: \(context.format.sourceName)",
        "provenance: \(context.format.provenance.rawValue)",
        "simulated: \(context.isSimulated)",
        "recorded by ECGCLIP Edge; research software, no medical device",
      ])
  }
}
