// Where the heartbeat is: always in memory, because a thread that beats must never wait for a disk, and a card is
// not to be worn by it.

import Glibc

/// Finds the file in which a monitor beats.
public enum HeartbeatPlace {
  /// The file of a service: `heartbeat` in the folder that systemd makes for it (`RuntimeDirectory=`).
  public static func ofService(environment: [String: String]) -> String? {
    guard let folders = environment["RUNTIME_DIRECTORY"], !folders.isEmpty else { return nil }
    // Several folders are separated by colons.
    return String(folders.prefix { $0 != ":" }) + "/heartbeat"
  }

  /// The file of whoever keeps their state in a folder: named after the folder's true path, so that every way to write
  /// it means the same, and in a folder that belongs to this user alone. (Not after its inode: a folder that is gone
  /// may leave its number, and a heartbeat, to the next.)
  ///
  /// - Throws: `GuardError` where the folder is missing or the place belongs to somebody else.
  public static func ofState(
    folder: String, memory: String = "/dev/shm"
  ) throws(GuardError) -> String {
    guard let resolved = realpath(folder, nil) else {
      throw GuardError("\(folder) cannot be found (\(systemReason())): name the monitor's --state.")
    }
    defer { free(resolved) }
    let own = "\(memory)/ecgclip-\(geteuid())"
    guard mkdir(own, 0o755) == 0 || errno == EEXIST else {
      throw GuardError("\(own) cannot be made (\(systemReason())): check the rights of \(memory).")
    }
    var owner = stat()
    guard lstat(own, &owner) == 0, owner.st_mode & S_IFMT == S_IFDIR, owner.st_uid == geteuid()
    else {
      throw GuardError("\(own) belongs to somebody else: remove it.")
    }
    return "\(own)/heartbeat-\(String(digest(String(cString: resolved)), radix: 16))"
  }
}

/// FNV-1a with 64 bits (Fowler, Noll, Vo): a file name for any path.
private func digest(_ path: String) -> UInt64 {
  path.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}

/// Why a heartbeat cannot be shown or watched: one sentence that names the thing, the reason and the remedy.
public struct GuardError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  /// Creates the error from its sentence.
  public init(_ description: String) { self.description = description }
}

/// What the last system call complained about.
func systemReason() -> String { String(cString: strerror(errno)) }
