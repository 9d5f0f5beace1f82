// The patient's age from a header's comments, in the ways in which PhysioNet's data sets write it.

import Foundation

/// The age that a recording tells.
public enum PatientAge {
  /// Whole years from comments like "Age: 56", "<age>: 56 <sex>: F" or "69 M 1085 1629 x1" (MIT-BIH
  /// writes age and sex first); nil where none is told, or one outside 0...150. "NaN" is none.
  public static func years(comments: [String]) -> Int? {
    for comment in comments {
      let line = comment.trimmingCharacters(in: .whitespaces)
      if let match = line.firstMatch(of: #/(?i)(?:^|[\s<,;])age>?\s*[:=]\s*([0-9]+)/#),
        let years = Int(match.1), (0...150).contains(years)
      {
        return years
      }
      if let match = line.firstMatch(of: #/^([0-9]{1,3}) [MF]\b/#), let years = Int(match.1),
        (0...150).contains(years)
      {
        return years
      }
    }
    return nil
  }
}
