// A line in memory, with its own clock.

import CLinux
import Devices
import LinuxDevices

/// Bytes that a test puts there and takes from there.
final class MemoryChannel: ByteChannel {
  let name = "memory"
  let readByteCountMax = 512
  let isEmulated: Bool
  /// The time, where it is not the host's.
  var time: UInt64?
  var nanoseconds: UInt64 { time ?? clinux_monotonic_nanoseconds() }
  /// What the front-end sends.
  var incoming: [UInt8] = []
  /// What was written to it.
  private(set) var written: [UInt8] = []
  /// Answers a command.
  var onWrite: (MemoryChannel) -> Void = { _ in }
  /// Whether the front-end is there.
  var isPlugged = true
  private(set) var closeCount = 0
  private var position = 0

  init(isEmulated: Bool = false) { self.isEmulated = isEmulated }

  func open() throws(SourceError) {}

  func read(
    into buffer: UnsafeMutableRawBufferPointer, waitMilliseconds: Int32
  ) -> ByteRead {
    guard isPlugged else { return .gone }
    let count = min(buffer.count, incoming.count - position)
    guard count > 0 else { return .nothing }
    incoming.withUnsafeBytes {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[position..<position + count]))
    }
    position += count
    return .bytes(count)
  }

  func write(_ bytes: [UInt8]) throws(SourceError) {
    written += bytes
    onWrite(self)
  }

  func reopen() -> Bool { isPlugged }

  func close() { closeCount += 1 }
}
