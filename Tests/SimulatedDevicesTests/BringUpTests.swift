import Devices
import ECGSignal
import FrontEnds
import LinuxDevices
import SimulatedDevices
import TestSupport
import Testing

private func microvolts(_ fixture: ConverterFixture, _ count: Int) -> [[Double]] {
  let storage = SampleBlockStorage(channelCount: fixture.chip.map.channelCount)
  var rows = (0..<fixture.chip.map.channelCount).map { _ in [Double]() }
  var left = count
  while left > 0 {
    let taken = fixture.chip.takeConversions(into: storage.block, count: min(32, left))
    guard taken > 0 else { break }
    for channel in rows.indices {
      let image = fixture.chip.image
      let scale =
        (image.referenceMicrovolts ?? 0) / image.gain(channel: channel) / Double((1 << 23) - 1)
      rows[channel] += (0..<taken).map { Double(storage.block.channel(channel)[$0]) * scale }
    }
    left -= taken
  }
  return rows
}

@Test(
  "a chip in any state is brought to the profile's registers, with pins and without",
  arguments: [ConverterChip.ads1298, .ads1298r, .ads1296, .ads1294], [false, true])
func bringUp(kind: ConverterChip, hasPins: Bool) throws {
  let channels = try #require(ADS129xMap(kind)).channelCount
  let registers = boardRegisters.filter {
    guard $0.name.hasPrefix("CH"), let number = Int($0.name.dropFirst(2).prefix(1)) else {
      return !["RLD_SENSP", "RLD_SENSN", "LOFF_SENSP", "LOFF_SENSN"].contains($0.name)
    }
    return number <= channels
  }
  let fixture = try ConverterFixture(kind, registers: registers, hasPins: hasPins)
  try fixture.bringUp.run(fixture.image)
  #expect(fixture.image.differences(from: fixture.chip.image.values).isEmpty)
  #expect(fixture.chip.isReadingContinuously)
  let before = fixture.chip.conversionCount
  fixture.chip.pause(nanoseconds: 1_000_000_000)
  #expect((495...500).contains(fixture.chip.conversionCount - before))
}

@Test("what the registers mean: 500 samples a second, 2.4 V, gain 6, and a test signal of 1 mV")
func meaning() throws {
  let image = try ConverterFixture().image
  #expect(image.sampleRateHz == 500)
  #expect(image.referenceMicrovolts == 2_400_000)
  #expect((0..<8).allSatisfy { image.gain(channel: $0) == 6 })
  #expect(
    image.stimulus(of: .testSignal) == .squareWave(microvolts: 1000, frequencyHz: 0.9765625))
  let lowPower = try RegisterImage(image.map, settings: [.init(name: "CONFIG1", value: 0x05)])
  #expect(lowPower.sampleRateHz == 500)
  #expect(lowPower.referenceMicrovolts == nil)
}

