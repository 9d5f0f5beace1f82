// Programs that were built beside the tests, as processes.

import Foundation

/// Starts programs of this build.
public enum BuiltProgram {
  private static let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  /// Where a program of this build lies.
  public static func url(_ name: String) -> URL { folder.appending(path: name) }

  /// A program, not started yet. Where these tests run in an emulator, only ECGCLIP_RUNNER, which names the emulator,
  /// can start it.
  public static func process(_ name: String, _ arguments: [String]) -> Process {
    let process = Process()
    let environment = ProcessInfo.processInfo.environment
    if let runner = environment["ECGCLIP_RUNNER"] {
      process.executableURL = URL(filePath: runner)
      process.arguments = [url(name).path(percentEncoded: false)] + arguments
    } else {
      process.executableURL = url(name)
      process.arguments = arguments
    }
    return process
  }
}
