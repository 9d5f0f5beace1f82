// The measurements over the whole way: a simulated ADS1298 behind its SPI bus and data-ready line, brought up and
// commanded register by register as on a Raspberry Pi, all by a simulated clock.

import Devices
import ECGSignal
import Foundation
import FrontEnds
import LinuxDevices
import SimulatedDevices
import TestSupport
import Testing

@testable import Calibration

/// The shipped profile's board with a simulated converter, and what it is connected to.
private final class Board {
  let chip: SimulatedADS1298
  let bench: Bench
  /// What the technician's labels are really wired to.
  var wiring: [String: String] = [:]

  init(signal: (any EmulatedSignal)? = nil, clockError: Double = 0) throws {
    let profile = try BoardProfile.load(
      TestData.repository + "/firmware-config/ads1298-pi.yaml")
    let chip = SimulatedADS1298(
      try #require(ADS129xMap(.ads1298)), signal: signal, leads: profile.channels.map(\.lead),
      clockError: clockError)
    self.chip = chip
    let source = try SPIBoard(profile).source(
      bus: chip, line: chip.dataReadyLine(isNumbered: true), reset: chip.resetLine,
      start: chip.startLine, provenance: .live, pause: { chip.pause(nanoseconds: $0) })
    // As the command reads the profile: LOFF_SENSP 0xFF, LOFF_SENSN 0x02.
    let electrodes = profile.channels.enumerated().map { index, channel in
      ChannelElectrodes(
        positive: [channel.positiveElectrode ?? ""], negative: [channel.negativeElectrode ?? ""],
        watchesNegative: index == 1)
    }
    weak var board: Board?
    bench = try Bench(
      source: source,
      electrodes: Dictionary(uniqueKeysWithValues: zip(profile.channels.map(\.name), electrodes)),
      isStopped: { false },
      ask: { step, _ in board?.connect(step, electrodes) })
    board = self
  }

  /// Takes off what the step says, as it is really wired.
  private func connect(_ step: GuidedStep, _ electrodes: [ChannelElectrodes]) {
    chip.inputs.positiveElectrodesOff = 0
    chip.inputs.negativeElectrodesOff = 0
    guard step.instruction.hasPrefix("Take ") else { return }
    let label = String(step.instruction.split(separator: " ")[1])
    let electrode = wiring[label] ?? label
    for (index, channel) in electrodes.enumerated() {
      if channel.positive == [electrode] { chip.inputs.positiveElectrodesOff |= 1 << UInt8(index) }
      if channel.negative == [electrode] { chip.inputs.negativeElectrodesOff |= 1 << UInt8(index) }
    }
  }
}

/// The same voltage at every channel.
private final class Voltage: EmulatedSignal {
  let format: SignalFormat
  private let microvolts: (Double) -> Double
  private var index: Int64 = 0

  init(_ microvolts: @escaping (Double) -> Double) {
    self.microvolts = microvolts
    format = SignalFormat(
      sampleRate: 500,
      channels: FakeFrontEnd.leads.map {
        Channel(name: $0.name, lead: $0, microvoltsPerCode: 0.01)
      },
      provenance: .simulated, sourceName: "voltage")
  }

  func fill(_ block: SampleBlock, count: Int) -> Bool {
    for sample in 0..<count {
      let code = Int32((microvolts(Double(index) / 500) * 100).rounded())
      for channel in format.channels.indices { block.channel(channel)[sample] = code }
      index += 1
    }
    block.header.pointee.firstIndex = index - Int64(count)
    block.header.pointee.sampleCount = Int32(count)
    return true
  }

  func rewind() {}
}

@Suite struct SimulatedBoardTests {
  /// Whose numbers failed.
  private func failed(_ measurement: FieldMeasurement) -> [String] {
    Set(measurement.values.filter { !$0.passed }.map(\.subject)).sorted()
  }

  @Test("gain: the chip's test signal is found at its size, and a channel 8 % low fails")
  func gain() throws {
    let board = try Board()
    let good = try board.bench.measureGain(seconds: 8)
    #expect(failed(good) == [])
    #expect(good.conditions["testSignalMicrovolts"] == 1000)
    for value in good.values(of: .gainCorrection).values {
      #expect(abs((value.value ?? 0) - 1) < 0.001)
    }
    board.chip.inputs.gainErrors[3] = -0.08
    #expect(failed(try board.bench.measureGain(seconds: 8)) == ["V2"])
    #expect(board.bench.format.provenance == .live)
  }

  @Test("external gain: a calibrator gives the correction of a channel")
  func external() throws {
    let board = try Board(
      signal: Voltage { $0.truncatingRemainder(dividingBy: 0.5) < 0.25 ? 500 : -500 })
    board.chip.inputs.gainErrors[1] = 0.03
    board.chip.inputs.gainErrors[4] = 0.09
    let source = VoltageSource(
      microvoltsPeakToValley: 1000, wave: .square, hertz: 0, tolerancePercent: 1)
    let measurement = try board.bench.measureGain(source: source, seconds: 4)
    #expect(failed(measurement) == ["V3"])
    let first = try #require(measurement.values(of: .gainCorrection)["I"]?.value)
    #expect(abs(first - 1 / 1.03) < 0.001)
  }

