// A front-end on a serial port: reads bytes, decodes frames, tells when the device is gone and finds it again.

import CLinux
import Devices
import ECGSignal
import FrontEnds
import Glibc

extension SignalFormat {
  /// The same format, marked as simulated where it claims to be live and is not.
  fileprivate func marked(simulated isSimulated: Bool) -> SignalFormat {
    guard isSimulated && provenance == .live else { return self }
    var format = self
    format.provenance = .simulated
    return format
  }
}

/// A serial front-end with one wire format.
public final class SerialSource<Decoder: FrameDecoder>: SampleSource {
  /// A live front-end waits for nobody; an emulator behind a pseudo-terminal is slowed by its reader.
  public let waitsForConsumer: Bool

  private let path: String
  private let baud: UInt32
  private let decoder: Decoder
  private let profileFormat: SignalFormat?
  private var port: SerialPort?
  private var format: SignalFormat?
  private let buffer: UnsafeMutableRawBufferPointer
  private var unfed = 0
  private var bufferedCount = 0
  private var arrival: UInt64 = 0
  private var lastSamplesArrival: UInt64 = 0

  /// - Parameters:
  ///   - profileFormat: the format where the wire does not tell it.
  public init(
    path: String, baud: UInt32, decoder: Decoder, profileFormat: SignalFormat?,
    waitsForConsumer: Bool
  ) {
    self.path = path
    self.baud = baud
    self.decoder = decoder
    self.profileFormat = profileFormat
    self.waitsForConsumer = waitsForConsumer
    // 1024 bytes are a tenth of a second at 115200 baud.
    buffer = .allocate(byteCount: 1024, alignment: 8)
  }

  deinit { buffer.deallocate() }

  public func open() throws(SourceError) -> SignalFormat {
    port = try SerialPort(path: path, baud: baud)
    let opened: SignalFormat
    if let profileFormat {
      opened = profileFormat.marked(simulated: Self.isPseudoTerminal(path))
    } else {
      opened = try waitForFormat()
    }
    format = opened
    return opened
  }

  /// A frame without a flag of its own, as Cyton's, cannot say that it is emulated; but what comes from a
  /// pseudo-terminal comes from a program.
  private static func isPseudoTerminal(_ path: String) -> Bool {
    guard let real = realpath(path, nil) else { return false }
    defer { free(real) }
    return String(cString: real).hasPrefix("/dev/pts/")
  }

  /// Reads until the front-end has said what it is, at most five seconds.
  private func waitForFormat() throws(SourceError) -> SignalFormat {
    let scratch = SampleBlockStorage(channelCount: SignalFormat.channelCountMax)
    let deadline = clinux_monotonic_nanoseconds() + 5_000_000_000
    while clinux_monotonic_nanoseconds() < deadline {
      if decoder.next(into: scratch.block, isQuiet: false) == .format,
        let format = decoder.announcedFormat
      {
        return format
      }
      guard fetch() != .gone else {
        throw SourceError("\(path) went away while it was opened: check its plug.")
      }
    }
    let counters = decoder.counters
    throw SourceError(
      counters.bytesDiscarded == 0
        ? "\(path) sends nothing: is the front-end powered, and its stream started?"
        : "\(path) sends bytes (\(counters.bytesDiscarded)) but no valid frame: "
          + "it is another format or baud rate, name it with ?format=.")
  }

  public func read(into block: SampleBlock) -> ReadOutcome {
    var isQuiet = false
    while true {
      switch decoder.next(into: block, isQuiet: isQuiet) {
      case .samples:
        lastSamplesArrival = block.header.pointee.arrivalNanoseconds
        return .samples
      case .format:
        // Another front-end, or another rate: what comes cannot be read as what was.
        if decoder.announcedFormat != format { return .ended }
      case .needsBytes:
        if isQuiet { return .idle }
        switch fetch() {
        case .bytes: continue
        case .nothing: isQuiet = true
        case .gone:
          port = nil
          return .disconnected
        }
      }
    }
  }

  private enum Fetch { case bytes, nothing, gone }

  /// Brings more bytes to the decoder.
  private func fetch() -> Fetch {
    if unfed == bufferedCount {
      unfed = 0
      bufferedCount = 0
      guard port != nil else { return .gone }
      switch port?.read(into: buffer, waitMilliseconds: 100) {
      case .bytes(let count)?: bufferedCount = count
      case .nothing?: return .nothing
      case .gone?, nil: return .gone
      }
      arrival = clinux_monotonic_nanoseconds()
    }
    unfed += decoder.feed(
      UnsafeRawBufferPointer(rebasing: buffer[unfed..<bufferedCount]),
      arrivalNanoseconds: arrival)
    return .bytes
  }

  public func reopen() -> Bool {
    guard let format else { return false }
    port = SerialPort(returning: path, baud: baud)
    if port == nil { return false }
    unfed = 0
    bufferedCount = 0
    let awayNanoseconds = clinux_monotonic_nanoseconds() &- lastSamplesArrival
    decoder.skip(samples: Int64(Double(awayNanoseconds) / 1e9 * format.sampleRate))
    return true
  }

  public func close() { port = nil }
}
