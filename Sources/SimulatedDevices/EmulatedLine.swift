// The sending half of an emulated front-end and its line: frames, what happens to them on the way, and when the
// bytes arrive. Without threads, files or clocks: ten hours pass as fast as they can be computed.

import ECGSignal
import FrontEnds

/// What arrived at the host in a piece of time.
public struct LineArrival {
  /// When, in nanoseconds of host time since the line began.
  public var nanoseconds: UInt64 = 0
  /// The bytes that arrived; often none.
  public var bytes: [UInt8] = []
  /// Where in `bytes` each frame that was sent ends.
  public var frameEnds: [Int] = []
  /// Whether the device is there.
  public var isPlugged = true
  /// Whether its board has power.
  public var hasPower = true
}

/// A front-end and its line in simulated time. One thread.
public final class EmulatedLine {
  /// What was sent so far.
  public private(set) var sent = EmulatedFrontEnd.Sent()
  /// The encoder of the stream.
  public private(set) var encoder: any FrameEncoder
  /// What the frames carry.
  public var format: SignalFormat { board.format }
  /// Places of the samples whose frame was damaged, of the last piece of time.
  private(set) var damaged: [Range<Int64>] = []
  let board: EmulatedBoard

  private let encoderType: any FrameEncoder.Type
  private let frontEnd: (any SelfDescribing)?
  private let faults: LineFaults
  private let frame: UnsafeMutablePointer<UInt8>
  private var wire: WireNoise
  private var stall: EpisodeClock
  private var outage: EpisodeClock
  private var unplug: EpisodeClock
  private var powerCut: EpisodeClock
  private var waiting = LineArrival()
  private var nextHelloSeconds = 0.0
  /// The first sample of a frame that is not full yet.
  private var openPlace: Int64?

  /// The front-end of a wire format that measures a signal.
  ///
  /// - Parameters:
  ///   - converter: the board's, where it is not the usual one of its format.
  ///   - repeats: begin the signal again when it ends.
  public init(
    signal: any EmulatedSignal, wireFormat: WireFormat, converter: WireConverter? = nil,
    faults: LineFaults = LineFaults(), repeats: Bool = false
  ) {
    encoderType = wireFormat.encoder
    board = EmulatedBoard(
      signal: signal, encoder: encoderType, converter: converter ?? encoderType.converter,
      faults: faults, repeats: repeats)
    encoder = encoderType.init(board.format)
    frontEnd = signal as? any SelfDescribing
    self.faults = faults
    frame = .allocate(capacity: encoderType.frameByteCountMax)
    wire = WireNoise(faults)
    stall = EpisodeClock(\.stall, of: faults, stream: 21)
    outage = EpisodeClock(\.outage, of: faults, stream: 22)
    unplug = EpisodeClock(\.unplug, of: faults, stream: 23)
    powerCut = EpisodeClock(\.powerCut, of: faults, stream: 24)
    frontEnd?.start(encoder)
  }

  deinit { frame.deallocate() }

  /// Goes on by a piece of time, some 20 ms; nil at the end of the signal.
  public func next() -> LineArrival? {
    guard board.measure(counting: &sent) else { return nil }
    let span = board.span
    damaged.removeAll(keepingCapacity: true)
    if board.lostCount > 0 { encoder.lose(samples: board.lostCount) }
    let isAway = unplug.isActive(from: span.begin, to: span.end)
    let isOut = outage.isActive(from: span.begin, to: span.end)
    let isStalled = stall.isActive(from: span.begin, to: span.end)
    let isOff = powerCut.isActive(from: span.begin, to: span.end)
    (sent.unplugs, sent.outages, sent.stalls) = (unplug.count, outage.count, stall.count)
    sent.powerCuts = powerCut.count
    if isAway != !waiting.isPlugged || isOff != !waiting.hasPower {
      change(isAway: isAway, isOff: isOff)
    }
    announce(isCut: isAway || isOut || isOff)
    sendSamples(isCut: isAway || isOut || isOff)
    let isBundling =
      faults.bundleSeconds > 0
      && (span.begin / faults.bundleSeconds).rounded(.down)
        == (span.end / faults.bundleSeconds).rounded(.down)
    waiting.nanoseconds = UInt64(span.end * 1e9)
    guard !isStalled && !isBundling else {
      return LineArrival(
        nanoseconds: waiting.nanoseconds, isPlugged: waiting.isPlugged, hasPower: waiting.hasPower)
    }
    defer { waiting = LineArrival(isPlugged: waiting.isPlugged, hasPower: waiting.hasPower) }
    sent.bytes += Int64(waiting.bytes.count)
    return waiting
  }

  /// The front-end stopped before it sent these.
  func drop(_ arrival: inout LineArrival) {
    sent.framesLostOnLine += Int64(arrival.frameEnds.count)
    sent.bytes -= Int64(arrival.bytes.count)
    arrival.bytes = []
    arrival.frameEnds = []
  }

  /// Pulled out, or without power: what is still on the line is lost. Back again: the front-end begins anew.
  private func change(isAway: Bool, isOff: Bool) {
    let wasGone = !waiting.isPlugged || !waiting.hasPower
    if isAway || isOff { sent.framesLostOnLine += Int64(waiting.frameEnds.count) }
    waiting = LineArrival(isPlugged: !isAway, hasPower: !isOff)
    if wasGone && !isAway && !isOff {
      encoder = encoderType.init(board.format)
      openPlace = nil
      frontEnd?.start(encoder)
      nextHelloSeconds = 0
    }
  }

  /// Once a second the front-end tells what it is, where the format can.
  private func announce(isCut: Bool) {
    guard board.span.begin >= nextHelloSeconds else { return }
    nextHelloSeconds = board.span.begin.rounded(.down) + 1
    let count = encoder.announce(into: frame)
    if count > 0 && !isCut { transmit(count, carrying: nil) }
  }

  private func sendSamples(isCut: Bool) {
    let block = board.measured.block
    let samples = Int(block.header.pointee.sampleCount)
    let place = block.header.pointee.firstIndex
    var first = 0
    while first < samples {
      let end = min(first + encoderType.samplesPerFrameMax, samples)
      let count = encoder.encode(block, samples: first..<end, into: frame)
      let begin = openPlace ?? place + Int64(first)
      openPlace = count > 0 ? nil : begin
      if count > 0 { send(count, carrying: begin..<place + Int64(end), isCut: isCut) }
      first = end
    }
  }

  private func send(_ count: Int, carrying places: Range<Int64>, isCut: Bool) {
    sent.frames += 1
    if isCut {
      sent.framesLostOnLine += 1
    } else {
      transmit(count, carrying: places)
    }
  }

  /// A frame on the wire, which may drop, damage or repeat it.
  private func transmit(_ count: Int, carrying places: Range<Int64>?) {
    let bytes = UnsafeMutableBufferPointer(start: frame, count: count)
    let copies = wire.pass(bytes, isFaulty: board.span.begin < faults.endSeconds)
    if let places {
      sent.framesDropped += copies == 0 ? 1 : 0
      sent.framesDuplicated += copies == 2 ? 1 : 0
      sent.framesCorrupted += wire.hasDamaged ? 1 : 0
      if wire.hasDamaged { damaged.append(places) }
    }
    sent.bursts = wire.burstCount
    for _ in 0..<copies {
      waiting.bytes.append(contentsOf: bytes)
      waiting.frameEnds.append(waiting.bytes.count)
    }
  }
}
