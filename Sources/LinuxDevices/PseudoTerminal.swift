// A pseudo-terminal: its slave side is a serial port to every program, its master side the device's end.

import CLinux
import Devices
import Glibc

/// An open pseudo-terminal. The slave is held open, so that readers may come and go.
public final class PseudoTerminal {
  /// Path of the side that a program opens as its serial port.
  public let path: String
  private let master: Int32
  private let slave: Int32
  private let link: String?

  /// Opens a pseudo-terminal.
  ///
  /// - Parameter link: a path at which a symbolic link to it is made, and removed at the end.
  public init(link: String? = nil) throws(SourceError) {
    var slave: Int32 = -1
    let name = UnsafeMutablePointer<CChar>.allocate(capacity: 128)
    defer { name.deallocate() }
    let result = clinux_pty_open(name, 128, &slave)
    guard result >= 0 else {
      throw SourceError(
        "No pseudo-terminal can be opened (\(String(cString: strerror(-result)))): is /dev/pts mounted?"
      )
    }
    master = result
    self.slave = slave
    path = String(cString: name)
    self.link = link
    if let link {
      var status = stat()
      if lstat(link, &status) == 0 && status.st_mode & S_IFMT != S_IFLNK {
        throw SourceError("\(link) exists and is no link: choose another path for the terminal.")
      }
      unlink(link)
      guard symlink(path, link) == 0 else {
        throw SourceError(
          "No link can be made at \(link) (\(String(cString: strerror(errno)))): choose another path."
        )
      }
    }
  }

  deinit {
    if let link { unlink(link) }
    close(slave)
    close(master)
  }

  /// Writes all bytes, waiting while the reader is behind; false when `isCancelled` said so meanwhile.
  public func write(
    _ bytes: UnsafeRawBufferPointer, isCancelled: () -> Bool
  ) -> Bool {
    var written = 0
    while written < bytes.count {
      if isCancelled() { return false }
      switch clinux_wait_writable(master, 100) {
      case 1:
        // One small piece at a time: a write to a pseudo-terminal blocks until all of it fits.
        let piece = min(bytes.count - written, 512)
        let count = Glibc.write(master, bytes.baseAddress?.advanced(by: written), piece)
        if count < 0 && errno != EINTR && errno != EAGAIN { return false }
        written += max(0, count)
      case 0: continue
      default: return false
      }
    }
    return true
  }
}
