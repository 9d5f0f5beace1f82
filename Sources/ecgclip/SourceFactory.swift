// From the words of `--source` to a device: the only place where concrete devices are made.

import Devices
import ECGSignal
import FrontEnds
import LinuxDevices
import Recordings
import SimulatedDevices

/// Makes sources.
struct SourceFactory {
  let speed: Speed
  let profile: String?

  func make(_ source: SourceSpecification) throws -> any SampleSource {
    switch source {
    case .simulation(let script):
      return try SimulatedSource(
        signal: SimulatedPatient(script: try PatientScript(parsing: script)),
        speed: speed.playback)
    case .recording(let path):
      return RecordSource(try Recordings.open(path), speed: speed.playback)
    case .serial(let device, let options):
      try allow(["format", "baud"], in: options, of: "serial")
      let board = try self.board(options)
      return try framed(
        board,
        over: SerialChannel(
          path: device, baud: try number("baud", in: options) ?? board.baud ?? 115_200))
    case .udp(let address, let port, let options):
      try allow(["format"], in: options, of: "udp")
      guard port > 0 else {
        throw CommandFailure(
          "udp:0 is no port to listen at: name the one that the bridge sends to.")
      }
      return try framed(board(options), over: UDPChannel(port: port, address: address))
    case .spi(let device, let options):
      try allow(["format", "drdy"], in: options, of: "spi")
      let board = try self.board(options, usual: .ads1298)
      return try SPIBoard(board, device: device, dataReadyOffset: number("drdy", in: options))
        .source()
    }
  }

  private func allow(_ known: [String], in options: [String: String], of door: String) throws {
    for key in options.keys.sorted() where !known.contains(key) {
      throw CommandFailure(
        "\(door): has no option '\(key)': only \(known.joined(separator: " and ")).")
    }
  }

  private func number(_ key: String, in options: [String: String]) throws -> UInt32? {
    guard let text = options[key] else { return nil }
    guard let number = UInt32(text) else {
      throw CommandFailure("\(key)=\(text) is no whole number: write for instance \(key)=25.")
    }
    return number
  }

  /// The profile that `--profile` names, else the usual one of the format.
  private func board(
    _ options: [String: String], usual: WireFormat = .bridge
  ) throws -> BoardProfile {
    let name = try profile ?? options["format"].map(Self.usualProfile) ?? usual.usualProfile
    let board = try BoardProfile.load(named: name)
    if let format = options["format"], format != board.format.rawValue {
      throw CommandFailure(
        "The profile '\(name)' is for format \(board.format.rawValue), not \(format): leave one out."
      )
    }
    guard board.format.tellsFormat || board.signalFormat != nil else {
      throw CommandFailure(
        "The profile '\(name)' lacks sampleRateHz, referenceMicrovolts or gain: "
          + "\(board.format.rawValue) frames do not tell them.")
    }
    return board
  }

  private static func usualProfile(_ format: String) throws -> String {
    guard let known = WireFormat(rawValue: format) else {
      let names = WireFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw CommandFailure("format=\(format) is unknown: one of \(names).")
    }
    return known.usualProfile
  }

  /// The board's decoder behind a channel, for any wire format.
  private func framed<Channel: ByteChannel>(
    _ board: BoardProfile, over channel: Channel
  ) throws(SourceError) -> any SampleSource {
    func source<Decoder: FrameDecoder>(
      _ decoder: Decoder.Type
    ) throws(SourceError) -> any SampleSource {
      let format = board.format.tellsFormat ? nil : board.signalFormat
      var settings = WireSettings(
        sampleRate: format?.sampleRate ?? 0, channelCount: format?.channels.count ?? 0,
        usesHostTime: true)
      settings.diagnosticLeads = board.use.diagnosticLeads
      let source = FramedSource(
        channel: channel, decoder: Decoder(settings),
        profileFormat: format,
        start: board.format.startDialogue(channelCount: format?.channels.count ?? 0),
        stopCommand: board.format.stopCommand)
      if let bridge = source as? FramedSource<Channel, BridgeDecoder> {
        bridge.control = try BridgeControl.of(bridge, board)
      }
      if let cyton = source as? FramedSource<Channel, CytonDecoder>, channel.takesCommands {
        cyton.control = CytonControl(cyton, board)
      }
      return source
    }
    return try source(board.format.decoder)
  }
}

extension SourceSpecification {
  /// The source where only a profile is named: its SPI bus; the simulated patient where none is.
  static func usual(profile: String?) throws -> SourceSpecification {
    guard let profile else { return .simulation(script: "nsr?hr=72") }
    guard let bus = bus(of: try BoardProfile.load(named: profile)) else {
      throw CommandFailure(
        "The profile '\(profile)' has no bus of its own: name the port with --source, as "
          + "serial:/dev/serial/by-id/NAME.")
    }
    return bus
  }

  /// The board's own bus, nil where it has none.
  static func bus(of board: BoardProfile) -> SourceSpecification? {
    board.spi.map { .spi(device: $0.device, options: [:]) }
  }
}

extension BoardProfile {
  /// A profile by its name in firmware-config, or by a path.
  static func load(named name: String) throws -> BoardProfile {
    try load(Installation.file(name, in: "firmware-config", suffix: ".yaml"))
  }
}

extension WireFormat {
  /// The profile of the board that most often speaks the format: taken where none is named.
  var usualProfile: String {
    switch self {
    case .ads1298: "ads1298-pi"
    case .p2: "olimex-ekg"
    case .text: "ad8232-text"
    case .bridge, .cyton, .healthyPi4, .healthyPi5, .openView3, .max30003, .adas1000: rawValue
    }
  }
}

extension Speed {
  /// In the words of the simulated devices.
  var playback: PlaybackSpeed {
    switch self {
    case .real: .realTime
    case .times(let factor): .times(factor)
    case .maximum: .maximum
    }
  }
}
