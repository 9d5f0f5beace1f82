// What a state folder keeps over a restart: the patient with the limits, alarms that nobody has seen, alarms that
// are off. An audio pause and standby are not among them: after a restart everything sounds.

import Alarms
import DurableFiles
import Foundation
import Monitor
import Pipeline
import StrictJSON

/// The state with which a monitor starts.
struct KeptState {
  /// The patient.
  private(set) var profile = PatientProfile()
  /// Alarms of before the restart; nil where there are none to be known.
  private(set) var alarms: AlarmSnapshot?
  /// What could not be read, a sentence each. The defaults took its place: every alarm on, an adult's limits.
  private(set) var problems: [String] = []

  private let folder: StateFolder?

  /// Reads what is there. A file that somebody names must be whole; one that was kept may not keep a monitor from
  /// starting.
  ///
  /// - Parameters:
  ///   - patient: the file of `--patient`, from now on this folder's patient; nil for the one of before.
  ///   - folder: nil where nothing is kept.
  init(patient: String?, folder: StateFolder?) throws {
    self.folder = folder
    guard let patient else {
      restorePatient()
      restoreAlarms()
      return
    }
    profile = try PatientFile.read(patient)
    guard let folder, let bytes = FileManager.default.contents(atPath: patient) else { return }
    if bytes == FileManager.default.contents(atPath: folder.patient) {
      restoreAlarms()
    } else {
      try take(bytes, folder)
    }
  }

  /// Goes over to a file that is new or was edited. Of the same patient, what it says of alarms that are off goes
  /// before what is remembered; of another one nothing is remembered.
  private mutating func take(_ bytes: Data, _ folder: StateFolder) throws {
    let before = (try? PatientFile.read(folder.patient)) ?? PatientProfile()
    if profile.isSamePatient(as: before) {
      restoreAlarms()
      alarms = alarms?.overruled(by: profile)
    } else if access(folder.alarmState, F_OK) == 0 {
      // First, so that no power cut leaves one patient's alarms to another.
      try FileManager.default.removeItem(atPath: folder.alarmState)
    }
    try DurableFile.write(Array(bytes), to: folder.patient, mode: 0o600)
  }

  /// What is kept belongs to another patient.
  static func forget(_ folder: StateFolder?) throws {
    guard let folder else { return }
    for path in [folder.patient, folder.alarmState]
    where FileManager.default.fileExists(atPath: path) {
      try FileManager.default.removeItem(atPath: path)
    }
  }

  /// The sink that keeps the alarms from here on; nil without a folder.
  func makeSink() -> AlarmStateSink? {
    folder.map {
      AlarmStateSink(
        patientID: profile.id, file: KeptFile(path: $0.alarmState), problems: problems)
    }
  }

  private mutating func restorePatient() {
    guard let path = folder?.patient, access(path, F_OK) == 0 else { return }
    do { profile = try PatientFile.read(path) } catch {
      problems.append(
        "The patient of before is not known any more, an adult's limits hold: name the file with --patient. \(error)"
      )
    }
  }

  private mutating func restoreAlarms() {
    guard let path = folder?.alarmState, access(path, F_OK) == 0 else { return }
    guard let bytes = FileManager.default.contents(atPath: path) else {
      return problems.append(
        "\(path) cannot be read: alarms of before are lost, every alarm is on.")
    }
    do throws(JSONFieldError) {
      let snapshot = try AlarmSnapshot(parsing: bytes, name: path)
      // What was latched or switched off for one patient says nothing of another.
      if snapshot.patientID == profile.id { alarms = snapshot }
    } catch {
      problems.append("Every alarm is on. \(error)")
    }
  }
}
