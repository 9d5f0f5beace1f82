// Front-ends that a test can take away and bring back: boards on pseudo-terminals, a Cyton with a battery, a chip on
// SPI. All of them by the host's clock.

import CLinux
import Devices
import ECGSignal
import Foundation
import FrontEnds
import LinuxDevices
import Synchronization
import TestSupport

@testable import SimulatedDevices

private func profile(_ name: String) throws -> BoardProfile {
  try BoardProfile.load("\(TestData.repository)/firmware-config/\(name).yaml")
}

private func patient(sampleRate: Double) throws -> SimulatedPatient {
  SimulatedPatient(script: try PatientScript(parsing: "nsr"), sampleRate: sampleRate)
}

/// A Cyton that takes as long for its reset as its start dialogue allows for at most.
private func slowCyton() throws -> EmulatedCyton {
  let cyton = EmulatedCyton(try patient(sampleRate: 250), isStreaming: false)
  cyton.resetSeconds = 0.9
  return cyton
}

private func cytonSource(_ channel: SerialChannel) throws -> any SampleSource {
  FramedSource(
    channel: channel,
    decoder: CytonDecoder(WireSettings(sampleRate: 250, channelCount: 8, usesHostTime: true)),
    profileFormat: try profile("cyton").signalFormat,
    start: WireFormat.cyton.startDialogue(channelCount: 8))
}

/// What can be plugged into a port.
enum PortBoard {
  case bridge, bridgeWithChip, cyton

  fileprivate func frontEnd(on terminal: PseudoTerminal) throws -> EmulatedFrontEnd {
    let port = EmulatedPort.terminal(terminal)
    switch self {
    case .bridge:
      return EmulatedFrontEnd(
        signal: try patient(sampleRate: 500), wireFormat: .bridge, port: port)
    case .bridgeWithChip:
      let patient = try patient(sampleRate: 500)
      let bridge = EmulatedBridge(patient)
      return EmulatedFrontEnd(
        signal: bridge ?? patient, wireFormat: .bridge, port: port, responder: bridge)
    case .cyton:
      let cyton = try slowCyton()
      return EmulatedFrontEnd(signal: cyton, wireFormat: .cyton, port: port, responder: cyton)
    }
  }

  fileprivate func source(over channel: SerialChannel) throws -> any SampleSource {
    if self == .cyton { return try cytonSource(channel) }
    let source = FramedSource(channel: channel, decoder: BridgeDecoder())
    if self == .bridgeWithChip {
      source.control = try BridgeControl.of(source, profile("pico-ads1298"))
    }
    return source
  }
}

/// A board that is unplugged, and plugged in again under another name.
final class PluggedBoard: ReturningDevice {
  private let folder: TemporaryFolder
  private let board: PortBoard
  private var frontEnd: EmulatedFrontEnd?

  init(_ board: PortBoard) throws {
    self.board = board
    folder = try TemporaryFolder()
    try folder.makeFolder(of: "dev/serial/by-id/x")
    try plug(as: "ttyUSB0")
  }

  func source() throws -> any SampleSource {
    try board.source(
      over: SerialChannel(
        path: folder.path + "/dev/ttyUSB0", baud: 115_200,
        devices: SerialDevices(devices: folder.path + "/dev", system: folder.path + "/sys")))
  }

  /// The terminal and its names go with the front-end.
  func takeAway() {
    frontEnd?.stop()
    frontEnd = nil
  }

  func bringBack() throws { try plug(as: "ttyUSB1") }

  private func plug(as name: String) throws {
    let terminal = try PseudoTerminal(link: "\(folder.path)/dev/\(name)")
    let link = "\(folder.path)/dev/serial/by-id/usb-board"
    try? FileManager.default.removeItem(atPath: link)
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: "../../\(name)")
    frontEnd = try board.frontEnd(on: terminal)
    frontEnd?.start()
  }
}

/// A Cyton whose battery is taken out and put back; its dongle stays.
final class SwitchedCyton: ReturningDevice {
  private let battery: Battery
  private let terminal: PseudoTerminal
  private let frontEnd: EmulatedFrontEnd

  init() throws {
    let cyton = try slowCyton()
    battery = Battery(of: cyton)
    terminal = try PseudoTerminal()
    frontEnd = EmulatedFrontEnd(
      signal: cyton, wireFormat: .cyton, port: .terminal(terminal), responder: battery)
    frontEnd.start()
  }

  func source() throws -> any SampleSource {
    try cytonSource(SerialChannel(path: terminal.path, baud: 115_200))
  }

