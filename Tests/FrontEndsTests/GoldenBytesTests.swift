// Golden bytes in both directions: what the decoder makes of them, and that the encoder writes them. Those of
// `reference` were made by golden_frames.py and frames.py, which share no code with the product; the others are written
// out by hand from the documented layouts, with the arithmetic beside them.

import ECGSignal
import Testing

@testable import FrontEnds

/// Samples and their bytes.
private struct Golden: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let format: WireFormat
  /// Codes `[sample][channel]`.
  let codes: [[Int32]]
  let bytes: [UInt8]
  /// What an emulated board has no part for, as an accelerometer: bytes that its encoder leaves 0.
  var zeros: [Range<Int>] = []
  /// Channels whose electrode is off.
  var leadOff: UInt32 = 0
  var sampleRate = 250.0
  var channels: Int { codes[0].count }
  /// Puts the encoder where the golden frame is in its stream.
  var prepare: @Sendable (any FrameEncoder) -> Void = { _ in }

  init(
    _ name: String, _ format: WireFormat, _ codes: [[Int32]], _ hexadecimal: String
  ) {
    testDescription = name
    self.format = format
    self.codes = codes
    bytes = BridgeExamples.bytes(hexadecimal)
  }

  func with(_ change: (inout Golden) -> Void) -> Golden {
    var changed = self
    change(&changed)
    return changed
  }

  /// The bytes as the encoder writes them.
  var encoderBytes: [UInt8] {
    var bytes = bytes
    for range in zeros { for index in range { bytes[index] = 0 } }
    return bytes
  }

  func encoded() -> [UInt8] {
    let channel = Channel(name: "", lead: nil, microvoltsPerCode: 1)
    let encoder: any FrameEncoder =
      format == .bridge
      ? BridgeEncoder(
        hello: BridgeHello(
          frontEnd: "emulated", provenance: .simulated, sampleRate: 500,
          referenceMicrovolts: 2_400_000, adcBits: 24, leads: [.I, nil], gain: 6))
      : format.encoder.init(
        SignalFormat(
          sampleRate: sampleRate, channels: Array(repeating: channel, count: channels),
          provenance: .simulated, sourceName: ""))
    prepare(encoder)
    let storage = SampleBlockStorage(channelCount: channels)
    for (sample, values) in codes.enumerated() {
      for (index, code) in values.enumerated() { storage.block.channel(index)[sample] = code }
    }
    storage.block.header.pointee.leadOff = leadOff
    storage.block.header.pointee.firstIndex = 1000
    var frame = [UInt8](repeating: 0, count: format.encoder.frameByteCountMax)
    let count = encoder.encode(storage.block, samples: 0..<codes.count, into: &frame)
    return Array(frame[..<count])
  }

  func decoded() -> (codes: [[Int32]], leadOff: UInt32) {
    var received = Received(format, channels: channels, sampleRate: sampleRate)
    if format == .bridge { received.feed(BridgeExamples.hello, isQuiet: false) }
    if format == .text { received.feed([0x0A], isQuiet: false) }
    received.feed(bytes, isQuiet: true)
    return (
      codes.indices.map { sample in
        received.codes.map { sample < $0.count ? $0[sample] : .min }
      }, received.leadOff.first ?? .max
    )
  }
}

private let eight: [Int32] = [0, 1, -1, 0x7FFFFF, -0x800000, 100_000, -100_000, 12_345]
/// The same as 24 bits, most significant first: 100000 = 0x0186A0, -100000 = 0x1000000 - 0x0186A0 = 0xFE7960,
/// 12345 = 0x003039.
private let eightBytes = "000000000001ffffff7fffff8000000186a0fe7960003039"

