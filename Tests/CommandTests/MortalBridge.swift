// An emulated bridge in this process that kills the calibration which commands it, and patients to know it by.

import ECGSignal
import Foundation
import FrontEnds
import LinuxDevices
import SimulatedDevices
import Synchronization
import TestSupport
import Testing

/// A bridge on a pseudo-terminal of its own, and `ecgclip calibrate` on it.
final class MortalBridge {
  let port: String
  private let bridge: EmulatedBridge
  private let killer: Killer
  private let terminal: PseudoTerminal
  private let frontEnd: EmulatedFrontEnd

  init(_ patient: any EmulatedSignal) throws {
    terminal = try PseudoTerminal()
    port = terminal.path
    bridge = try #require(EmulatedBridge(patient))
    killer = Killer(bridge)
    frontEnd = EmulatedFrontEnd(
      signal: bridge, wireFormat: .bridge, port: .terminal(terminal), responder: killer)
    frontEnd.start()
  }

  deinit { frontEnd.stop() }

  /// What the first channel's input was on when each command came, as its register codes it.
  var inputs: [UInt8] { settings.map(\.input) }

  /// What it and the lead-off register were set to.
  var settings: [ChipSetting] { killer.state.withLock { $0.settings } }

  /// What the registers hold when the bridge is switched off.
  func registersAtTheEnd() -> [UInt8] {
    frontEnd.stop()
    return bridge.chip.image.values
  }

  /// Calibrates; whether the program was killed. It measures too short to pass: what counts is what it commands.
  ///
  /// - Parameters:
  ///   - kind: what is measured.
  ///   - number: the command at whose arrival it is to be killed; half of it is all that the bridge hears.
  func calibrate(_ kind: String = "gain", killedAt number: Int = .max) throws -> Bool {
    let process = Run.process([
      "calibrate", kind, "--profile", "pico-ads1298", "--source", "serial:\(port)", "--seconds",
      "0.1", "--dry-run", "--assume-ready",
    ])
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    killer.state.withLock { $0.number = number }
    try process.run()
    killer.state.withLock { $0.victim = process.processIdentifier }
    ended.wait()
    killer.state.withLock { $0.number = .max }
    return process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL
  }
}

/// What a calibration changes in a converter: what the first channel's input is on, and the lead-off current.
struct ChipSetting: Hashable {
  let input: UInt8
  let leadOff: UInt8
}

/// What the bridge hears goes through here. The front-end's thread, but for `state`.
private final class Killer: CommandResponder {
  struct State {
    var victim: Int32 = 0
    var number = Int.max
    var settings: [ChipSetting] = []
  }

  let state = Mutex(State())
  private let bridge: EmulatedBridge
  private var commands = BridgeCommandReader()

  init(_ bridge: EmulatedBridge) { self.bridge = bridge }

  var isStreaming: Bool { bridge.isStreaming }

  func announcementWhileSilent(encoder: any FrameEncoder) -> [UInt8] {
    bridge.announcementWhileSilent(encoder: encoder)
  }

  func respond(to bytes: UnsafeRawBufferPointer, encoder: any FrameEncoder) -> [UInt8] {
    let setting = ChipSetting(
      input: bridge.chip.image["CH1SET"] & 7, leadOff: bridge.chip.image["LOFF"])
    var isOver = false
    // It says one thing at a time.
    _ = commands.take(bytes) { command in
      isOver = state.withLock {
        $0.settings.append(setting)
        return $0.settings.count == $0.number
      }
      return BridgeAcknowledgement(id: command.id, .done)
    }
    guard isOver else { return bridge.respond(to: bytes, encoder: encoder) }
    kill(state.withLock { $0.victim }, SIGKILL)
    return bridge.respond(
      to: UnsafeRawBufferPointer(rebasing: bytes.prefix(bytes.count / 2)), encoder: encoder)
  }
}

/// A voltage in each channel that never changes.
final class SteadyPatient: EmulatedSignal {
  let format: SignalFormat
  private var index: Int64 = 0

  init() throws { format = try SimulatedPatient(rhythm: "nsr").format }

  /// 200 microvolts in the first channel, 100 more in each next one.
  private static func microvolts(_ channel: Int) -> Double { 200 + 100 * Double(channel) }

  func fill(_ block: SampleBlock, count: Int) -> Bool {
    block.header.pointee.firstIndex = index
    block.header.pointee.sampleCount = Int32(count)
    for (channel, about) in format.channels.enumerated() {
      let code = Int32((Self.microvolts(channel) / about.microvoltsPerCode).rounded())
      block.channel(channel).update(repeating: code, count: count)
    }
    index += Int64(count)
    return true
  }

  func rewind() {}

  /// Opens the bridge as the monitor does; whether a fifth of a second shows these voltages, and as no test signal.
  static func isSeen(through bridge: MortalBridge) throws -> Bool {
    let source = FramedSource(
      channel: SerialChannel(path: bridge.port, baud: 115_200), decoder: BridgeDecoder())
    source.control = try BridgeControl.of(
      source, BoardProfile.load(TestData.repository + "/firmware-config/pico-ads1298.yaml"))
    let format = try source.openOnElectrodes()
    defer { source.close() }
    guard format.provenance == .simulated else { return false }
    let storage = SampleBlockStorage(channelCount: format.channels.count)
    var (samples, idleReads) = (0, 0)
    while samples < 100 {
      let outcome = source.read(into: storage.block)
      if outcome == .idle && idleReads < 100 {
        // A busy machine, at most ten seconds of it.
        idleReads += 1
        continue
      }
      guard outcome == .samples else { return false }
      let count = Int(storage.block.header.pointee.sampleCount)
      samples += count
      for (channel, about) in format.channels.enumerated() {
        let isRight = (0..<count).allSatisfy {
          let shown = Double(storage.block.channel(channel)[$0]) * about.microvoltsPerCode
          return abs(shown - microvolts(channel)) < 0.1
        }
        guard isRight else { return false }
      }
    }
    return true
  }
}

extension SimulatedPatient {
  /// A patient by the words of `sim:`.
  convenience init(rhythm: String) throws {
    self.init(script: try PatientScript(parsing: rhythm))
  }
}
