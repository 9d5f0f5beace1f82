// Where the product's own files are: models, board profiles, calibrations. Found from the program's place,
// so that a build in a checkout and an installed package both work from any directory.

import Foundation

/// A failure that ends the program with status 2: one sentence that names thing, reason and remedy.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The product's home: the folder that holds `models`, `firmware-config` and `calibration`.
enum Installation {
  static let defaultModel = "ecgclip-r18"

  /// `ECGCLIP_HOME`, or the nearest folder above the program that holds `models`, or
  /// `share/ecgclip` beside the program's `bin`.
  static func home() throws(CommandFailure) -> String {
    if let home = ProcessInfo.processInfo.environment["ECGCLIP_HOME"] { return home }
    var folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    while folder.path(percentEncoded: false) != "/" {
      folder.deleteLastPathComponent()
      for candidate in [folder, folder.appending(path: "share/ecgclip")]
      where FileManager.default.fileExists(
        atPath: candidate.appending(path: "models").path(percentEncoded: false))
      {
        return candidate.path(percentEncoded: false)
      }
    }
    throw CommandFailure(
      "No folder 'models' above the program: set ECGCLIP_HOME to the folder that holds it.")
  }

  /// The folder of a model, by name or path.
  static func modelFolder(_ nameOrPath: String?) throws(CommandFailure) -> String {
    if let nameOrPath, nameOrPath.contains("/") || nameOrPath.hasPrefix(".") {
      return nameOrPath
    }
    let name = nameOrPath ?? defaultModel
    let models = URL(filePath: try home()).appending(path: "models")
    let folder = models.appending(path: name).path(percentEncoded: false)
    guard FileManager.default.fileExists(atPath: folder) else {
      throw CommandFailure(
        "No model '\(name)' in \(models.path(percentEncoded: false)): name one that is there, or give its path."
      )
    }
    return folder
  }

  /// A file of the home's `firmware-config` or `calibration`, by name or path.
  static func file(_ nameOrPath: String, in folder: String, suffix: String) throws(CommandFailure)
    -> String
  {
    if nameOrPath.contains("/") || nameOrPath.hasSuffix(suffix) { return nameOrPath }
    return URL(filePath: try home()).appending(path: "\(folder)/\(nameOrPath)\(suffix)").path(
      percentEncoded: false)
  }
}
