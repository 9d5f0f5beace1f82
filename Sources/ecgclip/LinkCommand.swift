// `ecgclip link`: the keys of the alert link.

import AlertLink
import ArgumentParser
import Central
import Foundation

struct LinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "link", abstract: "Keys for alerts to a central station.",
    subcommands: [KeygenCommand.self])
}

struct KeygenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen",
    abstract: "Make the key that a device and its central station share.",
    discussion: """
      Copy the file to both and to nobody else; whoever has it can speak as the device. To exchange \
      a key make another one, add it to the central station's folder, give it to the device, and \
      take the old one away when the device has used the new one. docs/central.md tells all.

        ecgclip link keygen bed-7 --output keys
        ecgclip monitor --alert udp://192.168.4.1:5514 \\
          --alert-key bed-7-2863311530.key
        ecgclip listen --keys keys
      """)

  @Argument(help: "The device's name: 1 to 64 letters, digits and . _ -")
  var device: String

  @Option(help: "The folder to write into, or a path that ends in .key.")
  var output = "."

  @Flag(help: "Print one JSON object.")
  var json = false

  private struct Made: Encodable {
    let device: String
    let keyID: UInt32
    let path: String
  }

  func run() throws {
    let made = try LinkKeyFile.make(
      device: device, at: output, unixSeconds: UInt64(max(0, Date().timeIntervalSince1970)))
    if json {
      try JSONOutput.print(Made(device: device, keyID: made.id, path: made.path))
    } else {
      print("Key \(made.id) of \(device): \(made.path)")
    }
  }
}
