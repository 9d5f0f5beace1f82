// The terminal itself: its own screen, no cursor, keys without Enter; everything is as before when it ends.

import Glibc

/// A terminal in full-screen use. Restored by `end`, at the latest when the owner lets go.
public final class TerminalSession {
  /// The line settings before, nil where standard input is no terminal.
  private var saved: termios?
  private var isActive = false

  /// Takes over the terminal of standard output.
  public init() {
    var settings = termios()
    if tcgetattr(STDIN_FILENO, &settings) == 0 {
      saved = settings
      var raw = settings
      raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
      tcsetattr(STDIN_FILENO, TCSANOW, &raw)
    }
    isActive = true
    // Alternate screen, cursor hidden, no automatic margin (the last cell of a serial console would scroll it).
    write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l")
  }

  deinit { end() }

  /// Gives the terminal back. A second call does nothing.
  public func end() {
    guard isActive else { return }
    isActive = false
    write("\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
    if var saved { tcsetattr(STDIN_FILENO, TCSANOW, &saved) }
  }

  /// Columns and rows, 80 x 24 where the terminal does not tell.
  public var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
    else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Writes text; false when nobody is there any more.
  @discardableResult
  public func write(_ text: String) -> Bool {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return false }
      bytes = bytes.dropFirst(count)
    }
    return true
  }

  /// The keys that were pressed since the last call, as bytes.
  public func keys() -> [UInt8] {
    var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    var keys: [UInt8] = []
    while poll(&entry, 1, 0) == 1, entry.revents & Int16(POLLIN) != 0 {
      var key: UInt8 = 0
      guard read(STDIN_FILENO, &key, 1) == 1 else { break }
      keys.append(key)
    }
    return keys
  }
}
