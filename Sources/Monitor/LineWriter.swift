// Lines to a file descriptor: gathered, written in one piece, and told when nobody reads any more.

import Foundation
import Glibc

/// Buffered output. One thread.
public final class LineWriter {
  private let descriptor: Int32
  private let onBroken: () -> Void
  private var buffer = Data()

  /// - Parameters:
  ///   - descriptor: for instance `STDOUT_FILENO`; stays open.
  ///   - onBroken: called when a write fails, as to a closed pipe.
  public init(descriptor: Int32, onBroken: @escaping () -> Void) {
    self.descriptor = descriptor
    self.onBroken = onBroken
  }

  /// Adds a line; it is written by `flush`, or when much has gathered.
  func add(_ line: Data) {
    buffer.append(line)
    buffer.append(0x0A)
    if buffer.count > 1 << 16 { flush() }
  }

  /// Writes what has gathered.
  func flush() {
    var isBroken = false
    buffer.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count && !isBroken {
        let count = write(
          descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
        if count < 0 && errno == EINTR { continue }
        isBroken = count <= 0
        written += max(0, count)
      }
    }
    buffer.removeAll(keepingCapacity: true)
    if isBroken { onBroken() }
  }
}
