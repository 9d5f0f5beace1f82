import Devices
import ECGSignal
import FrontEnds
import Foundation
import LinuxDevices
import SimulatedDevices
import TestSupport
import Testing

/// A voltage that grows by 10 uV every 0.2 ms and begins anew after 0.8 s: a sample tells when it was measured.
private final class Clockwork: EmulatedSignal {
  static let turn = 4000
  let format: SignalFormat
  private var index: Int64 = 0

  init() {
    format = SignalFormat(
      sampleRate: 5000,
      channels: [Channel(name: "time", lead: nil, microvoltsPerCode: 10)], provenance: .simulated,
      sourceName: "clockwork")
  }

  func fill(_ block: SampleBlock, count: Int) -> Bool {
    for sample in 0..<count {
      block.channel(0)[sample] = Int32(index % Int64(Self.turn)) - Int32(Self.turn / 2)
      index += 1
    }
    block.header.pointee.firstIndex = index - Int64(count)
    block.header.pointee.sampleCount = Int32(count)
    return true
  }

  func rewind() {}
}

private typealias Source = SPISource<SimulatedADS1298, SimulatedDataReadyLine, ADS1298Decoder>

/// A source over a simulated board of the shipped profile.
private final class Setup {
  let chip: SimulatedADS1298
  let source: Source
  let storage: SampleBlockStorage
  var block: SampleBlock { storage.block }

