// Wall time as WFDB headers write it. WFDB knows no time zone; this room reads and writes UTC.

import Foundation

/// Base time and base date of a WFDB header.
enum WFDBTime {
  /// The moment of "HH:MM:SS[.mmm]" (also "MM:SS" and "SS") on "DD/MM/YYYY"; nil where it is none.
  static func date(time: String, date: String) -> Date? {
    let days = date.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
    guard days.count == 3, let day = days[0], let month = days[1], let year = days[2],
      1...31 ~= day, 1...12 ~= month, 1...9999 ~= year, 1...3 ~= clock.count
    else { return nil }
    var seconds = 0.0
    for part in clock {
      guard let part, 0..<86_400 ~= part else { return nil }
      seconds = seconds * 60 + part
    }
    guard seconds < 86_400 else { return nil }
    return calendar.date(from: DateComponents(year: year, month: month, day: day))
      .map { $0.addingTimeInterval(seconds) }
  }

  /// "HH:MM:SS.mmm DD/MM/YYYY".
  static func text(_ date: Date) -> String {
    let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
    let parts = calendar.dateComponents(
      [.year, .month, .day, .hour, .minute, .second],
      from: Date(timeIntervalSince1970: (milliseconds / 1000).rounded(.down)))
    let fraction = Int(milliseconds - (milliseconds / 1000).rounded(.down) * 1000)
    return String(
      format: "%02d:%02d:%02d.%03d %02d/%02d/%04d", parts.hour ?? 0, parts.minute ?? 0,
      parts.second ?? 0, fraction, parts.day ?? 1, parts.month ?? 1, parts.year ?? 1970)
  }

  static let calendar: Calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return calendar
  }()
}