  func takeAway() { battery.isIn.store(false, ordering: .releasing) }
  func bringBack() { battery.isIn.store(true, ordering: .releasing) }

  /// A Cyton with or without its supply. All but `isIn` is the front-end's thread's.
  private final class Battery: CommandResponder {
    let isIn = Atomic<Bool>(true)
    private let cyton: EmulatedCyton
    private var wasIn = true

    init(of cyton: EmulatedCyton) { self.cyton = cyton }

    private var hasPower: Bool {
      let isIn = isIn.load(ordering: .acquiring)
      if isIn != wasIn {
        wasIn = isIn
        cyton.setPower(isOn: isIn)
        if isIn { cyton.firmware.powerOn() }
      }
      return isIn
    }

    func respond(to bytes: UnsafeRawBufferPointer, encoder: any FrameEncoder) -> [UInt8] {
      _ = hasPower
      return cyton.respond(to: bytes, encoder: encoder)
    }

    var isStreaming: Bool { hasPower && cyton.isStreaming }
    var stopCount: Int { cyton.stopCount }

    func announcementWhileSilent(encoder: any FrameEncoder) -> [UInt8] {
      hasPower ? cyton.announcementWhileSilent(encoder: encoder) : []
    }
  }
}

/// A converter on SPI whose supply is switched, with a bus that reads zeros and no edges while it is off. Its time is
/// the host's.
final class SPIChip: ReturningDevice {
  private let board: BoardProfile
  private let bus: Bus

  /// - Parameter name: a profile of a board on SPI.
  init(_ name: String) throws {
    board = try profile(name)
    guard let map = board.chip.flatMap(ADS129xMap.init) else {
      throw SourceError("\(name) has no chip of the family")
    }
    let chip = SimulatedADS1298(
      map, signal: try patient(sampleRate: 500), leads: board.channels.map(\.lead))
    bus = Bus(chip)
  }

  func source() throws -> any SampleSource {
    let chip = bus.chip
    return try SPIBoard(board).source(
      bus: bus, line: bus, reset: board.spi?.reset == nil ? nil : chip.resetLine,
      start: board.spi?.start == nil ? nil : chip.startLine, provenance: .simulated,
      pause: { [bus] in bus.pause(nanoseconds: $0) })
  }

  func takeAway() { bus.hasSupply.store(false, ordering: .releasing) }
  func bringBack() { bus.hasSupply.store(true, ordering: .releasing) }

  /// The chip's bus and its data-ready line. All but `hasSupply` is the source's thread's.
  private final class Bus: SPIBus, DataReadyLine {
    let chip: SimulatedADS1298
    let hasSupply = Atomic<Bool>(true)
    private let line: SimulatedDataReadyLine
    private var hadSupply = true

    init(_ chip: SimulatedADS1298) {
      self.chip = chip
      line = chip.dataReadyLine()
      chip.pause(nanoseconds: clinux_monotonic_nanoseconds() &- chip.nanoseconds)
    }

    var queueCapacity: Int { line.queueCapacity }

    var nanoseconds: UInt64 {
      follow()
      return chip.nanoseconds
    }

    func pause(nanoseconds: UInt64) {
      clinux_sleep_nanoseconds(nanoseconds)
      follow()
    }

    func transfer(
      _ transmit: UnsafePointer<UInt8>, _ receive: UnsafeMutablePointer<UInt8>, count: Int,
      clockHz: UInt32, holdMicroseconds: UInt16
    ) -> Int32 {
      follow()
      return chip.transfer(
        transmit, receive, count: count, clockHz: clockHz, holdMicroseconds: holdMicroseconds)
    }

    func takeEdges(
      into edges: UnsafeMutableBufferPointer<DataReadyEdge>, waitMilliseconds: Int32
    ) -> Int {
      let end = clinux_monotonic_nanoseconds() &+ UInt64(waitMilliseconds) &* 1_000_000
      while true {
        follow()
        let count = line.takeEdges(into: edges, waitMilliseconds: 0)
        if hadSupply && count > 0 { return count }
        guard clinux_monotonic_nanoseconds() < end else { return 0 }
        clinux_sleep_nanoseconds(500_000)
      }
    }

    /// Brings the chip to the host's time, and to its supply as it is now.
    private func follow() {
      let now = clinux_monotonic_nanoseconds()
      if now > chip.nanoseconds { chip.pause(nanoseconds: now &- chip.nanoseconds) }
      let hasSupply = hasSupply.load(ordering: .acquiring)
      guard hasSupply != hadSupply else { return }
      hadSupply = hasSupply
      chip.faults.silence = hasSupply ? nil : .low
      if hasSupply { chip.brownOut() }
    }
  }
}
