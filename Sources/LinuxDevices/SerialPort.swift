// A serial port or the slave side of a pseudo-terminal, open raw. The descriptor is closed with its owner.

import CLinux
import Devices
import Glibc

/// An open serial port.
struct SerialPort: ~Copyable {
  let descriptor: Int32

  /// Opens the port raw, 8N1. The error says what is wrong and what helps.
  ///
  /// - Parameter stableLinks: names to suggest where there is nothing at the path.
  init(path: String, baud: UInt32, stableLinks: [String] = []) throws(SourceError) {
    let result = clinux_serial_open(path, baud)
    guard result >= 0 else {
      throw Self.error(path: path, baud: baud, code: -result, stableLinks: stableLinks)
    }
    descriptor = result
  }

  /// Whether a program and no device is at the other end.
  var isEmulated: Bool { clinux_serial_is_emulated(descriptor) != 0 }

  /// The device's number, as `stat` has it.
  var deviceNumber: UInt64 { clinux_serial_device(descriptor) }

  deinit { close(descriptor) }

  /// Waits for bytes and reads what is there.
  func read(into buffer: UnsafeMutableRawBufferPointer, waitMilliseconds: Int32) -> ByteRead {
    switch clinux_wait_readable(descriptor, waitMilliseconds) {
    case 0: return .nothing
    case 1:
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count > 0 { return .bytes(count) }
      return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .gone
    default: return .gone
    }
  }

  /// Writes as many bytes as there is room for now; -1 when the port is gone.
  func writeAvailable(_ bytes: [UInt8]) -> Int {
    let count = Glibc.write(descriptor, bytes, bytes.count)
    if count < 0 { return errno == EAGAIN || errno == EINTR ? 0 : -1 }
    return count
  }

  /// Writes all bytes, waiting for room; false when there was none for a second, or the port is gone.
  func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard clinux_wait_writable(descriptor, 1000) == 1 else { return false }
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno != EAGAIN && errno != EINTR { return false }
      rest = rest.dropFirst(max(0, count))
    }
    return true
  }

  private static func error(
    path: String, baud: UInt32, code: Int32, stableLinks: [String]
  ) -> SourceError {
    switch code {
    case ENOENT, ENXIO, ENODEV:
      SourceError(
        "No serial device at \(path): "
          + (stableLinks.isEmpty
            ? "plug it in, and look for its name in /dev/serial/by-id."
            : "plug it in, or take one that is there: \(stableLinks.joined(separator: ", "))."))
    case EACCES, EPERM:
      SourceError(
        "No permission to open \(path): add yourself to its group, 'sudo usermod -aG dialout $USER', "
          + "and log in again.")
    case ENOTTY:
      SourceError("\(path) is no serial port: for a recording write file:\(path).")
    case EINVAL:
      SourceError("\(baud) baud is no rate that \(path) can have: correct 'baud' in the profile.")
    case EBUSY:
      SourceError("\(path) is in use by another program: stop that one first.")
    default:
      SourceError(
        "\(path) cannot be opened (\(String(cString: strerror(code)))): check the device.")
    }
  }
}
