// A serial port or the slave side of a pseudo-terminal, open raw. The descriptor is closed with its owner.

import CLinux
import Devices
import Glibc

/// An open serial port.
struct SerialPort: ~Copyable {
  private let descriptor: Int32

  /// Opens the port raw, 8N1. The error says what is wrong and what helps.
  init(path: String, baud: UInt32) throws(SourceError) {
    let result = clinux_serial_open(path, baud)
    guard result >= 0 else { throw Self.error(path: path, baud: baud, code: -result) }
    descriptor = result
  }

  /// Opens the port again after it went away; nil while it is not back.
  init?(returning path: String, baud: UInt32) {
    let result = clinux_serial_open(path, baud)
    guard result >= 0 else { return nil }
    descriptor = result
  }

  deinit { close(descriptor) }

  /// What a read brought.
  enum Read {
    case bytes(Int)
    case nothing
    case gone
  }

  /// Waits for bytes and reads what is there.
  func read(into buffer: UnsafeMutableRawBufferPointer, waitMilliseconds: Int32) -> Read {
    switch clinux_wait_readable(descriptor, waitMilliseconds) {
    case 0: return .nothing
    case 1:
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count > 0 { return .bytes(count) }
      return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .gone
    default: return .gone
    }
  }

  private static func error(path: String, baud: UInt32, code: Int32) -> SourceError {
    switch code {
    case ENOENT, ENXIO, ENODEV:
      SourceError(
        "No serial device at \(path): plug it in, and look for its name in /dev/serial/by-id.")
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
