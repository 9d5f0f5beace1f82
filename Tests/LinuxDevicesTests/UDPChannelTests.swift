// Bridge frames over datagrams on this machine: who is listened to, what is lost, what is counted.

import Devices
import ECGSignal
import Foundation
import FrontEnds
import TestSupport
import Testing

@testable import LinuxDevices

/// Somebody who sends datagrams to a port of this machine.
private final class Sender {
  private let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
  private let port: UInt16

  init(to port: UInt16) { self.port = port }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    let count = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(
          descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    #expect(count == bytes.count)
  }
}

/// Frames of a bridge with one lead whose codes are the samples' numbers.
private final class Bridge {
  private let encoder = BridgeEncoder(
    hello: BridgeHello(
      frontEnd: "net", provenance: .simulated, sampleRate: 500, referenceMicrovolts: 2_400_000,
      adcBits: 24, leads: [.II], gain: 6))
  private let storage = SampleBlockStorage(channelCount: 1)
  private var frame = [UInt8](repeating: 0, count: BridgeFrame.encodedByteCountMax)
  private var index: Int64 = 0

  func hello() -> [UInt8] { Array(frame[..<encoder.announce(into: &frame)]) }

  /// The next ten samples.
  func samples() -> [UInt8] {
    storage.block.header.pointee.firstIndex = index
    storage.block.header.pointee.sampleCount = 10
    for sample in 0..<10 { storage.block.channel(0)[sample] = Int32(index) + Int32(sample) }
    index += 10
    return Array(frame[..<encoder.encode(storage.block, samples: 0..<10, into: &frame)])
  }
}

/// What a read brought: the index of the first sample and the gap before it.
private struct Received: Equatable {
  var first: Int64
  var gap: Int64
}

extension FramedSource {
  fileprivate func next(_ storage: borrowing SampleBlockStorage) -> Received? {
    let header = storage.block.header
    header.pointee = SampleBlock.Header()
    guard read(into: storage.block) == .samples else { return nil }
    return Received(first: header.pointee.firstIndex, gap: header.pointee.gapBefore)
  }
}

@Test("frames come one or several a datagram; a datagram that is lost is a gap of its length")
func datagrams() throws {
  let channel = try UDPChannel(port: 0)
  let source = FramedSource(channel: channel, decoder: BridgeDecoder())
  try channel.open()
  let bridge = Bridge()
  let sender = Sender(to: channel.port)
  sender.send(bridge.hello())
  sender.send(bridge.samples())
  sender.send(bridge.samples() + bridge.samples() + bridge.samples())
  _ = bridge.samples()
  sender.send(bridge.samples())
  let storage = SampleBlockStorage(channelCount: 1)
  for expected in [(0, 0), (10, 0), (20, 0), (30, 0), (50, 10)] as [(Int64, Int64)] {
    #expect(source.next(storage) == Received(first: expected.0, gap: expected.1))
    #expect(Int64(storage.block.channel(0)[0]) == expected.0)
  }
  #expect(source.next(storage) == nil)
}

@Test("only the first sender is listened to; another port of its address only after a silence")
func firstSender() throws {
  let channel = try UDPChannel(port: 0)
  let source = FramedSource(channel: channel, decoder: BridgeDecoder())
  try channel.open()
  let storage = SampleBlockStorage(channelCount: 1)
  let bridge = Bridge()
  let sender = Sender(to: channel.port)
  let stranger = Sender(to: channel.port)
  sender.send(bridge.hello() + bridge.samples())
  #expect(source.next(storage)?.first == 0)
  for _ in 0..<3 { stranger.send(Bridge().samples()) }
  sender.send(bridge.samples())
  var received: Received?
  for _ in 0..<4 where received == nil { received = source.next(storage) }
  #expect(received == Received(first: 10, gap: 0))
  #expect(channel.datagramsForeign == 3)
  #expect(storage.block.header.pointee.counters.datagramsForeign == 3)
  // A bridge that has started again sends from a port of its own.
  channel.silenceNanoseconds = 0
  stranger.send(bridge.samples())
  #expect(source.next(storage)?.first == 20)
  #expect(channel.datagramsForeign == 3)
}

@Test("a configured address is the only one; what is no address is refused")
func configuredSender() throws {
  let elsewhere = try UDPChannel(port: 0, address: "192.0.2.1")
  try elsewhere.open()
  #expect(!elsewhere.isEmulated)
  Sender(to: elsewhere.port).send([1, 2, 3])
  var bytes = [UInt8](repeating: 0, count: elsewhere.readByteCountMax)
  let read = bytes.withUnsafeMutableBytes { elsewhere.read(into: $0, waitMilliseconds: 1000) }
  #expect(read == .nothing)
  #expect(elsewhere.datagramsForeign == 1)
  #expect(try UDPChannel(port: 0, address: "127.0.0.1").isEmulated)
  #expect(throws: SourceError.self) { try UDPChannel(port: 5515, address: "bridge.local") }
  #expect(throws: SourceError.self) { try UDPChannel(port: elsewhere.port).open() }
}
