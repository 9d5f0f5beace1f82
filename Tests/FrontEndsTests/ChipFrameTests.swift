// Frames of converter chips and of boards, made by a script that shares no code with the product (golden_frames.py) or
// written out by the data sheet's tables.

import ECGSignal
import TestSupport
import Testing

@testable import FrontEnds

private let codes: [Int32] = [0, 1, -1, 0x7FFFFF, -0x800000, 100_000, -100_000, 12_345]

private func bytes(_ hex: String) -> [UInt8] {
  let digits = hex.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// Feeds everything at once; the codes `[sample][channel]` that came.
@discardableResult
private func decode(
  _ decoder: any FrameDecoder, _ bytes: [UInt8], channels: Int, isQuiet: Bool = true,
  arrival: UInt64 = 0, header: (SampleBlock.Header) -> Void = { _ in }
) -> [[Int32]] {
  let storage = SampleBlockStorage(channelCount: channels)
  _ = bytes.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: arrival) }
  var samples: [[Int32]] = []
  while decoder.next(into: storage.block, isQuiet: isQuiet) == .samples {
    header(storage.block.header.pointee)
    for sample in 0..<Int(storage.block.header.pointee.sampleCount) {
      samples.append((0..<channels).map { storage.block.channel($0)[sample] })
    }
  }
  return samples
}

private func settings(_ channels: Int, isAligned: Bool = false) -> WireSettings {
  var settings = WireSettings(sampleRate: 500, channelCount: channels, usesHostTime: false)
  settings.isAligned = isAligned
  return settings
}

private let ads1298 = bytes("c01025000000000001ffffff7fffff8000000186a0fe7960003039")

@Test("an ADS1298's frame is read, its limits as they are, its positive inputs' electrodes off")
func ads1298Frame() {
  var leadOff: UInt32 = 0
  let read = decode(ADS1298Decoder(settings(8)), ads1298, channels: 8) { leadOff = $0.leadOff }
  #expect(read == [codes])
  #expect(leadOff == 0b01)
  var watched = settings(8)
  watched.watchedNegativeInputs = 0b10
  decode(ADS1298Decoder(watched), ads1298, channels: 8) { leadOff = $0.leadOff }
  #expect(leadOff == 0b11)
  watched.watchedPositiveInputs = 0
  decode(ADS1298Decoder(watched), ads1298, channels: 8) { leadOff = $0.leadOff }
  #expect(leadOff == 0b10)
}

@Test(
  "an ADS1292R's status has the order of its own",
  arguments: [(15, 1), (16, 1), (17, 2), (18, 2), (19, 0)])
func ads1292rFrame(bit: Int, leadOff: UInt32) {
  let status = 0xC0_0000 | 1 << bit
  let frame = [UInt8(status >> 16), UInt8(status >> 8 & 0xFF), 0] + bytes("000001ffffff")
  var told: UInt32 = 99
  #expect(
    decode(ADS1298Decoder(settings(2)), frame, channels: 2) { told = $0.leadOff } == [[1, -1]])
  #expect(told == leadOff)
}

@Test("an SPI transfer is a frame at once, and what is none is refused whole and lost")
func alignedFrames() {
  let decoder = ADS1298Decoder(settings(8, isAligned: true))
  #expect(decode(decoder, ads1298, channels: 8, isQuiet: false).count == 1)
  let wrongMode = bytes("600000400000") + [UInt8](repeating: 0xC0, count: 21)
  #expect(decode(decoder, wrongMode, channels: 8, isQuiet: false).isEmpty)
  var gap: Int64 = 0
  #expect(decode(decoder, ads1298, channels: 8, isQuiet: false) { gap = $0.gapBefore }.count == 1)
  #expect(gap == 1 && decoder.counters.framesCorrupt == 1)
  decoder.skip(samples: 3, cause: .frontEndOverflow)
  decode(decoder, ads1298, channels: 8, isQuiet: false) { gap = $0.gapBefore }
  #expect(gap == 3 && decoder.counters.samplesLostInFrontEnd == 3 && decoder.nextIndex == 7)
}

@Test("what a transfer was instead of a frame is told")
func diagnosis() {
  func diagnose(_ bytes: [UInt8]) -> ADS1298Frame.Diagnosis {
    bytes.withUnsafeBytes { ADS1298Frame.diagnose($0) }
  }
  #expect(diagnose(ads1298) == .frame)
  #expect(diagnose(bytes("600000400000400000")) == .wrongMode)
  #expect(diagnose([UInt8](repeating: 0, count: 27)) == .allZeros)
  #expect(diagnose([UInt8](repeating: 255, count: 27)) == .allOnes)
  #expect(diagnose(bytes("120000000000")) == .unknown)
}

@Test("a P2 packet is read; a version or a high byte that is none refuses it")
func p2Packet() {
  let packet = bytes("a55a02070000000101ff020003fe03ff0f")
  #expect(decode(P2Decoder(settings(6)), packet, channels: 6) == [[0, 1, 511, 512, 1022, 1023]])
  for (position, value) in [(2, 3), (4, 4), (14, 0x80)] as [(Int, UInt8)] {
    var damaged = packet
    damaged[position] = value
    #expect(decode(P2Decoder(settings(6)), damaged, channels: 6).isEmpty)
  }
}

