// Printing JSON and complaints, the same way in every command.

import Foundation

enum JSONOutput {
  /// One object over several lines, for people who look.
  static func print(_ value: some Encodable) throws {
    try write(value, [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
  }

  /// One object on one line, for programs.
  static func printLine(_ value: some Encodable) throws {
    try write(value, [.sortedKeys, .withoutEscapingSlashes])
  }

  /// A sentence on standard error.
  static func complain(_ sentence: String) {
    FileHandle.standardError.write(Data("ecgclip: \(sentence)\n".utf8))
  }

  private static func write(
    _ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting
    var data = try encoder.encode(value)
    data.append(0x0A)
    try FileHandle.standardOutput.write(contentsOf: data)
  }
}
