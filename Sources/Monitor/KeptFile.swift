// A small file whose newest content a thread of its own brings to the disk, so that a disk that hangs holds up
// neither the screen nor the alarms.

import DurableFiles
import RealTime
import Synchronization

/// Keeps one file. `keep`, `failure` and `finish` belong to one thread.
public final class KeptFile {
  private let box: Box
  private let thread: RealTimeThread

  /// Starts the thread; writes nothing yet.
  ///
  /// - Parameter write: brings a content to the disk, whole or not at all.
  public init(write: @escaping @Sendable ([UInt8]) throws(DurableFileError) -> Void) {
    let box = Box()
    self.box = box
    thread = RealTimeThread(name: "kept file", priority: nil) { box.run(write) }
  }

  /// A file at a path that only its owner may read.
  public convenience init(path: String) {
    self.init { bytes throws(DurableFileError) in
      try DurableFile.write(bytes, to: path, mode: 0o600)
    }
  }

  /// The content that the file shall have. What was handed in before and is not written yet never will be.
  public func keep(_ bytes: [UInt8]) {
    box.state.withLock { $0.wanted = bytes }
    box.wake.notify()
  }

  /// Why the newest content is not on the disk; nil where it is, or is on its way.
  public var failure: DurableFileError? { box.state.withLock { $0.failure } }

  /// Waits for the last content, which is tried once more, and ends the thread.
  public func finish() {
    box.state.withLock { $0.isFinishing = true }
    box.wake.notify()
    thread.join()
  }

  /// What both threads share.
  private final class Box: Sendable {
    struct State {
      var wanted: [UInt8]?
      var isFinishing = false
      var failure: DurableFileError?
    }
    let state = Mutex(State())
    let wake = Wake()

    func run(_ write: ([UInt8]) throws(DurableFileError) -> Void) {
      while true {
        let prepared = wake.prepare()
        let (wanted, isFinishing) = state.withLock { ($0.wanted, $0.isFinishing) }
        if let wanted { attempt(wanted, write) }
        if isFinishing { return }
        let isBehind = state.withLock { $0.wanted != nil }
        // What failed is tried again each second; what came meanwhile has notified.
        wake.wait(prepared, milliseconds: isBehind ? 1000 : 60_000)
      }
    }

    private func attempt(
      _ bytes: [UInt8], _ write: ([UInt8]) throws(DurableFileError) -> Void
    ) {
      do throws(DurableFileError) {
        try write(bytes)
        state.withLock { state in
          state.failure = nil
          if state.wanted == bytes { state.wanted = nil }
        }
      } catch {
        state.withLock { $0.failure = error }
      }
    }
  }
}