@Test("a MAX30003's words are read by their tags: zeros are samples, fast recovery is none")
func max30003Words() {
  let burst = bytes("000000 000040 ffffc0 800008 7fffd0 000030".filter { $0 != " " })
  let decoder = MAX30003Decoder(settings(1))
  #expect(
    decode(decoder, burst, channels: 1, isQuiet: false)
      == [[0], [1], [-1], [SampleBlock.missing], [131_071]])
  // Without its end a burst waits, but not for ever.
  #expect(decode(decoder, bytes("000040000080"), channels: 1, isQuiet: false).isEmpty)
  #expect(decode(decoder, [], channels: 1, isQuiet: true) == [[1], [2]])
  let transfer = MAX30003Decoder(settings(1, isAligned: true))
  #expect(decode(transfer, bytes("000040000090"), channels: 1, isQuiet: false) == [[1], [2]])
}

@Test("a full FIFO is a gap of the front-end's own, of one sample at least")
func max30003Overflow() {
  let decoder = MAX30003Decoder(settings(1))
  decode(decoder, bytes("000050000030"), channels: 1, isQuiet: false)
  var cause = GapCause.none
  let more = bytes("000038000050000030")
  #expect(decode(decoder, more, channels: 1, isQuiet: false) { cause = $0.gapCause } == [[1]])
  #expect(cause == .frontEndOverflow && decoder.counters.samplesLostInFrontEnd == 1)
}

@Test("the ADAS1000's check sum has the value and the residue of its rules")
func adas1000CheckSum() {
  let crc = CRC24()
  let text = Array("123456789".utf8)
  #expect(~crc.register(text, count: text.count) & 0xFF_FFFF == 0x35_1948)
  let closed = text + [0x35, 0x19, 0x48]
  #expect(crc.register(closed, count: closed.count) == 0x15_A0BA)
}

/// A frame by the data sheet's tables, with a check sum that is computed bit by bit.
private func adas1000(header: UInt32, leadOff: UInt32, codes: [Int32]) -> [UInt8] {
  let addresses: [UInt32] = [0x11, 0x12, 0x13, 0x14, 0x15, 0x1A, 0x1B, 0x1D, 0x06, 0x41]
  var words = [header]
  for (index, address) in addresses.enumerated() {
    let data = index < 5 ? UInt32(bitPattern: codes[index]) & 0xFF_FFFF : index == 7 ? leadOff : 0
    words.append(address << 24 | data)
  }
  var frame = words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
  var register: UInt32 = 0xFF_FFFF
  for byte in frame[..<41] {
    for bit in (0..<8).reversed() {
      let top = register >> 23 & 1 ^ UInt32(byte >> bit & 1)
      register = register << 1 & 0xFF_FFFF ^ (top == 1 ? 0x5D_6DCB : 0)
    }
  }
  for index in 0..<3 {
    frame[41 + index] = UInt8(truncatingIfNeeded: ~register >> (16 - 8 * index))
  }
  return frame
}

@Test("an ADAS1000's frame is read: leads, electrodes that are off, frames that it missed")
func adas1000Frame() {
  let leads: [Int32] = [1, -1, 0x7FFFFF, -0x800000, 12_345]
  let decoder = ADAS1000Decoder(settings(5))
  var headers: [SampleBlock.Header] = []
  let sent =
    adas1000(header: 0x8000_0000, leadOff: 0, codes: leads)
    // Pace on channel 2, a fault, an electrode off (RA), two frames missed.
    + adas1000(header: 0xAA40_0000, leadOff: 1 << 20, codes: leads)
    // The same data again, as the chip was not ready; then headers alone until it is.
    + adas1000(header: 0xC000_0000, leadOff: 0, codes: leads)
    + bytes("c0000000c0000000") + adas1000(header: 0x8000_0000, leadOff: 1 << 18, codes: leads)
  #expect(decode(decoder, sent, channels: 5) { headers.append($0) } == [leads, leads, leads])
  #expect(headers.map(\.leadOff) == [0, 0b11011, 0b10000])
  #expect(headers.map(\.gapBefore) == [0, 2, 0])
  #expect(headers[1].gapCause == .frontEndOverflow)
  #expect(decoder.counters.framesRepeated == 1 && decoder.counters.bytesDiscarded == 0)
  let told = ADAS1000Header(word: 0xAA40_0000)
  #expect(told.pace == 0b010 && told.hasFault && told.framesMissed == 2 && told.hasLeadOff)
  #expect(!told.isBusy && !told.isOutOfRange)
  // What the encoder writes is what the tables say.
  let storage = SampleBlockStorage(channelCount: 5)
  for channel in 0..<5 { storage.block.channel(channel)[0] = leads[channel] }
  let format = SignalFormat(sampleRate: 2000, channels: [], provenance: .live, sourceName: "")
  var frame = [UInt8](repeating: 0, count: 44)
  _ = ADAS1000Encoder(format).encode(storage.block, samples: 0..<1, into: &frame)
  #expect(frame == adas1000(header: 0x8000_0000, leadOff: 0, codes: leads))
}

@Test(
  "frames that did not arrive are found by the host's clock",
  arguments: [WireFormat.ads1298, .adas1000])
func lostByTheClock(format: WireFormat) {
  let channels = format.encoder.converter.channelCountMax
  let stream = NumberedStream(format, channelCount: channels)
  let decoder = format.decoder.init(
    WireSettings(sampleRate: 250, channelCount: channels, usesHostTime: true))
  var last: SampleBlock.Header?
  for sample in 0..<(30 * 250) {
    let frame = stream.frame()
    // Seven in a row in the twelfth second.
    if (3000..<3007).contains(sample) { continue }
    decode(decoder, frame, channels: channels, arrival: UInt64(sample + 1) * 4_000_000) {
      last = $0
    }
  }
  #expect(decoder.counters.samplesLostByClock == 7 && decoder.counters.samplesLost == 7)
  #expect(decoder.nextIndex == 7500 && last?.firstIndex == 7499)
}
