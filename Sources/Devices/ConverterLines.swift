// The wires between a converter chip and the computer: its SPI bus, the line that says that a conversion is ready,
// and the lines that reset and start it. Real ones are in LinuxDevices, those of a simulated chip in SimulatedDevices.

/// An SPI bus with one device selected. One thread.
public protocol SPIBus: AnyObject {
  /// One full-duplex transfer with the device selected throughout. Allocates nothing.
  ///
  /// - Parameters:
  ///   - transmit: `count` bytes; zeros where nothing is to be said.
  ///   - receive: room for `count` bytes.
  ///   - clockHz: bits a second.
  ///   - holdMicroseconds: how long the device stays selected after the last bit.
  /// - Returns: 0, or a negative errno.
  func transfer(
    _ transmit: UnsafePointer<UInt8>, _ receive: UnsafeMutablePointer<UInt8>, count: Int,
    clockHz: UInt32, holdMicroseconds: UInt16
  ) -> Int32
}

/// A falling edge of a data-ready line.
public struct DataReadyEdge: Hashable, Sendable, BitwiseCopyable {
  /// When it fell, in nanoseconds of the line's clock.
  public var nanoseconds: UInt64
  /// Its number on this line, those that were lost before they could be read counted; 0 where edges are not numbered.
  public var sequence: UInt32

  /// An edge.
  public init(nanoseconds: UInt64, sequence: UInt32) {
    self.nanoseconds = nanoseconds
    self.sequence = sequence
  }
}

/// The line by which a converter says that a conversion is ready. One thread.
public protocol DataReadyLine: AnyObject {
  /// The clock of the edges, now: CLOCK_MONOTONIC for a real line.
  var nanoseconds: UInt64 { get }

  /// Edges that wait at most while nobody takes them.
  var queueCapacity: Int { get }

  /// Waits at most so long, then takes the edges that are there, oldest first. Allocates nothing.
  ///
  /// - Returns: their count, 0 where none came, or a negative errno where the line is gone.
  func takeEdges(
    into edges: UnsafeMutableBufferPointer<DataReadyEdge>, waitMilliseconds: Int32
  ) -> Int
}

/// A line that the computer drives: a reset, a start, a lamp. One thread.
public protocol OutputLine: AnyObject {
  /// Drives the line high or low.
  func set(_ isHigh: Bool) throws(SourceError)
}
