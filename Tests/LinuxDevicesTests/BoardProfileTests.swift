import Devices
import ECGSignal
import TestSupport
import Testing

@testable import LinuxDevices

private func refusal(_ text: String) -> String {
  do {
    _ = try BoardProfile.parse(text, name: "board.yaml")
    return ""
  } catch {
    return error.description
  }
}

private let cyton = """
  schemaVersion: 1
  board: cyton
  format: cyton
  baud: 115200
  sampleRateHz: 250
  referenceMicrovolts: 4500000
  gain: 24
  channels: [I, II, V1, chin]
  """

@Test("every profile that is shipped loads", arguments: ["bridge", "cyton"])
func shippedProfiles(name: String) throws {
  let path = TestData.repository + "/firmware-config/\(name).yaml"
  #expect(try BoardProfile.load(path).board == name)
}

@Test("the scale of a Cyton's codes is 22.35 nV, and an unknown lead name has no place")
func cytonScale() throws {
  let format = try #require(try BoardProfile.parse(cyton, name: "board.yaml").signalFormat)
  #expect(abs(format.channels[0].microvoltsPerCode - 0.0223517) < 1e-7)
  #expect(format.channels.map(\.lead) == [.I, .II, .V1, nil])
  #expect(format.sampleRate == 250)
}

@Test("a misspelt key is refused with the one that was meant")
func misspelt() {
  #expect(refusal(cyton + "\nsampleRateHZ: 3").contains("did you mean 'sampleRateHz'"))
  #expect(refusal(cyton + "\ngian: 24").contains("did you mean 'gain'"))
}

@Test("what is missing or out of range is named")
func outOfRange() {
  #expect(refusal(cyton.replacing("gain: 24", with: "gain: -1")).contains("'gain'"))
  #expect(refusal(cyton.replacing("baud: 115200", with: "baud: fast")).contains("'baud'"))
  #expect(refusal(cyton.replacing("format: cyton", with: "format: edf")).contains("edf"))
  #expect(
    refusal(cyton.replacing("schemaVersion: 1", with: "schemaVersion: 2")).contains("schemaVersion")
  )
  #expect(refusal("- a\n- b").contains("keys and values"))
  #expect(refusal("a: [").contains("no YAML"))
}
