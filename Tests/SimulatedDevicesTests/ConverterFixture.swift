import Devices
import ECGSignal
import Foundation
import FrontEnds
import LinuxDevices
import SimulatedDevices
import TestSupport

/// Register values of TI's ADS1298ECG-FE board (e2e 391659), with channels as electrodes and gain 6.
let boardRegisters: [RegisterSetting] = [
  ("CONFIG1", 0x86), ("CONFIG2", 0x10), ("CONFIG3", 0xDC), ("LOFF", 0x03), ("CH1SET", 0x00),
  ("CH2SET", 0x00), ("CH3SET", 0x00), ("CH4SET", 0x00), ("CH5SET", 0x00), ("CH6SET", 0x00),
  ("CH7SET", 0x00), ("CH8SET", 0x00), ("RLD_SENSP", 0x06), ("RLD_SENSN", 0x02),
  ("LOFF_SENSP", 0xFF), ("LOFF_SENSN", 0x02), ("CONFIG4", 0x02), ("WCT1", 0x0A), ("WCT2", 0xE3),
].map { RegisterSetting(name: $0.0, value: $0.1) }

/// The shipped profiles of chips on SPI that can be read, by name.
let shippedSPIProfiles: [String] = {
  let folder = TestData.repository + "/firmware-config"
  let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  return names.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted().filter {
    guard let board = try? BoardProfile.load("\(folder)/\($0).yaml") else { return false }
    return board.spi != nil && board.format == .ads1298
  }
}()

/// A simulated ADS1298 with its bring-up, all by one simulated clock.
struct ConverterFixture {
  let chip: SimulatedADS1298
  let image: RegisterImage
  let bringUp: ADS129xBringUp

  init(
    _ kind: ConverterChip = .ads1298, registers: [RegisterSetting] = boardRegisters,
    signal: (any EmulatedSignal)? = nil, hasPins: Bool = false, clockError: Double = 0
  ) throws {
    let map = ADS129xMap(kind)!
    let chip = SimulatedADS1298(map, signal: signal, clockError: clockError)
    self.chip = chip
    image = try RegisterImage(map, settings: registers)
    bringUp = Self.bringUp(chip, hasPins: hasPins)
  }

  /// A bring-up as a fresh program would make it.
  static func bringUp(_ chip: SimulatedADS1298, hasPins: Bool = false) -> ADS129xBringUp {
    ADS129xBringUp(
      access: ADS129xAccess(
        bus: chip, name: "/dev/spidev0.0", map: chip.map, clockHz: 2_000_000),
      reset: hasPins ? chip.resetLine : nil, start: hasPins ? chip.startLine : nil,
      pause: { chip.pause(nanoseconds: $0) })
  }

  /// What a call refuses, empty where it does not.
  static func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch { return "\(error)" }
  }
}
