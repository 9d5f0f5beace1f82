// The whole real byte path inside one program: an emulated front-end writes frames into a pseudo-terminal, and
// the same serial source that a device would have reads them.

import Devices
import ECGSignal
import FrontEnds
import LinuxDevices

/// A source that is an emulated front-end and its serial line.
public final class SimulatedSource: SampleSource {
  public let waitsForConsumer: Bool
  private let frontEnd: EmulatedFrontEnd
  private let serial: FramedSource<SerialChannel, BridgeDecoder>

  /// A simulated or replayed signal behind a bridge at a pace.
  public init(signal: any EmulatedSignal, speed: PlaybackSpeed) throws(SourceError) {
    let terminal = try PseudoTerminal()
    waitsForConsumer = speed == .maximum
    frontEnd = EmulatedFrontEnd(
      signal: signal, wireFormat: .bridge, terminal: terminal, speed: speed)
    serial = FramedSource(
      channel: SerialChannel(path: terminal.path, baud: 115_200), decoder: BridgeDecoder(),
      waitsForConsumer: speed == .maximum, keepsRealTime: speed == .realTime)
  }

  public var keepsRealTime: Bool { serial.keepsRealTime }

  public var endReason: String? { serial.endReason }

  public func open() throws(SourceError) -> SignalFormat {
    frontEnd.start()
    return try serial.open()
  }

  public func read(into block: SampleBlock) -> ReadOutcome { serial.read(into: block) }

  public func reopen() -> Bool { serial.reopen() }

  public func close() {
    frontEnd.stop()
    serial.close()
  }
}
