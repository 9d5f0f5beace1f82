// A place for files that a test makes.

import Foundation

/// A folder that is gone when the test is.
public final class TemporaryFolder {
  /// Its path.
  public let path: String

  /// Makes one.
  public init() throws {
    path = NSTemporaryDirectory() + "ecgclip-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Makes the folders in which a file of this name would lie.
  public func makeFolder(of name: String) throws {
    let folder = URL(filePath: path + "/" + name).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Writes a file into it and returns the path.
  @discardableResult
  public func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    try Data(bytes).write(to: URL(filePath: path + "/" + name))
    return path + "/" + name
  }

  /// Writes a file into it and returns the path.
  @discardableResult
  public func write(_ name: String, _ text: String) throws -> String { try write(name, text.utf8) }
}
