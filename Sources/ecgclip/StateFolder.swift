// Where a device keeps what must outlive a restart: the alarm log, the patient, what is latched. For its owner alone,
// because it tells of a patient.

import ArgumentParser
import Foundation
import Glibc

/// Why a state folder cannot be used: one sentence that names it, the reason and the remedy.
struct StateFolderError: Error, Hashable, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// An existing folder that only its owner may enter.
struct StateFolder: Hashable {
  /// Its path.
  let path: String

  static let help: ArgumentHelp = """
    Folder for what outlives a restart: alarm log, patient, limits. Usually $STATE_DIRECTORY of \
    systemd, else $XDG_STATE_HOME/ecgclip, else ~/.local/state/ecgclip.
    """

  /// The path of a file in it.
  func file(_ name: String) -> String { path + "/" + name }

  /// The log of alarms, and what is still to be sent.
  var alarmLog: String { file("alarms.sqlite") }

  /// The patient, as `--patient` named it last.
  var patient: String { file("patient.json") }

  /// Alarms that nobody has seen, and alarms that are off.
  var alarmState: String { file("alarm-state.json") }

  /// Where a running monitor takes the operator's actions.
  var operatorSocket: String { file("operator.socket") }

  /// The folder that `--state` names, else the usual one of a live source; nil where nothing is to be kept: a
  /// simulation or a replay of which nobody said where. Created with mode 0700 where it is missing.
  static func open(
    named name: String?, isLive: Bool,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(StateFolderError) -> StateFolder? {
    guard name != nil || isLive else { return nil }
    return try open(path: path(named: name, environment))
  }

  /// A folder that must be there already: for commands that read.
  static func existing(
    named name: String?, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(StateFolderError) -> StateFolder {
    let path = try path(named: name, environment)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else {
      throw StateFolderError(
        "\(path): no such folder. Nothing was monitored with it here; name the monitor's with "
          + "--state.")
    }
    guard access(path, X_OK) == 0 else { throw closed(path) }
    return StateFolder(path: path)
  }

  private static func path(
    named name: String?, _ environment: [String: String]
  ) throws(StateFolderError) -> String {
    if let name { return name }
    return try usualPath(environment)
  }

  /// What `--state` is when it is not given. systemd may name several folders: the first is meant.
  static func usualPath(_ environment: [String: String]) throws(StateFolderError) -> String {
    if let given = environment["STATE_DIRECTORY"]?.split(separator: ":").first {
      return String(given)
    }
    // A relative path is invalid there, and to be ignored (XDG Base Directory Specification).
    if let base = environment["XDG_STATE_HOME"], base.hasPrefix("/") { return base + "/ecgclip" }
    guard let home = environment["HOME"], home.hasPrefix("/") else {
      throw StateFolderError("No home folder is known: name a folder with --state.")
    }
    return home + "/.local/state/ecgclip"
  }

  private static func open(path: String) throws(StateFolderError) -> StateFolder {
    let parent = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    do {
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    } catch {
      throw StateFolderError(
        "\(path): the folder cannot be created (\(error.localizedDescription)); name another with "
          + "--state.")
    }
    if mkdir(path, 0o700) != 0 && errno != EEXIST {
      throw StateFolderError(
        "\(path): the folder cannot be created (\(String(cString: strerror(errno)))); name another "
          + "with --state.")
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw StateFolderError("\(path): is no folder; name another with --state.")
    }
    guard status.st_mode & 0o077 == 0 else {
      let mode = String(status.st_mode & 0o777, radix: 8)
      throw StateFolderError(
        "\(path): others may enter it (mode \(mode)), and it tells of a patient: chmod 700 \(path)")
    }
    guard access(path, R_OK | W_OK | X_OK) == 0 else { throw closed(path) }
    return StateFolder(path: path)
  }

  private static func closed(_ path: String) -> StateFolderError {
    StateFolderError(
      "\(path): belongs to another user (\(String(cString: strerror(errno)))); run this as that "
        + "user, or name another folder with --state.")
  }
}

/// The right to be the only program of its kind on a state folder, as long as this lives; the kernel takes it back
/// from a program that was killed.
final class StateClaim {
  private let descriptor: Int32

  /// Claims a role ("monitor") in a folder.
  ///
  /// - Parameter remedy: what to do where another program has it.
  init(
    _ role: String, in folder: StateFolder,
    remedy: String = "stop that one, or name another folder with --state."
  ) throws(StateFolderError) {
    let path = folder.file(role + ".lock")
    descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StateFolderError(
        "\(path) cannot be made (\(String(cString: strerror(errno)))): free space, or name another "
          + "folder with --state.")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw StateFolderError(
        "\(folder.path): another \(role) uses it; \(remedy)")
    }
  }

  deinit { close(descriptor) }
}
