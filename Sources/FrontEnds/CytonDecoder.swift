// OpenBCI Cyton packets to blocks: A0 | counter | 8 x int24 | 6 auxiliary bytes | C0...C6, 33 bytes
// (docs.openbci.com/Cyton/CytonDataFormat). No check sum and an 8-bit counter: care is in the resynchronising.

import ECGSignal

/// Decoder of Cyton packets. One thread.
public final class CytonDecoder: FrameDecoder {
  static let packetByteCount = 33
  static let channelCount = 8
  static let startByte: UInt8 = 0xA0
  static let stopBytes: ClosedRange<UInt8> = 0xC0...0xC6

  public private(set) var counters = FrameCounters()
  public private(set) var nextIndex: Int64 = 0
  /// Cyton does not tell its format: it is in the board's profile.
  public var announcedFormat: SignalFormat? { nil }

  private var queue = ByteQueue(capacity: 4096)
  private let sampleRate: Double
  private let usesHostTime: Bool
  private var arrival: UInt64 = 0
  private var expectedCounter: UInt8?
  private var lastArrival: UInt64 = 0
  private var isInStep = false
  private var pendingGap: Int64 = 0
  private var pendingCause = GapCause.none

  /// - Parameter usesHostTime: tells 258 lost packets from 2 by the time that passed; not for replay at
  ///   another speed than the board's.
  public init(sampleRate: Double, usesHostTime: Bool) {
    self.sampleRate = sampleRate
    self.usesHostTime = usesHostTime
  }

  public func feed(_ bytes: UnsafeRawBufferPointer, arrivalNanoseconds: UInt64) -> Int {
    arrival = arrivalNanoseconds
    return queue.append(bytes)
  }

  public func skip(samples: Int64) {
    pendingGap &+= samples
    pendingCause = .deviceLost
    counters.samplesLost &+= samples
    counters.reconnects &+= 1
    expectedCounter = nil
    isInStep = false
    queue.remove(queue.count)
  }

  /// Packets that follow each other without a gap come in one block.
  public func next(into block: SampleBlock, isQuiet: Bool) -> DecodeOutcome {
    var filled = 0
    while queue.count >= Self.packetByteCount && filled < SampleBlock.sampleCountMax {
      let bytes = queue.bytes
      let isExpected = isInStep && bytes[1] == expectedCounter
      guard isFramed(bytes) else {
        if filled > 0 { break }
        slide()
        continue
      }
      if !isExpected {
        if filled > 0 { break }
        // Out of step, or after a jump of the counter, a packet counts only if another follows it.
        let isLast = queue.count == Self.packetByteCount
        if isLast && !isQuiet { return .needsBytes }
        if !isLast && bytes[Self.packetByteCount] != Self.startByte {
          slide()
          continue
        }
      }
      if !dropRepetition(counter: bytes[1]) {
        accept(bytes, into: block, at: filled)
        filled &+= 1
      }
      queue.remove(Self.packetByteCount)
    }
    return filled > 0 ? .samples : .needsBytes
  }

  private func isFramed(_ bytes: UnsafePointer<UInt8>) -> Bool {
    bytes[0] == Self.startByte && Self.stopBytes.contains(bytes[Self.packetByteCount - 1])
  }

  /// A packet with the counter of the last one is that one again, unless the clock says that a whole turn of
  /// the counter went by.
  private func dropRepetition(counter: UInt8) -> Bool {
    guard let expectedCounter, counter == expectedCounter &- 1 else { return false }
    if usesHostTime && Double(arrival &- lastArrival) / 1e9 * sampleRate > 128 { return false }
    counters.framesRepeated &+= 1
    return true
  }

  /// No packet starts here: the next byte is tried.
  private func slide() {
    if isInStep {
      counters.framesCorrupt &+= 1
      counters.resynchronisations &+= 1
    }
    isInStep = false
    counters.bytesDiscarded &+= 1
    queue.remove(1)
  }

  /// Appends a packet to the block; the first one sets its place in time.
  private func accept(_ bytes: UnsafePointer<UInt8>, into block: SampleBlock, at position: Int) {
    let lost = lostPackets(counter: bytes[1])
    if lost > 0 {
      pendingGap &+= lost
      pendingCause = .framesLost
      counters.samplesLost &+= lost
    }
    expectedCounter = bytes[1] &+ 1
    lastArrival = arrival
    isInStep = true
    for channel in 0..<min(Self.channelCount, block.channelCount) {
      block.channel(channel)[position] = BigEndian.read24(bytes + 2 + 3 * channel)
    }
    counters.framesReceived &+= 1
    counters.samplesReceived &+= 1
    let header = block.header
    if position == 0 {
      nextIndex &+= pendingGap
      header.pointee.firstIndex = nextIndex
      header.pointee.gapBefore = pendingGap
      header.pointee.gapCause = pendingCause
      pendingGap = 0
      pendingCause = .none
    }
    header.pointee.sampleCount = Int32(position &+ 1)
    header.pointee.arrivalNanoseconds = arrival
    header.pointee.counters = counters
    nextIndex &+= 1
  }

  /// Packets missing before this one: the counter tells them modulo 256, the clock the rest.
  private func lostPackets(counter: UInt8) -> Int64 {
    guard let expectedCounter else { return 0 }
    let jump = Int64(counter &- expectedCounter)
    guard usesHostTime, arrival > lastArrival else { return jump }
    let elapsedPackets = Double(arrival &- lastArrival) / 1e9 * sampleRate - 1
    let turns = ((elapsedPackets - Double(jump)) / 256).rounded()
    return turns > 0 ? jump &+ Int64(turns) &* 256 : jump
  }
}

/// Encoder of Cyton packets, for emulators and tests.
public struct CytonEncoder {
  private var counter: UInt8 = 0

  /// Bytes of a packet.
  public static let packetByteCount = CytonDecoder.packetByteCount

  /// Starts at counter 0.
  public init() {}

  /// Writes one sample of a block into `destination` (33 bytes). Channels that the block has not are 0, as
  /// those of a board are that are switched off.
  public mutating func encode(
    _ block: SampleBlock, sample: Int, into destination: UnsafeMutablePointer<UInt8>
  ) {
    destination[0] = CytonDecoder.startByte
    destination[1] = counter
    counter &+= 1
    for channel in 0..<CytonDecoder.channelCount {
      let code = channel < block.channelCount ? block.channel(channel)[sample] : 0
      BigEndian.write24(code, to: destination + 2 + 3 * channel)
    }
    for index in 26..<32 { destination[index] = 0 }
    destination[32] = CytonDecoder.stopBytes.lowerBound
  }
}
