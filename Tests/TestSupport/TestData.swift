// Finds the public recordings that lie beside the checkout. They are never committed; a test that needs
// them is enabled only where they are, and the count of those left out is printed.

import Foundation

/// The folder of recordings: `ECGCLIP_DATA`, or `../shared/data` beside the checkout.
public enum TestData {
  /// The folder, nil where the recordings are not here.
  public static let folder: String? = {
    let candidates =
      [ProcessInfo.processInfo.environment["ECGCLIP_DATA"]].compactMap(\.self)
      + [repository + "/../shared/data"]
    return candidates.first { FileManager.default.fileExists(atPath: $0 + "/mitdb/101.hea") }
  }()

  /// Whether the recordings are here.
  public static var isPresent: Bool { folder != nil }

  /// The checkout's top folder.
  public static let repository: String = {
    var url = URL(filePath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url.path(percentEncoded: false).hasSuffix("/")
      ? String(url.path(percentEncoded: false).dropLast()) : url.path(percentEncoded: false)
  }()

  /// The path of a recording below the folder. Call only where `isPresent`.
  public static func path(_ relative: String) -> String { (folder ?? "") + "/" + relative }
}
