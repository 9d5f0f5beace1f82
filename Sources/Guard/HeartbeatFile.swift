// The monitor's side of the heartbeat: words in shared memory, written by the loops themselves. No thread beats for
// another, and none with a timer: a heart that a clock beats says nothing of the loops.

import CLinux
import Glibc
import RealTime
import Synchronization

/// The memory in which the loops of a monitor beat: a file for a guard, or only this process's own.
public final class HeartbeatFile {
  private typealias Word = Atomic<UInt64>
  private let words: UnsafeMutablePointer<Atomic<UInt64>>

  /// Memory that no guard sees: loops are counted for the service manager alone.
  public init() {
    let words = UnsafeMutablePointer<Word>.allocate(capacity: HeartbeatWord.allCases.count)
    for index in HeartbeatWord.allCases.indices { (words + index).initialize(to: Atomic(0)) }
    self.words = words
    introduce()
  }

  /// A file at `path`, which a guard finds there whole or not at all; one that is there is replaced.
  ///
  /// - Throws: `GuardError` where it cannot be made.
  public init(path: String) throws(GuardError) {
    let temporary = "\(path).new"
    unlink(temporary)
    let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = open(temporary, flags, 0o644)
    guard descriptor >= 0 else { throw Self.failure(path) }
    defer { close(descriptor) }
    // Memory that is promised now cannot be missing when a loop beats.
    let size = HeartbeatWord.byteCount
    // The guard is another user, whatever this one's mask.
    fchmod(descriptor, 0o644)
    errno = posix_fallocate(descriptor, 0, off_t(size))
    let memory =
      errno == 0
      ? mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) : MAP_FAILED
    guard let memory, memory != MAP_FAILED else {
      let error = Self.failure(path)
      unlink(temporary)
      throw error
    }
    // Best effort: without the right to lock, a page of 80 bytes in use ten times a second is not swapped out either.
    mlock(memory, size)
    words = memory.bindMemory(to: Word.self, capacity: HeartbeatWord.allCases.count)
    introduce()
    guard rename(temporary, path) == 0 else {
      let error = Self.failure(path)
      unlink(temporary)
      throw error
    }
  }

  // Never unmapped nor freed: a pulse may outlive the owner, and a process has one of these.

  /// The pulse of a loop, which from now on must beat.
  public func pulse(of loop: WatchedLoop) -> LoopPulse {
    words[HeartbeatWord.loops.rawValue].bitwiseOr(1 << UInt64(loop.rawValue), ordering: .relaxed)
    return LoopPulse(counting: words + HeartbeatWord.turns(of: loop).rawValue)
  }

  /// Says how far the monitor has come.
  public func enter(_ phase: MonitorPhase) {
    // Ordering: release, so that a guard that sees the phase sees the loops that were named before it.
    words[HeartbeatWord.phase.rawValue].store(phase.rawValue, ordering: .releasing)
  }

  private func introduce() {
    let processID = UInt64(getpid())
    let start = clinux_monotonic_nanoseconds()
    words[HeartbeatWord.magic.rawValue].store(HeartbeatWord.magicValue, ordering: .relaxed)
    words[HeartbeatWord.processID.rawValue].store(processID, ordering: .relaxed)
    words[HeartbeatWord.startNanoseconds.rawValue].store(start, ordering: .relaxed)
    words[HeartbeatWord.check.rawValue].store(
      HeartbeatWord.check(processID: processID, startNanoseconds: start), ordering: .relaxed)
    enter(.starting)
  }

  private static func failure(_ path: String) -> GuardError {
    GuardError(
      "The heartbeat \(path) cannot be made (\(systemReason())): make its folder writable, or free memory there."
    )
  }
}
