// Random access to a file of any size through one window of memory: recordings of a gigabyte are read
// in pieces and never held whole.

import Foundation

/// A regular file, open for reading, with a window of its bytes in memory.
final class FileWindow {
  /// The path, for errors.
  let path: String
  /// Bytes in the file when it was opened.
  let size: Int

  private let descriptor: Int32
  private var memory: UnsafeMutableRawBufferPointer
  private var windowStart = 0
  private var windowCount = 0
  private static let windowSize = 1 << 16

  /// Opens a regular file; refuses folders, pipes and devices.
  init(path: String) throws(RecordingError) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw RecordingError(
        "\(path): cannot be opened (\(reason())); check the name, that the whole recording was "
          + "copied, and the permissions")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw RecordingError("\(path): is not a regular file; give the path of a recording")
    }
    size = Int(status.st_size)
    memory = .allocate(byteCount: min(Self.windowSize, max(size, 1)), alignment: 16)
  }

  deinit {
    close(descriptor)
    memory.deallocate()
  }

  /// The `count` bytes at `offset`. Valid until the next call. Throws where the file has not so many.
  func bytes(at offset: Int, count: Int) throws(RecordingError) -> UnsafeRawBufferPointer {
    guard offset >= 0, count >= 0, offset <= size, count <= size - offset else {
      throw RecordingError(
        "\(path): ends after \(size) bytes where its header promises more; fetch it again")
    }
    if offset < windowStart || offset + count > windowStart + windowCount {
      try fill(from: offset, count: count)
    }
    let first = offset - windowStart
    return UnsafeRawBufferPointer(rebasing: memory[first..<first + count])
  }

  /// The whole file, for headers and annotations; refuses more than `limit` bytes.
  func contents(limit: Int) throws(RecordingError) -> [UInt8] {
    guard size <= limit else {
      throw RecordingError(
        "\(path): has \(size) bytes, more than the \(limit) that such a file may have; check that "
          + "it is what its name says")
    }
    return Array(try bytes(at: 0, count: size))
  }

  private func fill(from offset: Int, count: Int) throws(RecordingError) {
    if count > memory.count {
      memory.deallocate()
      memory = .allocate(byteCount: count, alignment: 16)
    }
    windowStart = offset
    windowCount = 0
    let wanted = min(memory.count, size - offset)
    while windowCount < wanted {
      let received = pread(
        descriptor, memory.baseAddress! + windowCount, wanted - windowCount, offset + windowCount)
      if received < 0 && errno == EINTR { continue }
      guard received > 0 else {
        if windowCount >= count { return }
        let why = received == 0 ? "the file became shorter" : reason()
        throw RecordingError(
          "\(path): cannot be read at byte \(offset + windowCount) (\(why)); check the disk and "
            + "fetch the file again")
      }
      windowCount += received
    }
  }
}

/// What `errno` says, in words.
func reason() -> String { String(cString: strerror(errno)) }
