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
      return try serial(device, options)
    }
  }

  private func serial(
    _ device: String, _ options: [String: String]
  ) throws -> any SampleSource {
    for key in options.keys.sorted() where key != "format" && key != "baud" {
      throw CommandFailure("serial: has no option '\(key)': only format and baud.")
    }
    let name = profile ?? options["format"] ?? "bridge"
    let board = try BoardProfile.load(
      Installation.file(name, in: "firmware-config", suffix: ".yaml"))
    if let format = options["format"], format != board.format.rawValue {
      throw CommandFailure(
        "The profile '\(name)' is for format \(board.format.rawValue), not \(format): leave one out."
      )
    }
    var baud = board.baud
    if let text = options["baud"] {
      guard let number = UInt32(text) else {
        throw CommandFailure("baud=\(text) is no number: write for instance baud=115200.")
      }
      baud = number
    }
    switch board.format {
    case .bridge:
      return SerialSource(
        path: device, baud: baud, decoder: BridgeDecoder(), profileFormat: nil,
        waitsForConsumer: false)
    case .cyton:
      guard let format = board.signalFormat else {
        throw CommandFailure(
          "The profile '\(name)' lacks sampleRateHz, referenceMicrovolts or gain: a Cyton does not tell them."
        )
      }
      return SerialSource(
        path: device, baud: baud,
        decoder: CytonDecoder(sampleRate: format.sampleRate, usesHostTime: true),
        profileFormat: format, waitsForConsumer: false)
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
