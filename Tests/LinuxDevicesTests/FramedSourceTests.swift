// The source of frames on a channel in memory: formats that change, commands, and a read path without allocations.

import Devices
import ECGSignal
import FrontEnds
import TestSupport
import Testing

@testable import LinuxDevices

/// A bridge of two leads.
final class MemoryBridge {
  private let encoder: BridgeEncoder
  private let storage = SampleBlockStorage(channelCount: 2)
  private var frame = [UInt8](repeating: 0, count: BridgeFrame.encodedByteCountMax)

  init(_ provenance: Provenance, sampleRate: Double = 500) {
    encoder = BridgeEncoder(
      hello: BridgeHello(
        frontEnd: "bench", provenance: provenance, sampleRate: sampleRate,
        referenceMicrovolts: 2_400_000, adcBits: 24, leads: [.I, .II], gain: 6))
  }

  func hello() -> [UInt8] { Array(frame[..<encoder.announce(into: &frame)]) }

  func samples(at index: Int64) -> [UInt8] {
    storage.block.header.pointee.firstIndex = index
    storage.block.header.pointee.sampleCount = 10
    return Array(frame[..<encoder.encode(storage.block, samples: 0..<10, into: &frame)])
  }
}

@Test(
  "a front-end that is switched to its test signal, or to another rate, ends the stream and says why"
)
func formatChange() throws {
  for (changed, word) in [
    (MemoryBridge(.testSignal), "testSignal"), (MemoryBridge(.live, sampleRate: 250), "250.0 Hz"),
  ] {
    let channel = MemoryChannel()
    let bridge = MemoryBridge(.live)
    channel.incoming = bridge.hello() + bridge.samples(at: 0) + bridge.hello() + changed.hello()
    let source = FramedSource(channel: channel, decoder: BridgeDecoder())
    #expect(try source.open().provenance == .live)
    let storage = SampleBlockStorage(channelCount: 2)
    #expect(source.read(into: storage.block) == .samples)
    #expect(source.endReason == nil)
    #expect(source.read(into: storage.block) == .ended)
    #expect(source.endReason?.contains(word) == true)
  }
}

@Test("what a program sends in a format that cannot say so is no patient")
func emulatedFormat() throws {
  let format = SignalFormat(
    sampleRate: 250, channels: [Channel(name: "I", lead: .I, microvoltsPerCode: 1)],
    provenance: .live, sourceName: "cyton")
  func opened(_ channel: MemoryChannel) throws -> Provenance {
    let settings = WireSettings(sampleRate: 250, channelCount: 1, usesHostTime: true)
    return try FramedSource(
      channel: channel, decoder: CytonDecoder(settings), profileFormat: format
    ).open().provenance
  }
  #expect(try opened(MemoryChannel()) == .live)
  #expect(try opened(MemoryChannel(isEmulated: true)) == .simulated)
}

@Test("a command is written and its answer awaited; what came meanwhile is let go and told")
func commands() throws {
  let channel = MemoryChannel()
  let bridge = MemoryBridge(.live)
  let tested = MemoryBridge(.testSignal)
  channel.incoming = bridge.hello() + bridge.samples(at: 0)
  let source = FramedSource(channel: channel, decoder: BridgeDecoder())
  _ = try source.open()
  channel.onWrite = { channel in
    channel.incoming += bridge.samples(at: 10) + bridge.samples(at: 20) + tested.hello()
    channel.incoming += tested.samples(at: 30)
  }
  try source.send([7, 8])
  #expect(channel.written == [7, 8])
  #expect(
    try source.readOn(seconds: 10, switchesInputs: true) {
      $0.announcedFormat?.provenance == .testSignal
    })
  let storage = SampleBlockStorage(channelCount: 2)
  storage.block.header.pointee = SampleBlock.Header()
  #expect(source.read(into: storage.block) == .samples)
  #expect(storage.block.header.pointee.firstIndex == 30)
  #expect(storage.block.header.pointee.gapBefore == 30)
  #expect(storage.block.header.pointee.gapCause == .inputsSwitched)
  #expect(source.endReason == nil)
  #expect(try !source.readOn(seconds: 0.01, switchesInputs: false) { _ in false })
}

