// Random access to a file of any size through one window of memory.

import Foundation
import Glibc

/// A file that is read in pieces. The descriptor is closed with its owner.
final class ByteFile {
  let path: String
  let byteCount: Int
  private let descriptor: Int32
  private let window: UnsafeMutablePointer<UInt8>
  private let windowByteCount = 1 << 18
  private var windowStart = 0
  private var windowEnd = 0

  init(path: String) throws(RecordingError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw RecordingError(
        errno == ENOENT
          ? "No file \(path): fetch it, it belongs to the recording."
          : "\(path) cannot be opened (\(String(cString: strerror(errno)))): check its permissions."
      )
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw RecordingError("\(path) is no file: give the path of a recording.")
    }
    self.path = path
    self.descriptor = descriptor
    byteCount = Int(status.st_size)
    window = .allocate(capacity: windowByteCount)
    window.initialize(repeating: 0, count: windowByteCount)
  }

  deinit {
    close(descriptor)
    window.deallocate()
  }

  /// `count` bytes from `offset`; valid until the next call.
  func bytes(at offset: Int, count: Int) throws(RecordingError) -> UnsafePointer<UInt8> {
    guard offset >= 0, count >= 0, count <= windowByteCount, offset <= byteCount - count else {
      throw RecordingError(
        "\(path) ends before its header says so: it is truncated, fetch it again.")
    }
    if offset < windowStart || offset + count > windowEnd { try fill(from: offset, atLeast: count) }
    return UnsafePointer(window + (offset - windowStart))
  }

  private func fill(from offset: Int, atLeast count: Int) throws(RecordingError) {
    var filled = 0
    while filled < windowByteCount {
      let result = pread(descriptor, window + filled, windowByteCount - filled, offset + filled)
      if result > 0 { filled += result }
      if result == 0 || (result < 0 && errno != EINTR) { break }
    }
    windowStart = offset
    windowEnd = offset + filled
    guard filled >= count else {
      windowEnd = windowStart
      throw RecordingError(
        "\(path) cannot be read at byte \(offset): the medium is damaged, or the file was cut.")
    }
  }
}
