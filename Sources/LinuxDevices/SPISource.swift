// A converter on an SPI bus: waits for its data-ready line, reads one frame a conversion, and says of every conversion
// that it could not read in time that it is lost.

import CLinux
import Devices
import ECGSignal
import FrontEnds

/// A source of an ADS129x behind SPI. It never reads without a data-ready edge.
///
/// Conversions that were finished while nobody read are lost but the newest, which is still in the chip. A frame that
/// was clocked out across an edge is two halves: it is read again, so that what is shown is one conversion, once.
public final class SPISource<Bus: SPIBus, Line: DataReadyLine, Decoder: FrameDecoder>: SampleSource
{
  public var waitsForConsumer: Bool { false }
  public var control: (any FrontEndControl)? { chip }

  private let name: String
  private let bus: Bus
  private let line: Line
  private let decoder: Decoder
  private let chip: ADS129xControl
  private let clockHz: UInt32
  private let format: (ADS129xControl) -> SignalFormat
  private let frameByteCount: Int
  private let samplesPerBlock: Int
  private let silenceNanoseconds: UInt64

  private let zeros: UnsafeMutablePointer<UInt8>
  private let frame: UnsafeMutablePointer<UInt8>
  private let edges: UnsafeMutableBufferPointer<DataReadyEdge>
  private var counter: DataReadyCounter
  /// Which change of the inputs the open stream belongs to; -1 while none is open.
  private var generation = -1
  private var input = InputSelection.electrodes
  private var sampleRate = 0.0

  /// Conversions that are finished and not read.
  private var unreadConversions = 0
  /// Conversions that were not read in time, not yet told.
  private var lostConversions: Int64 = 0
  private var hasFrame = false
  /// When the conversion in the frame was ready.
  private var frameNanoseconds: UInt64 = 0
  private var lastNewsNanoseconds: UInt64 = 0
  private var framesBefore: Int64 = 0
  private var framesRefused = 0
  /// What is wrong with the frames that are refused: untold, and the last that was told while none was good.
  private var news: FrontEndNews?
  private var toldNews: FrontEndNews?

  public var fittedSampleRate: Double?

  /// - Parameters:
  ///   - name: the bus, for messages.
  ///   - chip: the control that brings the chip up.
  ///   - decoder: of the chip's frames; it gets whole frames.
  ///   - clockHz: clock of the transfers of frames.
  ///   - format: the format of what comes with the inputs as they are.
  public init(
    name: String, bus: Bus, line: Line, chip: ADS129xControl, decoder: Decoder, clockHz: UInt32,
    format: @escaping (ADS129xControl) -> SignalFormat
  ) {
    self.name = name
    self.bus = bus
    self.line = line
    self.chip = chip
    self.decoder = decoder
    self.clockHz = clockHz
    self.format = format
    let rate = chip.image.sampleRateHz
    frameByteCount = chip.image.map.frameByteCount
    // 10 ms a block: a gap or a pause ends it earlier.
    samplesPerBlock = max(1, min(SampleBlock.sampleCountMax, Int(rate / 100)))
    // Three waits of 100 ms, or 100 periods where they are longer.
    silenceNanoseconds = UInt64(max(0.3, 100 / rate) * 1e9)
    counter = DataReadyCounter(sampleRateHz: rate)
    zeros = .allocate(capacity: frameByteCount)
    zeros.initialize(repeating: 0, count: frameByteCount)
    frame = .allocate(capacity: frameByteCount)
    frame.initialize(repeating: 0, count: frameByteCount)
    edges = .allocate(capacity: line.queueCapacity)
    edges.initialize(repeating: DataReadyEdge(nanoseconds: 0, sequence: 0))
  }

  deinit {
    zeros.deallocate()
    frame.deallocate()
    edges.deallocate()
  }

  /// Brings the chip up, every register read back, unless its inputs were just put on something by `control`.
  public func open() throws(SourceError) -> SignalFormat {
    if chip.selected == nil || chip.generation == generation { try chip.restore() }
    generation = chip.generation
    input = chip.selected ?? .electrodes
    let opened = format(chip)
    sampleRate = opened.sampleRate
    startAfresh()
    return opened
  }

  public func reopen() -> Bool {
    do { try chip.bringUp(input) } catch { return false }
    generation = chip.generation
    let away = line.nanoseconds &- lastNewsNanoseconds
    let sampleRate = fittedSampleRate ?? self.sampleRate
    decoder.skip(samples: Int64(Double(away) / 1e9 * sampleRate), cause: .deviceLost)
    startAfresh()
    return true
  }

  public func close() {
    chip.halt()
    generation = -1
  }