  @Test("offset and noise with shorted inputs")
  func shorted() throws {
    let board = try Board()
    board.chip.inputs.offsetsMicrovolts[2] = 340
    let offset = try board.bench.measureOffset(seconds: 4)
    #expect(failed(offset) == [])
    #expect(abs((offset.values(of: .offsetMicrovolts)["II"]?.value ?? 0) - 340) < 0.5)
    #expect(failed(try board.bench.measureNoise()) == [])
    board.chip.inputs.offsetsMicrovolts[2] = 20_000
    #expect(failed(try board.bench.measureOffset(seconds: 4)) == ["II"])
  }

  @Test("supply and temperature at the gains that the selections set")
  func housekeeping() throws {
    let board = try Board()
    let supply = try board.bench.measureSupply()
    #expect(failed(supply) == [])
    #expect(abs((supply.values(of: .supplyVolts)["AVDD"]?.value ?? 0) - 3) < 0.001)
    #expect(abs((supply.values(of: .supplyVolts)["DVDD"]?.value ?? 0) - 3.3) < 0.001)
    let temperature = try board.bench.measureTemperature()
    #expect(abs((temperature.values.first?.value ?? 0) - 32) < 0.1 && temperature.passed)
    board.chip.inputs.analogSupplyVolts = 2.5
    board.chip.inputs.temperatureCelsius = 85
    #expect(failed(try board.bench.measureSupply()) == ["AVDD"])
    #expect(!(try board.bench.measureTemperature().passed))
  }

  @Test("impedance: the alternating current finds the electrodes' kilo-ohms")
  func impedance() throws {
    let board = try Board()
    let good = try board.bench.measureImpedance(seconds: 4)
    #expect(failed(good) == [])
    for value in good.values { #expect(abs((value.value ?? 0) - 20) < 0.5) }
    board.chip.inputs.impedancesKilohms[7] = 130
    #expect(failed(try board.bench.measureImpedance(seconds: 4)) == ["V1"])
  }

  @Test("leads: each electrode shows where the comparators watch it, and an exchange is found")
  func leads() throws {
    let board = try Board()
    #expect(failed(try board.bench.measureLeads(seconds: 1)) == [])
    board.wiring = ["V1": "V2", "V2": "V1"]
    #expect(failed(try board.bench.measureLeads(seconds: 1)) == ["V1", "V2"])
  }

  @Test("mains and common-mode rejection over the electrodes")
  func waves() throws {
    let hum = try Board(signal: Voltage { 400 * sin(2 * .pi * 50 * $0) })
    let mains = try hum.bench.measureMains()
    #expect(failed(mains) == [] && mains.conditions["mainsHz"] == 50)
    let off = try Board(signal: Voltage { 900 * sin(2 * .pi * 49.6 * $0) })
    #expect(failed(try off.bench.measureMains()).count == 8)
    // 10 uV of 1 V are 100 dB, 1000 uV are 60.
    let quiet = try Board(signal: Voltage { 10 * sin(2 * .pi * 50 * $0) })
    #expect(
      failed(try quiet.bench.measureCommonModeRejection(peakVolts: 1, hertz: 50)) == [])
    let loud = try Board(signal: Voltage { 1000 * sin(2 * .pi * 50 * $0) })
    #expect(
      failed(try loud.bench.measureCommonModeRejection(peakVolts: 1, hertz: 50)).count == 8)
  }

  @Test(
    "clock: a chip that is 100 ppm fast passes with that number, one that is 2000 ppm fast fails")
  func clock() throws {
    let near = try Board(clockError: 100e-6)
    let good = try near.bench.measureClock(seconds: 65, hostPartsPerMillion: 0)
    let value = try #require(good.values.first)
    #expect(good.passed)
    #expect(abs((value.value ?? 0) - 100) <= (value.uncertainty ?? 0))
    let far = try Board(clockError: 2000e-6)
    #expect(failed(try far.bench.measureClock(seconds: 65, hostPartsPerMillion: 0)) == ["clock"])
  }

  @Test(
    "an oscillator inside the converter may be off 1 %: 0.6 % pass as such, with that number, and 1.2 % fail",
    arguments: [(0.006, true), (-0.006, true), (0.012, false), (-0.012, false)])
  func internalClock(error: Double, passes: Bool) throws {
    let board = try Board(clockError: error)
    let clock = try BoardProfile.load(
      TestData.repository + "/firmware-config/ads1298-pi.yaml"
    ).clock
    let measured = try board.bench.measureClock(
      seconds: 65, hostPartsPerMillion: 0, source: clock)
    #expect(measured.passed == passes)
    let value = try #require(measured.values.first?.value)
    #expect(abs(value - error * 1e6) < 20)
  }
}
