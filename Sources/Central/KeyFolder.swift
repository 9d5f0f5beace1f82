// The folder with the keys of all devices. It is looked at again when something in it changes, so that a new device, or
// the next key of a known one, needs no restart. A key that is taken away is believed until the next start.

import AlertLink
import Foundation

/// A folder of key files. One thread.
public final class KeyFolder {
  private let path: String
  private var changedAt: timespec
  /// All keys that were ever in it since the start.
  public private(set) var keys: [LinkKey]

  /// Reads all keys of a folder.
  public init(_ path: String) throws(CentralError) {
    self.path = path
    changedAt = Self.changeTime(path)
    keys = try LinkKeyFile.readAll(folder: path)
  }

  /// The keys that came since the last call.
  func takeNew() throws(CentralError) -> [LinkKey] {
    let time = Self.changeTime(path)
    guard time.tv_sec != changedAt.tv_sec || time.tv_nsec != changedAt.tv_nsec else { return [] }
    changedAt = time
    let new = try LinkKeyFile.readAll(folder: path).filter { key in
      !keys.contains { $0.id == key.id }
    }
    keys += new
    return new
  }

  private static func changeTime(_ path: String) -> timespec {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mtim : timespec()
  }
}
