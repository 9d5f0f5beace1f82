// The limits before anything is decrypted: a flood costs its sender, not the others.

import Devices
import TestSupport
import Testing

@testable import Central

@Suite struct SourceLimitsTests {
  static func peer(_ address: UInt64, port: UInt16 = 1) -> DatagramPeer {
    DatagramPeer(addressHigh: 0, addressLow: 0xFFFF_0000_0000 | address, scope: 0, port: port)
  }

  @Test("a source that floods is cut to its rate, whatever its port, and another is not")
  func flood() {
    var limits = SourceLimits(at: 0)
    var allowed = 0
    // Ten seconds, a hundred thousand datagrams a second from one, one a second from the other.
    for millisecond in 0..<10_000 {
      let now = UInt64(millisecond) * 1_000_000
      for index in 0..<100 where limits.allows(Self.peer(1, port: UInt16(index)), at: now) {
        allowed += 1
      }
      if millisecond % 1000 == 0 {
        let isOtherAllowed = limits.allows(Self.peer(2), at: now)
        #expect(isOtherAllowed)
      }
    }
    let expected = SourceLimits.perSourceAndSecond * 11
    #expect(Double(allowed) <= expected && Double(allowed) > expected * 0.99)
    #expect(limits.refused == 1_000_000 - Int64(allowed))
  }

  @Test("a million forged addresses cost bounded memory, and known devices are still heard")
  func forgedAddresses() {
    var limits = SourceLimits(at: 0)
    let device = Self.peer(0xFFFF_FFFF)
    _ = limits.allows(device, at: 0)
    limits.noteGenuine(device, at: 0)
    // A hundred thousand a second, for ten seconds; the device speaks once a second.
    for address in 0..<1_000_000 {
      let now = UInt64(address) * 10_000
      _ = limits.allows(Self.peer(UInt64(address)), at: now)
      if address % 100_000 == 99_999 {
        let isHeard = limits.allows(device, at: now)
        #expect(isHeard)
        limits.noteGenuine(device, at: now)
      }
    }
    #expect(limits.sourceCount <= SourceLimits.sourcesMax)
    #expect(limits.refused > 500_000)
  }

  @Test("an IPv6 source is the network that its owner has")
  func networks() {
    var limits = SourceLimits(at: 0)
    var allowed = 0
    for host in 0..<20_000 {
      let peer = DatagramPeer(
        addressHigh: 0x2001_0DB8_0000_0001, addressLow: UInt64(host), scope: 0, port: 9)
      if limits.allows(peer, at: 0) { allowed += 1 }
    }
    #expect(Double(allowed) == SourceLimits.perSourceAndSecond)
  }

  @Test("what is taken from the system is bounded over all sources")
  func total() {
    var limits = SourceLimits(at: 0)
    var taken = 0
    for millisecond in 0..<10_000 {
      while limits.mayReceive(at: UInt64(millisecond) * 1_000_000) { taken += 1 }
    }
    #expect(Double(taken) <= SourceLimits.perSecond * 10.1)
    #expect(Double(taken) > SourceLimits.perSecond * 9.9)
  }
}