/// Of the reference (front-ends.md, 1.9) and the bridge's specification.
private let reference = [
  Golden(
    "bridge SAMPLES", .bridge, [[1, -1], [0x123456, -0x123456]],
    "040202010207010103e803010480841e04020202010101010f01ffffff123456edcbaa71e0a9c100"
  ).with {
    $0.leadOff = 2
    // Seven frames went before.
    $0.prepare = { encoder in
      var scratch = [UInt8](repeating: 0, count: BridgeFrame.encodedByteCountMax)
      for _ in 0..<7 { _ = encoder.announce(into: &scratch) }
    }
  },
  // Its six bytes before the end are the accelerometer's.
  Golden("Cyton", .cyton, [eight], "a02a" + eightBytes + "0010fff00100" + "c0").with {
    $0.zeros = [26..<32]
    $0.prepare = { $0.lose(samples: 42) }
  },
  Golden("ADS1298", .ads1298, [eight], "c01000" + eightBytes).with { $0.leadOff = 1 },
  // Of ProtoCentral's boards light, temperature, rates and oxygen are not emulated.
  Golden(
    "HealthyPi v4", .healthyPi4, [[-1234, 567]],
    "0afa1400022efb370240e2010047940300420e106248507800000b"
  ).with { $0.zeros = [9..<22] },
  Golden(
    "HealthyPi 5", .healthyPi5, [[-1234, 567]],
    "0afa1600022efbffff370200000057040000ae080000420e624810000b"
  ).with { $0.zeros = [14..<27] },
  Golden(
    "OpenView 3", .openView3, (0..<8).map { [$0 - 4, 10 * ($0 / 2 + 1)] },
    "0afa320003fcfffffffdfffffffeffffffffffffff000000000100000002000000030000000a000000140000001e"
      + "000000280000004810000b"
  ).with { $0.zeros = [53..<55] },
  // The last byte is the shield's switches.
  Golden(
    "P2", .p2, [[0, 1, 511, 512, 1022, 1023]], "a55a02070000000101ff020003fe03ff0f"
  ).with {
    $0.zeros = [16..<17]
    $0.prepare = { $0.lose(samples: 7) }
  },
  // The words of the reference's list one behind the other: overflow, +1, -1, +131071 as the last, empty.
  Golden("MAX30003", .max30003, [[1], [-1], [131_071]], "000038000040ffffc07fffd0000030").with {
    $0.prepare = { $0.lose(samples: 1) }
  },
  Golden("text", .text, [[-10, 7]], "2d31302c370d0a"),
]

/// Written by hand. A status of the ADS129x family is 24 bits: 1100, LOFF_STATP of eight bits, LOFF_STATN of eight,
/// GPIO of four. So C | PP | NN | G.
private let byHand = [
  // 24 + 4 x 24 bits = 15 bytes. IN1P and IN3P are off: LOFF_STATP 0b0101 = 05, C 05 00 0 = c05000.
  Golden(
    "ADS1294", .ads1298, [[1, -1, 0x7FFFFF, -0x800000]], "c05000" + "000001ffffff7fffff800000"
  ).with { $0.leadOff = 0b0101 },
  // 24 + 6 x 24 bits = 21 bytes. IN1P and IN6P: 0b100001 = 21, C 21 00 0 = c21000.
  Golden(
    "ADS1296", .ads1298, [[0, 1, -1, 100_000, -100_000, 12_345]],
    "c21000" + "000000000001ffffff0186a0fe7960003039"
  ).with { $0.leadOff = 0b10_0001 },
  // An ADS1299's frame is an ADS1298's; IN8P: 0x80, C 80 00 0 = c80000.
  Golden("ADS1299", .ads1298, [eight], "c80000" + eightBytes).with { $0.leadOff = 0x80 },
  // A pair with a Daisy: the even packet is channels 9 to 16, the odd one after it 1 to 8. 42 = 0x2a.
  Golden(
    "Cyton with a Daisy", .cyton, [eight + [10, 11, 12, 13, 14, 15, 16, -17]],
    "a02a" + "00000a00000b00000c00000d00000e00000f000010ffffef" + "000000000000c0"
      + "a02b" + eightBytes + "000000000000c0"
  ).with {
    $0.sampleRate = 125
    $0.prepare = { $0.lose(samples: 21) }
  },
  // C3, the packet in which the time was set: bytes 29 to 32 are its milliseconds, most significant first. Sample 1000
  // at 250 a second is 4000 ms = 0xFA0.
  Golden("Cyton C3", .cyton, [eight], "a02a" + eightBytes + "0000" + "00000fa0" + "c3").with {
    $0.prepare = { encoder in
      encoder.lose(samples: 42)
      (encoder as? CytonEncoder)?.sendsTime = true
    }
  },
  // Each word but the header has its register's address in front: 11 to 15 the leads, 1A pace, 1B respiration, 1D
  // lead-off, 06 GPIO, 41 CRC. Header: marker 1, ready 0, nothing else: 80000000. The CRC of the 41 bytes before it,
  // with 0x5D6DCB from all ones and inverted, by crc() of golden_frames.py: 31872b.
  Golden(
    "ADAS1000", .adas1000, [[1, -1, 0x7FFFFF, -0x800000, 12_345]],
    "80000000" + "11000001" + "12ffffff" + "137fffff" + "14800000" + "15003039" + "1a000000"
      + "1b000000" + "1d000000" + "06000000" + "4131872b"),
  // V1's electrode is off: bit 22 of the header, bit 19 of the lead-off word; and two frames were missed: bits 29 to 28
  // are 10. 1010 0000 0100 ... = a0400000, 1d080000; CRC ff8df0.
  Golden(
    "ADAS1000 with an electrode off", .adas1000, [[1, -1, 0x7FFFFF, -0x800000, 12_345]],
    "a0400000" + "11000001" + "12ffffff" + "137fffff" + "14800000" + "15003039" + "1a000000"
      + "1b000000" + "1d080000" + "06000000" + "41ff8df0"
  ).with {
    $0.leadOff = 0b01000
    $0.prepare = { $0.lose(samples: 2) }
  },
]