@Test("a register that the chip has not, or a reserved bit, is refused with what was meant")
func profileErrors() throws {
  func refusal(_ name: String, _ value: UInt32, _ kind: ConverterChip = .ads1298) -> String {
    ConverterFixture.refusal {
      _ = try RegisterImage(
        try #require(ADS129xMap(kind)), settings: [.init(name: name, value: value)])
    }
  }
  #expect(refusal("CONFG1", 0x86).contains("did you mean 'CONFIG1'"))
  #expect(refusal("RLD_SENSP", 1, .ads1299).contains("did you mean 'BIAS_SENSP'"))
  #expect(refusal("CH5SET", 0, .ads1294).contains("no register 'CH5SET'"))
  #expect(refusal("CONFIG3", 0x9C).contains("0xDC?"))
  #expect(refusal("CONFIG1", 0x86, .ads1299).contains("0x96?"))
  #expect(refusal("LOFF_STATP", 0).contains("cannot be written"))
  #expect(refusal("CONFIG1", 0x186).contains("8 bits"))
}

@Test("a stuck bit of any settable register is found and named, bit by bit")
func stuckBits() throws {
  let map = try #require(ADS129xMap(.ads1298))
  for register in map.registers {
    for bit in (0..<8).map({ UInt8(1) << $0 }) where register.settableBits & bit != 0 {
      let fixture = try ConverterFixture()
      let held = fixture.image[register.name]
      fixture.chip.faults.stuckBits = [(register.address, bit, ~held)]
      let refusal = ConverterFixture.refusal { try fixture.bringUp.run(fixture.image) }
      #expect(refusal.contains("\(register.name) reads"), "bit \(bit) of \(register.name)")
    }
  }
}

@Test("a bus without an answer, another chip and a wrong SPI mode are told apart")
func diagnoses() throws {
  func refusal(_ change: (inout ConverterFaults) -> Void) throws -> String {
    let fixture = try ConverterFixture()
    change(&fixture.chip.faults)
    return ConverterFixture.refusal { try fixture.bringUp.run(fixture.image) }
  }
  #expect(try refusal { $0.silence = .low }.contains("0x00"))
  #expect(try refusal { $0.silence = .high }.contains("nothing answers"))
  #expect(try refusal { $0.identity = 0xD2 }.contains("this is an ADS1298R"))
  #expect(try refusal { $0.identity = 0x3E }.contains("this is an ADS1299."))
  #expect(try refusal { $0.identity = 0x37 }.contains("another chip"))
  let mode = try refusal { $0.isModeWrong = true }
  #expect(mode.contains("0x49") && mode.contains("mode 1"))
}

@Test("registers cannot be read while conversions are read continuously")
func continuousReading() throws {
  let fixture = try ConverterFixture()
  let access = ADS129xAccess(
    bus: fixture.chip, name: "bus", map: fixture.chip.map, clockHz: 2_000_000)
  #expect(try access.readRegisters(from: 0, count: 1) != [0x92])
  try access.command(ADS129xCommand.stopReadingContinuously)
  #expect(try access.readRegisters(from: 0, count: 2) == [0x92, 0x06])
}

@Test("each selection puts the inputs on what it says, and back, every register read back")
func selectionsMeasured() throws {
  let fixture = try ConverterFixture()
  let control = ADS129xControl(fixture.image, bringUp: fixture.bringUp)
  fixture.chip.inputs.temperatureCelsius = 35
  fixture.chip.inputs.impedancesKilohms = (0..<8).map { Double($0 + 1) }
  try control.restore()

  try control.select(.shorted)
  let noise = microvolts(fixture, 2000)
  for row in noise {
    let span = (row.max() ?? 0) - (row.min() ?? 0)
    // The data sheet's 4 uV are 6.6 standard deviations; 2000 samples span about 7.
    #expect((3.5...5.5).contains(span))
  }
  try control.select(.testSignal)
  for row in microvolts(fixture, 1024) {
    #expect(row.allSatisfy { (995...1005).contains(abs($0)) })
    #expect((450...574).contains(row.count(where: { $0 > 0 })))
  }
  try control.select(.supply)
  #expect(fixture.chip.image.gain(channel: 0) == 1)
  let supply = microvolts(fixture, 100)
  #expect(abs(supply[0][50] - 1_500_000) < 100)
  #expect(abs(supply[2][50] - 825_000) < 100)
  try control.select(.temperature)
  #expect(abs(microvolts(fixture, 100)[7][50] - 150_200) < 10)
  try control.select(.leadOffCurrent)
  for (channel, row) in microvolts(fixture, 400).enumerated() {
    // 24 nA through so many kilohms, as a cosine at a quarter of the rate.
    var real = 0.0
    var imaginary = 0.0
    for index in stride(from: 0, to: 400, by: 4) {
      real += (row[index] - row[index + 2]) / 200
      imaginary += (row[index + 1] - row[index + 3]) / 200
    }
    let amplitude = (real * real + imaginary * imaginary).squareRoot()
    let expected = 24 * Double(channel + 1) * 4 / Double.pi * 0.729
    #expect(abs(amplitude / expected - 1) < 0.02)
  }
  try control.select(.electrodes)
  #expect(control.selected == .electrodes)
  #expect(fixture.image.differences(from: fixture.chip.image.values).isEmpty)
}

@Test("an electrode that is off is told by the comparators, and only where they watch")
func leadOff() throws {
  let fixture = try ConverterFixture()
  try fixture.bringUp.run(fixture.image)
  fixture.chip.inputs.positiveElectrodesOff = 0b0000_0101
  fixture.chip.inputs.negativeElectrodesOff = 0b0000_0110
  let storage = SampleBlockStorage(channelCount: 8)
  #expect(fixture.chip.takeConversions(into: storage.block, count: 1) == 1)
  // LOFF_SENSN watches the negative input of channel 2 only.
  #expect(storage.block.header.pointee.leadOff == 0b0000_0111)
  #expect(storage.block.channel(0)[0] == 8_388_607)
}

@Test("killed at any single transfer, a fresh program restores and reads back every register")
func crashes() throws {
  func work(_ control: ADS129xControl) throws {
    try control.restore()
    for input in InputSelection.allCases { try control.select(input) }
    try control.restore()
  }
  let whole = try ConverterFixture(hasPins: true)
  try work(ADS129xControl(whole.image, bringUp: whole.bringUp))
  let transfers = whole.chip.transferCount
  #expect(transfers > 100)
  for kill in 0..<transfers {
    let fixture = try ConverterFixture(hasPins: kill % 2 == 1)
    fixture.chip.faults.transfersLeft = kill
    let killed = ADS129xControl(fixture.image, bringUp: fixture.bringUp)
    #expect(throws: SourceError.self) { try work(killed) }
    #expect(killed.selected == nil)
    fixture.chip.faults.transfersLeft = nil
    fixture.chip.pause(nanoseconds: 7_000_000)
    let fresh = ADS129xControl(
      fixture.image, bringUp: ConverterFixture.bringUp(fixture.chip, hasPins: kill % 2 == 1))
    try fresh.restore()
    #expect(fixture.image.differences(from: fixture.chip.image.values).isEmpty)
    #expect(fixture.chip.isReadingContinuously)
  }
}
