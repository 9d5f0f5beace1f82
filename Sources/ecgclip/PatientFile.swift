// `--patient FILE`: whom the monitor watches and the limits of this patient's alarms.

import Alarms
import Foundation
import Pipeline
import StrictJSON

enum PatientFile {
  /// Reads a profile; that of an adult of whom nothing is known where no file is named.
  static func read(_ path: String?) throws -> PatientProfile {
    guard let path else { return PatientProfile() }
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw JSONFieldError("\(path) cannot be read: check the path that --patient names.")
    }
    return try PatientProfile(
      parsing: bytes, name: path, definitions: AlarmCatalogue.definitions)
  }
}
