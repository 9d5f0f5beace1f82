// How many samples a device that was away did not send: by the rate that its arrivals tell, not by the nominal one.

import ECGSignal
import FrontEnds
import Testing

@testable import LinuxDevices

@Test(
  "a minute away is counted by the true rate: 0.5 % of it would be 150 samples",
  arguments: [497.5, 502.5])
func absence(trueRate: Double) throws {
  let channel = MemoryChannel()
  channel.time = 1_000_000_000
  let bridge = MemoryBridge(.live)
  channel.incoming = bridge.hello() + bridge.samples(at: 0)
  let source = FramedSource(channel: channel, decoder: BridgeDecoder())
  _ = try source.open()
  let storage = SampleBlockStorage(channelCount: 2)
  #expect(source.read(into: storage.block) == .samples)
  source.fittedSampleRate = trueRate
  channel.isPlugged = false
  #expect(source.read(into: storage.block) == .disconnected)
  channel.isPlugged = true
  #expect(source.reopen())
  channel.time = 61_000_000_000
  // What stood on the line when the plug was pulled ends with the next delimiter.
  channel.incoming += [0] + bridge.hello() + bridge.samples(at: 5000)
  #expect(source.read(into: storage.block) == .samples)
  let header = storage.block.header.pointee
  #expect(header.gapCause == .deviceLost)
  // To the newest sample of the frame that came first.
  #expect(header.gapBefore + Int64(header.sampleCount) == Int64(60 * trueRate))
}