/// The first index, the gap and its cause of each block that can be read.
private func blocks(
  _ source: FramedSource<MemoryChannel, BridgeDecoder>
) -> [(index: Int64, gap: Int64, cause: GapCause)] {
  let storage = SampleBlockStorage(channelCount: 2)
  var blocks: [(index: Int64, gap: Int64, cause: GapCause)] = []
  while source.read(into: storage.block) == .samples {
    let header = storage.block.header.pointee
    blocks.append((header.firstIndex, header.gapBefore, header.gapCause))
  }
  return blocks
}

@Test(
  "samples that come while a command is awaited are read afterwards, in their order and without a gap"
)
func samplesOfACommand() throws {
  let channel = MemoryChannel()
  let bridge = MemoryBridge(.live)
  channel.incoming = bridge.hello() + bridge.samples(at: 0)
  let source = FramedSource(channel: channel, decoder: BridgeDecoder())
  _ = try source.open()
  channel.incoming += bridge.samples(at: 10) + bridge.samples(at: 20) + bridge.hello()
  #expect(try !source.readOn(seconds: 0.05, switchesInputs: false) { _ in false })
  channel.incoming += bridge.samples(at: 40)
  let read = blocks(source)
  #expect(read.map(\.index) == [0, 10, 20, 40])
  #expect(read.map(\.gap) == [0, 0, 0, 10])
  #expect(read.last?.cause == .frontEndOverflow)
}

@Test("what was kept is let go and told when the front-end says that its inputs were switched")
func samplesOfASwitch() throws {
  let channel = MemoryChannel()
  let bridge = MemoryBridge(.live)
  let tested = MemoryBridge(.testSignal)
  channel.incoming = bridge.hello() + bridge.samples(at: 0)
  let source = FramedSource(channel: channel, decoder: BridgeDecoder())
  _ = try source.open()
  channel.incoming += bridge.samples(at: 10) + tested.hello() + tested.samples(at: 20)
  #expect(try !source.readOn(seconds: 0.05, switchesInputs: false) { _ in false })
  channel.incoming += tested.samples(at: 30)
  let read = blocks(source)
  #expect(read.map(\.index) == [20, 30])
  #expect(read.map(\.gap) == [20, 0] && read.first?.cause == .inputsSwitched)
}

@Test("what no longer fits is told as refused, not as switched")
func samplesBeyondTheQueue() throws {
  let channel = MemoryChannel()
  let bridge = MemoryBridge(.live)
  channel.incoming = bridge.hello()
  let source = FramedSource(channel: channel, decoder: BridgeDecoder())
  _ = try source.open()
  for block in 0..<KeptBlocks.capacity + 3 {
    channel.incoming += bridge.samples(at: Int64(block) * 10)
  }
  let end = Int64(KeptBlocks.capacity + 2) * 10
  #expect(
    try source.readOn(seconds: 60, switchesInputs: false) { $0.nextIndex == end + 10 })
  channel.incoming += bridge.samples(at: end + 10)
  let read = blocks(source)
  #expect(read.count == KeptBlocks.capacity + 1)
  #expect(read.last?.gap == 30 && read.last?.cause == .ringFull)
  #expect(read.dropLast().allSatisfy { $0.gap == 0 })
}

@Test("reading allocates nothing", .enabled(if: allocationsAreCountable))
func readingAllocatesNothing() throws {
  let channel = MemoryChannel()
  let bridge = MemoryBridge(.live)
  channel.incoming = bridge.hello()
  for block in 0..<200 { channel.incoming += bridge.samples(at: Int64(block) * 10) }
  let source = FramedSource(channel: channel, decoder: BridgeDecoder())
  _ = try source.open()
  let storage = SampleBlockStorage(channelCount: 2)
  var blocks = 0
  if source.read(into: storage.block) == .samples { blocks += 1 }
  let allocations = countAllocations {
    while source.read(into: storage.block) == .samples { blocks += 1 }
  }
  #expect(blocks == 200)
  #expect(allocations == 0)
}
