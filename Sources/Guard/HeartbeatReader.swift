// The guard's side of the heartbeat: reads the file anew each time, so that nothing a monitor does to it can hurt
// the guard.

import Glibc

/// What a look at the heartbeat showed.
public enum HeartbeatReading: Hashable, Sendable {
  /// There is no such file.
  case absent
  /// There is something, but no heartbeat.
  case unreadable
  /// A monitor's heartbeat.
  case beat(Heartbeat)
}

/// Whether a process is there.
public enum ProcessState: Hashable, Sendable {
  case present
  /// Stopped by a signal or a debugger.
  case stopped
  case gone
}

/// Looks at a heartbeat. Reads with system calls: a mapped file that somebody cuts short would kill who looks at it.
public enum HeartbeatReader {
  /// Reads the file.
  public static func read(_ path: String) -> HeartbeatReading {
    // A pipe that somebody put there must not hold the guard up.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return errno == ENOENT ? .absent : .unreadable }
    defer { close(descriptor) }
    // One byte more than a heartbeat has, so that a longer file is not taken for one.
    var bytes = [UInt8](repeating: 0, count: HeartbeatWord.byteCount + 1)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count == HeartbeatWord.byteCount, let heartbeat = Heartbeat(bytes: Array(bytes[..<count]))
    else { return .unreadable }
    return .beat(heartbeat)
  }

  /// Asks the kernel after a process. One that is there but was started anew with the same number passes for present:
  /// its heartbeat stands still all the same.
  public static func state(ofProcess id: Int32, root: String = "/proc") -> ProcessState {
    guard let line = firstLine("\(root)/\(id)/stat") else {
      // Where /proc hides other users' processes, a signal that is not sent still tells whether there is one.
      return kill(id, 0) == 0 || errno == EPERM ? .present : .gone
    }
    // The name, in brackets, may hold anything; the state is the letter behind the last bracket.
    guard let bracket = line.lastIndex(of: ")") else { return .present }
    switch line[bracket...].dropFirst(2).first {
    case "T", "t": return .stopped
    case "Z", "X", "x": return .gone
    default: return .present
    }
  }

  private static func firstLine(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }
}
