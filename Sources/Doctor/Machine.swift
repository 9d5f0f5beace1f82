// The device as the doctor sees it: files below a root folder, so that a test can build any device as a tree of files,
// and what no file tells, asked of the system by whoever makes it.

import Devices
import Foundation

/// What no file tells.
public struct SystemFacts: Sendable {
  /// The user, for the lines that change groups.
  public var user = "root"
  /// Groups of this process, by name.
  public var groups: Set<String> = []
  /// Whether it runs as root, who needs no group and no limit.
  public var isRoot = false
  /// The real-time priority that it may take, 0-99.
  public var realTimePriorityMax = 0
  /// Whether the kernel's clock follows a reference (adjtimex: not STA_UNSYNC); nil where that cannot be asked.
  public var isClockSynchronised: Bool?
  /// Seconds since 1970 by the system's clock.
  public var secondsSince1970 = 0.0
  /// Free bytes for this user on the file system of a folder; nil where it cannot be asked.
  public var freeBytes: @Sendable (_ folder: String) -> Int64? = { _ in nil }
  /// Generation of libgpiod that a program finds here: 2, 1, or 0 for none.
  public var gpiodGeneration = 0
  /// Labels of the GPIO chips by path (`/dev/gpiochip0`), as far as this user may ask them.
  public var gpioLabels: [String: String] = [:]
  /// Why ALSA's library cannot be loaded; nil where it can.
  public var soundLibraryFailure: String?
  /// Playback controls of a sound card by its id; nil where they cannot be asked.
  public var soundControls: @Sendable (_ card: String) -> [SoundControl]? = { _ in nil }
  /// The environment's variables.
  public var environment: [String: String] = [:]

  /// Facts of nobody, to be filled in.
  public init() {}
}

/// What the front-end that is to be used needs. Without one, nothing is known to be needed.
public struct Needs: Hashable, Sendable {
  /// A front-end on an SPI bus with GPIO lines.
  public var spi = false
  /// The path of its serial port, nil for none.
  public var serialPort: String?
  /// The folder into which sessions are recorded.
  public var recordFolder = "/"

  /// Needs nothing.
  public init() {}
}

/// A device to look at.
public struct Machine: Sendable {
  /// What stands before every path; empty for the device itself.
  let root: String
  /// What no file tells.
  let facts: SystemFacts
  /// What its front-end needs.
  let needs: Needs

  /// Looks at the files below `root`, the device itself where it is empty.
  public init(root: String = "", facts: SystemFacts, needs: Needs = Needs()) {
    self.root = root
    self.facts = facts
    self.needs = needs
  }

  /// A file's text without the blanks and NULs at its end; nil where it cannot be read.
  func text(_ path: String) -> String? {
    guard let data = FileManager.default.contents(atPath: root + path) else { return nil }
    let blanks = CharacterSet.whitespacesAndNewlines.union(CharacterSet(charactersIn: "\0"))
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: blanks)
  }

  /// The number in a file.
  func number(_ path: String) -> Int64? { text(path).flatMap { Int64($0) } }

  /// Names in a folder, sorted; empty where there is none.
  func names(_ folder: String, prefix: String = "") -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root + folder)) ?? []
    return names.filter { $0.hasPrefix(prefix) }.sorted()
  }

  /// Whether something is at a path.
  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root + path) }

  /// The last component of what a symbolic link points to.
  func linkTarget(_ path: String) -> String? {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: root + path))
      .map { URL(filePath: $0).lastPathComponent }
  }
}
