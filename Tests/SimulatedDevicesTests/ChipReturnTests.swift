// A chip on SPI whose supply fails for a moment: how long it is until it streams again, by its own clock.

import Devices
import ECGSignal
import FrontEnds
import LinuxDevices
import SimulatedDevices
import TestSupport
import Testing

@Test(
  "a chip that lost its power for a moment streams again within two seconds, every register restored",
  arguments: shippedSPIProfiles)
func streamsAgain(name: String) throws {
  let profile = try BoardProfile.load("\(TestData.repository)/firmware-config/\(name).yaml")
  let chip = SimulatedADS1298(
    try #require(profile.chip.flatMap(ADS129xMap.init)),
    signal: SimulatedPatient(script: try PatientScript(parsing: "nsr")))
  let source = try SPIBoard(profile).source(
    bus: chip, line: chip.dataReadyLine(),
    reset: profile.spi?.reset == nil ? nil : chip.resetLine,
    start: profile.spi?.start == nil ? nil : chip.startLine,
    provenance: .live, pause: { chip.pause(nanoseconds: $0) })
  let storage = SampleBlockStorage(channelCount: try source.open().channels.count)
  func read() -> ReadOutcome {
    storage.block.header.pointee = SampleBlock.Header()
    return source.read(into: storage.block)
  }
  #expect(read() == .samples)
  let wanted = chip.image
  chip.brownOut()
  let begin = chip.nanoseconds
  func seconds() -> Double { Double(chip.nanoseconds &- begin) / 1e9 }
  while read() != .disconnected { try #require(seconds() < 5, "it was not noticed") }
  // Acquisition opens it again at once.
  #expect(source.reopen())
  #expect(read() == .samples)
  #expect(storage.block.header.pointee.gapCause == .deviceLost)
  #expect(chip.image == wanted)
  #expect(seconds() <= 2)
}