@Test("golden bytes are read as their codes", arguments: reference + byHand)
private func goldenCodes(golden: Golden) {
  let decoded = golden.decoded()
  #expect(decoded.codes == golden.codes)
  #expect(decoded.leadOff == golden.leadOff)
}

@Test("codes are written as their golden bytes", arguments: reference + byHand)
private func goldenBytes(golden: Golden) {
  #expect(golden.encoded() == golden.encoderBytes)
}

@Test(
  "of the packets with the board's time its milliseconds are read, of the others none",
  arguments: [("c3", 1), ("c4", 2), ("c5", 3), ("c6", 4), ("c0", 0), ("c1", 0), ("c2", 0)])
func cytonTime(stop: String, seconds: UInt32) {
  // 1000 ms = 0x3e8, 2000 = 0x7d0, 3000 = 0xbb8, 4000 = 0xfa0; the accelerometer's or the pins' two bytes before them.
  let times = ["00000000", "000003e8", "000007d0", "00000bb8", "00000fa0"]
  let packet = BridgeExamples.bytes(
    "a007" + eightBytes + "0010" + times[Int(seconds)] + stop)
  let layout = CytonLayout(hasDaisy: false)
  #expect(layout.isFrame(packet))
  #expect(layout.boardMilliseconds(packet) == (seconds == 0 ? nil : 1000 * seconds))
}

@Test("an encoder that was told to sends its time, C3 first and then C4, and can be told not to")
func cytonEncodesTime() throws {
  let encoder = CytonEncoder(
    SignalFormat(sampleRate: 250, channels: [], provenance: .simulated, sourceName: ""))
  let storage = SampleBlockStorage(channelCount: 8)
  var packet = [UInt8](repeating: 0, count: CytonEncoder.frameByteCountMax)
  func send(at index: Int64) -> (stop: UInt8, milliseconds: UInt32?) {
    storage.block.header.pointee.firstIndex = index
    _ = encoder.encode(storage.block, samples: 0..<1, into: &packet)
    return (packet[32], CytonLayout(hasDaisy: false).boardMilliseconds(packet))
  }
  #expect(send(at: 0) == (0xC0, nil))
  encoder.sendsTime = true
  #expect(send(at: 250) == (0xC3, 1000))
  #expect(send(at: 251) == (0xC4, 1004))
  encoder.sendsTime = false
  #expect(send(at: 252) == (0xC0, nil))
}