  /// Nothing that happened before counts.
  private func startAfresh() {
    while line.takeEdges(into: edges, waitMilliseconds: 0) > 0 {}
    counter.restart()
    unreadConversions = 0
    lostConversions = 0
    hasFrame = false
    framesRefused = 0
    framesBefore = decoder.counters.framesReceived
    lastNewsNanoseconds = line.nanoseconds
  }

  public func read(into block: SampleBlock) -> ReadOutcome {
    // The inputs are on something else than what the stream was opened for.
    guard chip.generation == generation else { return .ended }
    // At another rate than was set: the chip has lost its settings, what it sends is not what it seems.
    if counter.isOffRate { return .disconnected }
    var gathered = 0
    while gathered < samplesPerBlock {
      if !hasFrame {
        switch readFrame() {
        case .frame: hasFrame = true
        case .nothing: return give(block, isSilent: true)
        case .gone: return gathered > 0 ? give(block, isSilent: true) : .disconnected
        }
      }
      if lostConversions > 0 {
        if gathered > 0 { break }
        decoder.skip(samples: lostConversions, cause: .frontEndOverflow)
        lostConversions = 0
      }
      let bytes = UnsafeRawBufferPointer(start: frame, count: frameByteCount)
      _ = decoder.feed(bytes, arrivalNanoseconds: frameNanoseconds)
      hasFrame = false
      gathered &+= 1
    }
    return give(block, isSilent: false)
  }

  private func give(_ block: SampleBlock, isSilent: Bool) -> ReadOutcome {
    let outcome = decoder.next(into: block, isQuiet: true)
    let received = decoder.counters.framesReceived
    if received != framesBefore {
      framesBefore = received
      framesRefused = 0
      toldNews = nil
    } else if !isSilent {
      framesRefused &+= samplesPerBlock
    }
    if outcome == .samples { return .samples }
    let silence = line.nanoseconds &- lastNewsNanoseconds
    // No edges, or nothing but frames that are none.
    if framesRefused > 50 { diagnose() }
    let isAway = silence > silenceNanoseconds || framesRefused > 50
    return isAway ? .disconnected : .idle
  }

  /// Names what is wrong with frames that are none, by the last one; the same thing once.
  private func diagnose() {
    let found: FrontEndNews =
      switch ADS1298Frame.diagnose(UnsafeRawBufferPointer(start: frame, count: frameByteCount)) {
      case .wrongMode: .wrongMode
      case .allZeros: .allZeros
      case .allOnes: .allOnes
      case .frame, .unknown: .noFrames
      }
    if found != toldNews { news = found }
    toldNews = found
  }

  public func takeNews() -> FrontEndNews? {
    defer { news = nil }
    return news
  }

  private enum Fetch { case frame, nothing, gone }

  /// Waits for a conversion and reads the newest into `frame`; the others count as lost.
  private func readFrame() -> Fetch {
    if unreadConversions == 0 {
      let count = takeEdges(waitMilliseconds: 100)
      guard count >= 0 else { return .gone }
      for index in 0..<count { note(edges[index]) }
      if count == edges.count && edges[0].sequence == 0 {
        unreadConversions &+= counter.catchUp(to: line.nanoseconds)
      }
      guard unreadConversions > 0 else { return .nothing }
    }
    for _ in 0..<8 {
      let before = line.nanoseconds
      let result = bus.transfer(
        zeros, frame, count: frameByteCount, clockHz: clockHz, holdMicroseconds: 0)
      guard result == 0 else { return .gone }
      let after = line.nanoseconds
      let found = takeEdges(waitMilliseconds: 0)
      guard found >= 0 else { return .gone }
      var isTorn = false
      var laterEdges = 0
      for index in 0..<found {
        let edge = edges[index].nanoseconds
        isTorn = isTorn || edge > before && edge <= after
        if edge > after { laterEdges &+= 1 } else { note(edges[index]) }
      }
      if !isTorn {
        lostConversions &+= Int64(unreadConversions &- 1)
        unreadConversions = 0
        frameNanoseconds = counter.lastNanoseconds
      }
      for index in (found &- laterEdges)..<found { note(edges[index]) }
      if !isTorn { return .frame }
    }
    return .nothing
  }

  private func note(_ edge: DataReadyEdge) {
    unreadConversions &+= counter.conversions(edge)
  }

  private func takeEdges(waitMilliseconds: Int32) -> Int {
    let count = line.takeEdges(into: edges, waitMilliseconds: waitMilliseconds)
    if count > 0 { lastNewsNanoseconds = line.nanoseconds }
    return count
  }
}
