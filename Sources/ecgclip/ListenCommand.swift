// `ecgclip listen`: the central station's end of the alert link, and from there to MQTT and HL7.

import AlarmLog
import AlertLink
import ArgumentParser
import CLinux
import Central
import Devices
import Foundation
import LinuxDevices
import Synchronization

struct ListenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "listen",
    abstract: "Receive the alerts of devices; pass them on to MQTT and HL7.",
    discussion: """
      Every alert is on this machine's disk before its device is told that it has arrived, and \
      comes out once, in its device's order. Examples:

        ecgclip link keygen bed-7 --output keys
        ecgclip listen --keys keys
        ecgclip listen --keys keys --mqtt mqtts://ecgclip@broker.example \\
          --mqtt-password-file pw
        ecgclip listen --keys keys --serial /dev/ttyUSB0?baud=115200 \\
          --hl7 mllp://10.0.0.5:2575

      A person who has seen an alarm writes 'ack DEVICE CONDITION NAME' on standard input, or \
      'ack CONDITION NAME' on the device's command topic. docs/central.md tells all.
      """)

  @Option(help: "The address and port to listen at: ADDRESS:PORT, [IPV6]:PORT or a port alone.")
  var bind = "5514"

  @Option(help: "A serial line with a device at its end: DEVICE or DEVICE?baud=N. Repeatable.")
  var serial: [String] = []

  @Option(help: "The folder with the devices' keys (ecgclip link keygen).")
  var keys: String

  @Option(help: "The site, as topics and HL7 name it.")
  var site = "site"

  @Option(help: "Publish to a broker: mqtt://HOST, mqtts://USER@HOST:PORT.")
  var mqtt: String?

  @Option(help: "File with the broker's password, mode 0600.")
  var mqttPasswordFile: String?

  @Option(help: "File with the certificates of trusted authorities (usually the system's).")
  var mqttAuthorities: String?

  @Option(help: "File with the receiver's own certificate, for brokers that ask for one.")
  var mqttCertificate: String?

  @Option(help: "File with its key.")
  var mqttCertificateKey: String?

  @Option(help: "Send HL7 (PCD-04) to a file, - or mllp://HOST:PORT.")
  var hl7: String?

  @Option(help: StateFolder.help)
  var state: String?

  @Flag(help: "Print one JSON object a line.")
  var json = false

  func validate() throws {
    if (mqttCertificate == nil) != (mqttCertificateKey == nil) {
      throw ValidationError("--mqtt-certificate and --mqtt-certificate-key go together.")
    }
    if hl7 == "-", json {
      throw ValidationError("--json and --hl7 - cannot share standard output.")
    }
  }

  func run() throws {
    let commands = try StationCommands()
    let signals = StopSignals { commands.stop() }
    defer { signals.cancel() }
    guard let folder = try StateFolder.open(named: state, isLive: true) else { return }
    let claim = try StateClaim("listen", in: folder)
    let keyFolder = try KeyFolder(keys)
    let retained = RetainedTexts()
    let outputs = try outputs(inbox: folder.file("inbox.sqlite"), retained, commands)
    defer { for output in outputs { output.stop() } }
    let printer = LinePrinter(json: json, hasLines: hl7 != "-")
    let transports = try transports()
    let station = try CentralStation(
      transports: transports, keys: keyFolder,
      inbox: StoredInbox(path: folder.file("inbox.sqlite"), outputs: outputs.map(\.name)) {
        printer.print(.problem($0))
      },
      board: StationBoard(topics: Topics(site: site), retained: retained) {
        for output in outputs { output.wake() }
      }, commands: commands,
      epochFloor: clinux_clock_is_synchronised() != 0
        ? UInt64(max(0, Date().timeIntervalSince1970)) : 0,
      tell: { printer.print($0) })
    printer.print(
      .listening(
        places: transports.map(\.name), devices: Set(keyFolder.keys.map(\.device)).count))
    let reader = CommandReader(commands)
    station.run()
    reader.end()
    withExtendedLifetime(claim) {}
  }

  private func transports() throws -> [any DatagramTransport] {
    var transports: [any DatagramTransport] = [
      UDPTransport(at: try LinkPlace.local(bind))
    ]
    for line in serial {
      let (path, baud) = try LinkPlace.serial(line)
      transports.append(SerialTransport(path: path, baud: baud))
    }
    return transports
  }

  private func outputs(
    inbox path: String, _ retained: RetainedTexts, _ commands: StationCommands
  ) throws -> [OutputThread] {
    let openInbox: @Sendable () throws -> any AlertInbox = {
      try StoredInbox(path: path) { commands.take(.outputLost("inbox", reason: $0)) }
    }
    var outputs: [OutputThread] = []
    if let mqtt {
      var address = try BrokerAddress(parsing: mqtt, passwordFile: mqttPasswordFile)
      address.authoritiesFile = mqttAuthorities
      address.certificateFile = mqttCertificate
      address.certificateKeyFile = mqttCertificateKey
      outputs.append(
        try OutputThread.broker(
          address, topics: Topics(site: site), retained: retained, openInbox: openInbox,
          onEvent: { commands.take($0) }))
    }
    if let hl7 {
      outputs.append(
        try OutputThread.hl7(
          HL7Destination(parsing: hl7), site: site, openInbox: openInbox,
          onEvent: { commands.take($0) }))
    }
    return outputs
  }
}

/// Prints lines as they come.
private struct LinePrinter: Sendable {
  let json: Bool
  let hasLines: Bool

  func print(_ line: StationLine) {
    guard hasLines else {
      if case .problem(let message) = line { JSONOutput.complain(message) }
      return
    }
    let bytes = json ? line.json : Array(line.words.utf8)
    try? FileHandle.standardOutput.write(contentsOf: Data(bytes + [0x0A]))
  }
}

/// Reads people's lines from standard input.
private final class CommandReader {
  private let source: any DispatchSourceRead

  init(_ commands: StationCommands) {
    source = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: .global())
    let text = Mutex("")
    source.setEventHandler { [source] in
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = read(STDIN_FILENO, &bytes, bytes.count)
      guard count > 0 else { return source.cancel() }
      let lines = text.withLock {
        Self.lines(of: &$0, String(decoding: bytes[..<count], as: UTF8.self))
      }
      for line in lines where !line.isEmpty && !commands.take(line: line) {
        JSONOutput.complain("'\(line)' is no command: write 'ack DEVICE CONDITION NAME'.")
      }
    }
    source.resume()
  }

  /// The whole lines of what was there and what came; the rest stays. A line that never ends is none.
  private static func lines(of text: inout String, _ more: String) -> [String] {
    var lines = (text + more).split(separator: "\n", omittingEmptySubsequences: false)
    text = String((lines.popLast() ?? "").suffix(4096))
    return lines.map(String.init)
  }

  func end() { source.cancel() }
}