  init(isNumbered: Bool = true, hasPins: Bool = true, clockHz: UInt32 = 2_000_000) throws {
    let file = TestData.repository + "/firmware-config/ads1298-pi.yaml"
    let text = try String(contentsOfFile: file, encoding: .utf8)
      .replacing("clockHz: 2000000", with: "clockHz: \(clockHz)")
    let folder = try TemporaryFolder()
    let profile = try BoardProfile.load(folder.write("board.yaml", text))
    chip = SimulatedADS1298(try #require(ADS129xMap(.ads1298)), signal: Clockwork())
    let chip = self.chip
    source = try SPIBoard(profile).source(
      bus: chip, line: chip.dataReadyLine(isNumbered: isNumbered),
      reset: hasPins ? chip.resetLine : nil, start: hasPins ? chip.startLine : nil,
      provenance: .live, pause: { chip.pause(nanoseconds: $0) })
    storage = SampleBlockStorage(channelCount: 8)
  }

  func read() -> ReadOutcome {
    block.header.pointee = SampleBlock.Header()
    return source.read(into: block)
  }

  /// The conversions of the block, as their voltages tell, counted in periods of 2 ms modulo 400.
  func conversions() -> [Int] {
    (0..<Int(block.header.pointee.sampleCount)).map { sample in
      let code = Double(block.channel(0)[sample])
      let tenths = code * 2_400_000 / 6 / Double((1 << 23) - 1) / 10 + Double(Clockwork.turn / 2)
      return Int((tenths / 10).rounded())
    }
  }
}

/// Reads with stalls and checks that every sample stands where its conversion was, and that all are accounted for.
private func expectNothingUnseen(
  _ setup: Setup, blocks: Int, stallPeriods: (inout SeededRandom) -> Double
) throws {
  var random = SeededRandom(seed: 7)
  _ = try setup.source.open()
  var place: Int?
  var previous: Int64 = -1
  var gaps: Int64 = 0
  var isWhole = true
  let before = setup.chip.conversionCount
  for _ in 0..<blocks {
    setup.chip.pause(nanoseconds: UInt64(stallPeriods(&random) * 2_000_000))
    guard setup.read() == .samples else { continue }
    let header = setup.block.header.pointee
    gaps += header.gapBefore
    isWhole = isWhole && header.firstIndex == previous + 1 + header.gapBefore
    for (offset, conversion) in setup.conversions().enumerated() {
      let index = header.firstIndex + Int64(offset)
      let shift = (conversion - Int(index % 400) + 400) % 400
      place = place ?? shift
      // The wrap of the voltage falls within a period: its sample may tell either end.
      isWhole = isWhole && (shift == place || conversion % 400 == 0)
      previous = index
    }
  }
  #expect(isWhole)
  let counters = setup.block.header.pointee.counters
  #expect(counters.samplesLost == gaps)
  #expect(counters.samplesLostInFrontEnd == gaps)
  #expect(abs(setup.chip.conversionCount - before - previous - 1) <= 2)
}

@Test("at its own pace nothing is lost", arguments: [true, false])
func undisturbed(isNumbered: Bool) throws {
  let setup = try Setup(isNumbered: isNumbered)
  try expectNothingUnseen(setup, blocks: 400) { _ in 0 }
  #expect(setup.block.header.pointee.counters.samplesLost == 0)
  #expect(setup.block.header.pointee.counters.samplesReceived == 2000)
}

@Test(
  "whenever and however long the reader stalls, every sample is shown once, in its place, or counted as lost",
  arguments: [true, false], [UInt32(2_000_000), 150_000])
func stalls(isNumbered: Bool, clockHz: UInt32) throws {
  let setup = try Setup(isNumbered: isNumbered, clockHz: clockHz)
  try expectNothingUnseen(setup, blocks: 1500) { random in
    switch random.next() % 8 {
    case 0: abs(random.value()) * 3
    case 1: abs(random.value()) * 12
    case 2: random.next() % 20 == 0 ? abs(random.value()) * 120 : 0
    default: 0
    }
  }
  #expect(setup.block.header.pointee.counters.samplesLost > 500)
}

@Test("edges that no interrupt saw are lost samples, numbered or not", arguments: [true, false])
func unseenEdges(isNumbered: Bool) throws {
  let setup = try Setup(isNumbered: isNumbered)
  setup.chip.faults.missedEdges = [100, 101, 500, 900]
  try expectNothingUnseen(setup, blocks: 400) { _ in 0 }
  #expect(setup.block.header.pointee.counters.samplesLost == 4)
}

@Test(
  "a chip that falls silent, talks nonsense or lost its settings is away, and comes back restored")
func away() throws {
  let setup = try Setup()
  #expect(try setup.source.open().provenance == .live)
  #expect(setup.read() == .samples)
  func untilAway() -> Int {
    (1...2000).first { _ in
      setup.read() == .disconnected
    } ?? .max
  }
  // Its supply fails: with START high it goes on at 250 a second, its inputs and gain as after a reset.
  setup.chip.brownOut()
  #expect(untilAway() < 300)
  #expect(setup.source.reopen())
  #expect(setup.read() == .samples)
  #expect(setup.block.header.pointee.gapCause == .deviceLost)
  #expect(setup.block.header.pointee.counters.reconnects == 1)
  #expect(setup.chip.image["CONFIG1"] == 0x86)
  // Nothing answers any more.
  setup.chip.faults.silence = .low
  #expect(untilAway() < 50)
  #expect(!setup.source.reopen())
  setup.chip.faults.silence = nil
  #expect(setup.source.reopen())
  #expect(setup.read() == .samples)
}

@Test("what is wrong with frames that are none is named, once")
func diagnosis() throws {
  let setup = try Setup()
  _ = try setup.source.open()
  #expect(setup.read() == .samples)
  #expect(setup.source.takeNews() == nil)
  func news(_ fault: (inout ConverterFaults) -> Void) -> [FrontEndNews] {
    fault(&setup.chip.faults)
    var told: [FrontEndNews] = []
    for _ in 0..<60 {
      _ = setup.read()
      if let next = setup.source.takeNews() { told.append(next) }
    }
    setup.chip.faults = ConverterFaults()
    #expect(setup.source.reopen() && setup.read() == .samples)
    return told
  }
  #expect(news { $0.isModeWrong = true } == [.wrongMode])
  #expect(news { $0.silence = .low } == [.allZeros])
  #expect(news { $0.silence = .high } == [.allOnes])
  #expect(news { $0.isModeWrong = true } == [.wrongMode])
}

@Test("a test signal or shorted inputs are never shown as live")
func provenance() throws {
  let setup = try Setup()
  #expect(try setup.source.open().provenance == .live)
  let control = try #require(setup.source.control)
  for input in InputSelection.allCases where input != .electrodes {
    try control.select(input)
    #expect(setup.read() == .ended)
    let format = try setup.source.open()
    #expect(format.provenance == .testSignal)
    #expect(setup.read() == .samples)
    // At gain 1 a code is six times as much.
    let isGainOne = input == .supply
    #expect((format.channels[0].microvoltsPerCode > 0.1) == isGainOne)
  }
  try control.restore()
  #expect(setup.read() == .ended)
  #expect(try setup.source.open().provenance == .live)
  // Opened again, whatever the inputs were on before it was closed.
  try control.select(.shorted)
  setup.source.close()
  #expect(try setup.source.open().provenance == .live)
  #expect(setup.chip.image["CH1SET"] & 7 == 0)
}

@Test(
  "killed at any transfer of a selection, the next open is live only with every register restored")
func killedSelections() throws {
  for input in InputSelection.allCases where input != .electrodes {
    var isDone = false
    for kill in 0..<40 where !isDone {
      let setup = try Setup(hasPins: kill % 2 == 0)
      _ = try setup.source.open()
      let wanted = setup.chip.image
      setup.chip.faults.transfersLeft = kill
      let refusal = ConverterFixture.refusal { try setup.source.control?.select(input) }
      setup.chip.faults.transfersLeft = nil
      isDone = refusal.isEmpty
      #expect(setup.read() == .ended)
      let format = try setup.source.open()
      #expect(format.provenance == (isDone ? .testSignal : .live))
      #expect((setup.chip.image == wanted) == !isDone)
    }
    #expect(isDone)
  }
}

@Test("every shipped profile of a chip on SPI that can be read is free of contradictions")
func shippedBoards() throws {
  #expect(shippedSPIProfiles.count >= 6)
  for name in shippedSPIProfiles {
    _ = try SPIBoard(.load("\(TestData.repository)/firmware-config/\(name).yaml"))
  }
}

@Test(
  "every shipped profile of a chip on SPI brings its chip up, and its samples come in its channels",
  arguments: shippedSPIProfiles)
func shippedBringUp(name: String) throws {
  let profile = try BoardProfile.load(
    "\(TestData.repository)/firmware-config/\(name).yaml")
  let kind = try #require(profile.chip)
  let chip = SimulatedADS1298(try #require(ADS129xMap(kind)), signal: Clockwork())
  let source = try SPIBoard(profile).source(
    bus: chip, line: chip.dataReadyLine(isNumbered: true), reset: nil, start: nil,
    provenance: .live, pause: { chip.pause(nanoseconds: $0) })
  let format = try source.open()
  #expect(format.channels.count == profile.channels.count && format.provenance == .live)
  for register in chip.map.registers {
    guard let wanted = profile.registers.first(where: { $0.name == register.name }) else {
      continue
    }
    let difference = UInt32(chip.image[register.name]) ^ wanted.value
    #expect(difference & UInt32(register.settableBits) == 0, "\(register.name)")
  }
  let storage = SampleBlockStorage(channelCount: format.channels.count)
  storage.block.header.pointee = SampleBlock.Header()
  #expect(source.read(into: storage.block) == .samples)
  #expect(storage.block.header.pointee.sampleCount > 0)
}

@Test("the other chips of the family need another 'chip' and no register that they lack")
func otherChips() throws {
  let text = try String(
    contentsOfFile: TestData.repository + "/firmware-config/ads1298-pi.yaml", encoding: .utf8)
  let folder = try TemporaryFolder()
  for (chip, channels) in [("ads1298r", 8), ("ads1296", 6), ("ads1294", 4)] {
    var lines = text.replacing("chip: ads1298", with: "chip: \(chip)")
      .replacing("LOFF_SENSP: 0xFF", with: "LOFF_SENSP: \((1 << channels) - 1)")
      .components(separatedBy: "\n")
    for number in channels + 1..<9 { lines.removeAll { $0.contains("CH\(number)SET") } }
    lines.removeLast(8 - channels + 1)
    let profile = try BoardProfile.load(
      folder.write("\(chip).yaml", lines.joined(separator: "\n")))
    let kind = try #require(profile.chip)
    let simulated = SimulatedADS1298(try #require(ADS129xMap(kind)), signal: Clockwork())
    let source = try SPIBoard(profile).source(
      bus: simulated, line: simulated.dataReadyLine(isNumbered: true), reset: nil, start: nil,
      provenance: .live, pause: { simulated.pause(nanoseconds: $0) })
    #expect(try source.open().channels.count == channels, "\(chip)")
  }
}

@Test("a profile whose gain is not its registers' is refused")
func contradictions() throws {
  let file = TestData.repository + "/firmware-config/ads1298-pi.yaml"
  let text = try String(contentsOfFile: file, encoding: .utf8)
  let folder = try TemporaryFolder()
  func refusal(_ old: String, _ new: String) throws -> String {
    let path = try folder.write("board.yaml", text.replacing(old, with: new))
    return ConverterFixture.refusal { _ = try SPIBoard(BoardProfile.load(path)) }
  }
  #expect(try refusal("gain: 6", "gain: 12").contains("V6"))
  #expect(try refusal("sampleRateHz: 500", "sampleRateHz: 1000").contains("CONFIG1"))
  #expect(try refusal("CH4SET: 0x00", "CH4SET: 0x81").contains("switches it off"))
  #expect(try refusal("WCT1:", "WTC1:").contains("did you mean 'WCT1'"))
}

/// A converter that is always ready, and its bus.
private final class ReadyConverter: SPIBus, DataReadyLine {
  var nanoseconds: UInt64 = 0
  let queueCapacity = 256
  private var sequence: UInt32 = 0
  private let registers: [UInt8]

  /// - Parameter registers: what its registers read, whatever is written.
  init(_ registers: [UInt8]) { self.registers = registers }

  func transfer(
    _ transmit: UnsafePointer<UInt8>, _ receive: UnsafeMutablePointer<UInt8>, count: Int,
    clockHz: UInt32, holdMicroseconds: UInt16
  ) -> Int32 {
    for index in 0..<count { receive[index] = 0 }
    if transmit[0] & 0xE0 == 0x20 {
      for index in 2..<count { receive[index] = registers[Int(transmit[0] & 0x1F) + index - 2] }
    } else if transmit[0] == 0 {
      receive[0] = 0xC0
    }
    return 0
  }

  func takeEdges(
    into edges: UnsafeMutableBufferPointer<DataReadyEdge>, waitMilliseconds: Int32
  ) -> Int {
    guard waitMilliseconds > 0 else { return 0 }
    sequence &+= sequence % 50 == 0 ? 2 : 1
    nanoseconds &+= 2_000_000
    edges[0] = DataReadyEdge(nanoseconds: nanoseconds, sequence: sequence)
    return 1
  }
}

@Test("reading allocates nothing", .enabled(if: allocationsAreCountable))
func readingAllocatesNothing() throws {
  let profile = try BoardProfile.load(
    TestData.repository + "/firmware-config/ads1298-pi.yaml")
  let image = try RegisterImage(
    try #require(ADS129xMap(.ads1298)), settings: profile.registers)
  let converter = ReadyConverter(image.values)
  let source = try SPIBoard(profile).source(
    bus: converter, line: converter, reset: nil, start: nil, provenance: .simulated,
    pause: { _ in })
  _ = try source.open()
  let storage = SampleBlockStorage(channelCount: 8)
  var samples = 0
  func read(_ blocks: Int) {
    for _ in 0..<blocks where source.read(into: storage.block) == .samples {
      samples += Int(storage.block.header.pointee.sampleCount)
    }
  }
  read(20)
  let allocations = countAllocations { read(200) }
  #expect(samples > 900)
  #expect(storage.block.header.pointee.counters.samplesLost > 10)
  #expect(allocations == 0)
}
