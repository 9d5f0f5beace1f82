import ECGSignal
import Foundation
import TestSupport
import Testing

@testable import LinuxDevices

private let format = SignalFormat(
  sampleRate: 500,
  channels: [
    Channel(name: "I", lead: .I, microvoltsPerCode: 2),
    Channel(name: "II", lead: .II, microvoltsPerCode: 2),
  ], provenance: .live, sourceName: "bench-7")

private func calibration(
  device: String = "bench-7", gain: Double = 1.02, offset: Double = -300, extra: String = ""
) -> Data {
  Data(
    """
    {"schemaVersion": 1, "device": "\(device)", "measured": "2026-11-23", \(extra) "channels": [
      {"name": "I", "gainCorrection": \(gain), "offsetMicrovolts": \(offset)},
      {"name": "II", "gainCorrection": 1.0, "offsetMicrovolts": 0}]}
    """.utf8)
}

private func refusal(_ data: Data, for format: SignalFormat = format) -> String {
  do {
    _ = try Calibration.parse(data, name: "bench-7.json").applied(to: format)
    return ""
  } catch {
    return "\(error)"
  }
}

@Test("gain and offset correct a channel's microvolts")
func corrects() throws {
  let calibrated = try Calibration.parse(calibration(), name: "x").applied(to: format)
  let channel = calibrated.channels[0]
  // Shorted inputs that read -300 nominal microvolts are 0; 1000 nominal ones above that are 1020.
  let zero = -150 * channel.microvoltsPerCode + channel.offsetMicrovolts
  let high = 350 * channel.microvoltsPerCode + channel.offsetMicrovolts
  #expect(abs(zero) < 1e-9 && abs(high - 1020) < 1e-9)
  #expect(calibrated.channels[1] == format.channels[1])
}

@Test("the calibration that is shipped for the simulated patient corrects nothing")
func shipped() throws {
  let loaded = try Calibration.load(TestData.repository + "/calibration/simulated.json")
  #expect(loaded.device == "simulated")
  #expect(loaded.channels.allSatisfy { $0.gainCorrection == 1 && $0.offsetMicrovolts == 0 })
}

@Test("a wrong calibration is refused: another device, a defect, an unknown key, a missing channel")
func refusals() {
  #expect(refusal(calibration(device: "bench-8")).contains("bench-8"))
  #expect(refusal(calibration(gain: 1.2)).contains("beyond the limits"))
  #expect(refusal(calibration(offset: 400_000)).contains("beyond the limits"))
  #expect(refusal(calibration(extra: "\"gian\": 1,")).contains("gian"))
  #expect(refusal(Data("{".utf8)).contains("no JSON"))
  var longer = format
  longer.channels.append(Channel(name: "V1", lead: .V1, microvoltsPerCode: 2))
  #expect(refusal(calibration(), for: longer).contains("V1"))
}
