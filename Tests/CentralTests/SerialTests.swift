// Datagrams on a serial line: whatever damages the bytes, the next whole frame comes through, and nothing else does.

import AlertLink
import Devices
import LinuxDevices
import TestSupport
import Testing

@Suite struct SerialTests {
  static func datagram(_ random: inout SeededRandom) -> [UInt8] {
    let count = Int(random.next() % UInt64(SerialFraming.datagramByteCountMax + 1))
    // Zeros are what stuffing is about: half of the datagrams are full of them.
    let sparse = random.next() % 2 == 0
    return (0..<count).map { _ in
      let word = random.next()
      return sparse && word % 4 != 0 ? 0 : UInt8(truncatingIfNeeded: word >> 8)
    }
  }

  @Test("the check value of the CRC is the published one")
  func checkValue() { #expect(SerialFraming.checksum(Array("123456789".utf8)) == 0x29B1) }

  @Test("published examples of byte stuffing come out as they should")
  func published() {
    // Cheshire and Baker 1999, and the examples that everybody shows: 00; 00 00; 11 22 00 33. The CRC follows.
    for datagram: [UInt8] in [
      [], [0], [0, 0], [0x11, 0x22, 0, 0x33], [UInt8](repeating: 1, count: 254),
    ] {
      let frame = SerialFraming.frame(datagram)
      #expect(frame.first == 0 && frame.last == 0 && !frame.dropFirst().dropLast().contains(0))
      var reader = SerialFrameReader()
      #expect(reader.take(frame) == [datagram])
    }
    let frame = SerialFraming.frame([0x11, 0x22, 0, 0x33])
    #expect(Array(frame[1..<6]) == [0x03, 0x11, 0x22, 0x04, 0x33])
  }

  @Test("whole frames come through whatever stands between them, in pieces of any size")
  func property() {
    var random = SeededRandom(seed: 11)
    var reader = SerialFrameReader()
    var sent: [[UInt8]] = []
    var line: [UInt8] = []
    for _ in 0..<400 {
      // Noise, at times longer than any frame; a zero in it may end a false frame, which the CRC refuses.
      let noise = Int(random.next() % 8) == 0 ? 4000 : Int(random.next() % 20)
      line += (0..<noise).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let datagram = Self.datagram(&random)
      sent.append(datagram)
      line += SerialFraming.frame(datagram)
    }
    var received: [[UInt8]] = []
    var rest = line[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Int(random.next() % 700) + 1)
      received += reader.take(piece)
      rest = rest.dropFirst(piece.count)
    }
    #expect(received == sent)
    #expect(reader.framesCorrupt > 0)
  }

  @Test("a frame with any one byte changed is refused, and the next one is taken")
  func damage() {
    var random = SeededRandom(seed: 3)
    let datagram = (0..<300).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let frame = SerialFraming.frame(datagram)
    for index in 1..<frame.count - 1 {
      var damaged = frame
      damaged[index] ^= UInt8(1 + random.next() % 255)
      var reader = SerialFrameReader()
      let received = reader.take(damaged + SerialFraming.frame([1, 2, 3]))
      #expect(received == [[1, 2, 3]], "byte \(index)")
    }
  }

  @Test("random bytes for ever take bounded memory and give nothing")
  func noise() {
    var random = SeededRandom(seed: 5)
    var reader = SerialFrameReader()
    var count = 0
    for _ in 0..<200 {
      count +=
        reader.take((0..<5000).map { _ in UInt8(truncatingIfNeeded: random.next() | 1) }).count
      count += reader.take((0..<5000).map { _ in UInt8(truncatingIfNeeded: random.next()) }).count
    }
    // One in 65536 frames of noise has a right CRC by chance; the link's tag is what keeps it out.
    #expect(count < 10)
  }

  @Test("datagrams cross a pseudo-terminal both ways, and again after it was pulled out")
  func terminal() throws {
    let folder = try TemporaryFolder()
    let link = folder.path + "/tty"
    let terminal = try PseudoTerminal(link: link)
    let transport = SerialTransport(path: link, baud: 115_200)
    try transport.open()
    #expect(transport.receive() == nil)
    let datagram: [UInt8] = [0, 1, 0, 2, 255, 0]
    func send(_ bytes: [UInt8]) {
      let isWritten = bytes.withUnsafeBytes { terminal.write($0, isCancelled: { false }) }
      #expect(isWritten)
    }
    send([7, 0, 9] + SerialFraming.frame(datagram) + SerialFraming.frame([5]))
    var received: [Datagram] = []
    #expect(
      eventually {
        if let one = transport.receive() { received.append(one) }
        return received.count == 2
      })
    #expect(received.map(\.bytes) == [datagram, [5]] && received.allSatisfy { $0.peer == .line })
    transport.send([9, 0, 9], to: .line)
    var reader = SerialFrameReader()
    var answers: [[UInt8]] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 1)
    defer { buffer.deallocate() }
    #expect(
      eventually {
        let count = terminal.read(into: buffer, waitMilliseconds: 10)
        answers += reader.take(UnsafeRawBufferPointer(buffer).prefix(count))
        return answers == [[9, 0, 9]]
      })
    terminal.unplug()
    #expect(
      eventually {
        _ = transport.receive()
        return transport.descriptor < 0
      })
    try terminal.plugIn(link: link)
    #expect(
      eventually {
        transport.reopen()
        return transport.descriptor >= 0
      })
    send(SerialFraming.frame([6]))
    #expect(eventually { transport.receive()?.bytes == [6] })
  }
}
