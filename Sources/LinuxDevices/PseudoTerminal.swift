// A pseudo-terminal: its slave side is a serial port to every program, its master side the device's end. It can
// be pulled out and plugged in again, as a USB adapter can.

import CLinux
import Devices
import Glibc

/// A pseudo-terminal. The slave is held open, so that readers may come and go. One thread.
public final class PseudoTerminal {
  /// Path of the side that a program opens as its serial port; another one after every plugging in.
  public private(set) var path = ""
  private var master: Int32 = -1
  private var slave: Int32 = -1
  private var link: String?

  /// Opens a pseudo-terminal.
  ///
  /// - Parameter link: a path at which a symbolic link to it is made, and removed at the end.
  public init(link: String? = nil) throws(SourceError) { try plugIn(link: link) }

  deinit { unplug() }

  /// Opens a new pseudo-terminal, under the same link or another, after `unplug`.
  public func plugIn(link: String?) throws(SourceError) {
    precondition(master < 0, "It is plugged in")
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
    if let link { try makeLink(link) }
  }

  /// Closes it and removes its link: whoever reads from it sees a device that is gone.
  public func unplug() {
    if let link { unlink(link) }
    link = nil
    if slave >= 0 { close(slave) }
    if master >= 0 { close(master) }
    (slave, master) = (-1, -1)
  }

  private func makeLink(_ link: String) throws(SourceError) {
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
    self.link = link
  }

  /// Writes all bytes, waiting while the reader is behind; false when `isCancelled` said so meanwhile or it is
  /// unplugged. `isCancelled` is asked at least ten times a second while it waits.
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

  /// Reads what a program wrote to its serial port, waiting so long for the first byte; 0 when nothing came.
  public func read(
    into buffer: UnsafeMutableRawBufferPointer, waitMilliseconds: Int32
  ) -> Int {
    guard master >= 0, clinux_wait_readable(master, waitMilliseconds) == 1 else { return 0 }
    return max(0, Glibc.read(master, buffer.baseAddress, buffer.count))
  }
}
