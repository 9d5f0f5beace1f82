// `--alert`: where a monitor's alarms go, and the key for it.

import AlarmLog
import AlertLink
import ArgumentParser
import Central
import Devices
import LinuxDevices
import Monitor

struct AlertOptions: ParsableArguments {
  @Option(
    help: """
      Send alarms to a central station (ecgclip listen): udp://HOST:PORT or \
      serial:DEVICE?baud=N. Needs --alert-key.
      """)
  var alert: String?

  @Option(help: "The key that the central station knows, too (ecgclip link keygen): a path.")
  var alertKey: String?

  func validate() throws {
    if alert != nil, alertKey == nil {
      throw ValidationError(
        "--alert needs --alert-key: make one with 'ecgclip link keygen DEVICE', for both ends.")
    }
    if alertKey != nil, alert == nil { throw ValidationError("--alert-key needs --alert.") }
  }

  /// The link as a sink of the monitor's events; nil without `--alert`.
  func makeSink(_ folder: StateFolder?, desk: AlarmDesk) throws -> CentralLinkSink? {
    guard let configure = try configuration(folder) else { return nil }
    return try CentralLinkSink(desk: desk, configuration: configure)
  }

  /// Key, line and outbox of these options, for whoever hears the link's sentences; nil without `--alert`.
  func configuration(
    _ folder: StateFolder?
  ) throws -> ((@escaping @Sendable (String) -> Void) -> CentralLinkConfiguration)? {
    guard let alert, let alertKey else { return nil }
    guard let folder else {
      throw CentralError(
        "The alert link must never count a number twice, so it needs a folder that stays: name one "
          + "with --state.")
    }
    let key = try LinkKeyFile.read(alertKey)
    let path = folder.file("outbox.sqlite")
    let place = try Self.place(alert)
    return { report in
      CentralLinkConfiguration(
        key: key, makeTransport: place.makeTransport, findStation: place.findStation,
        openOutbox: { try StoredOutbox(path: path, tell: report) })
    }
  }

  /// A way to the station.
  private struct Place {
    let makeTransport: @Sendable () -> any DatagramTransport
    let findStation: @Sendable () throws -> DatagramPeer
  }

  private static func place(_ text: String) throws -> Place {
    if text.hasPrefix("serial:") {
      let (path, baud) = try LinkPlace.serial(String(text.dropFirst("serial:".count)))
      return Place(
        makeTransport: { SerialTransport(path: path, baud: baud) }, findStation: { .line })
    }
    guard text.hasPrefix("udp://") else {
      throw CentralError(
        "'\(text)' is no place for alerts: write udp://HOST:PORT or serial:/dev/ttyUSB0?baud=115200."
      )
    }
    let (host, port) = try LinkPlace.hostAndPort(
      String(text.dropFirst("udp://".count)),
      example: "udp://192.168.4.1:5514 or udp://[fd00::1]:5514")
    return Place(
      makeTransport: { UDPTransport() },
      findStation: { try DatagramPeer(resolving: host, port: port) })
  }
}
