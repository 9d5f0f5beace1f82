// A bridge on the network that says it is live: a whole front-end but for its patient. What no emulator may say, a test
// of what happens to patients must.

import CLinux
import ECGSignal
import Foundation
import FrontEnds
import Synchronization
import TestSupport

/// Sends bridge frames to a port of this machine, 500 samples a second, until it is gone.
final class LiveBridge {
  let port: UInt16
  private let isOver: Over
  private let ended = DispatchSemaphore(value: 0)

  private final class Over: Sendable { let flag = Atomic<Bool>(false) }

  /// - Parameters:
  ///   - id: of its HELLO.
  ///   - namesUnit: whether the id is of this unit alone.
  init(_ id: String, namesUnit: Bool) {
    let (socket, port) = Self.open()
    let over = Over()
    (self.port, isOver) = (port, over)
    var hello = BridgeHello(
      frontEnd: id, provenance: .live, sampleRate: 500, referenceMicrovolts: 2_400_000,
      adcBits: 24, leads: [.I, .II], gain: 6)
    hello.namesUnit = namesUnit
    let encoder = BridgeEncoder(hello: hello)
    nonisolated(unsafe) let handed = encoder
    let ended = ended
    Thread.detachNewThread {
      Self.stream(handed, into: socket) { over.flag.load(ordering: .relaxed) }
      close(socket)
      ended.signal()
    }
  }

  deinit {
    isOver.flag.store(true, ordering: .relaxed)
    ended.wait()
  }

  /// A socket that is connected to a port of which nobody listens yet.
  private static func open() -> (Int32, UInt16) {
    let listening = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let sending = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
        precondition(bind(listening, general, length) == 0)
        precondition(getsockname(listening, general, &length) == 0)
        precondition(connect(sending, general, length) == 0)
      }
    }
    close(listening)
    return (sending, UInt16(bigEndian: address.sin_port))
  }

  private static func stream(
    _ encoder: BridgeEncoder, into socket: Int32, until isOver: () -> Bool
  ) {
    let block = SampleBlockStorage(channelCount: 2)
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: BridgeEncoder.frameByteCountMax)
    defer { bytes.deallocate() }
    var random = SeededRandom(seed: 3)
    let start = clinux_monotonic_nanoseconds()
    for frame in 0... {
      if isOver() { return }
      // Nobody may be there yet: HELLO comes four times a second.
      if frame % 12 == 0 { send(socket, bytes, encoder.announce(into: bytes), 0) }
      for sample in 0..<10 {
        // Shorted inputs: a few codes of noise about 100 microvolts.
        for channel in 0..<2 {
          block.block.channel(channel)[sample] = 2097 + Int32(random.next() % 20)
        }
      }
      block.block.header.pointee.firstIndex = Int64(frame * 10)
      block.block.header.pointee.sampleCount = 10
      send(socket, bytes, encoder.encode(block.block, samples: 0..<10, into: bytes), 0)
      let due = start &+ UInt64(frame + 1) &* 20_000_000
      let now = clinux_monotonic_nanoseconds()
      if due > now { clinux_sleep_nanoseconds(due &- now) }
    }
  }
}
