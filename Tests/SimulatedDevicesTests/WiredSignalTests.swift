// Leads in the channels of a board: in its order, derived where they are not measured, and open where nothing is.

import ECGSignal
import FrontEnds
import Testing

@testable import SimulatedDevices

/// A tenth of a second of a patient, by what a board has in its channels, and of the same patient as it is.
private func wired(
  _ wires: [(name: String, lead: Lead?)], script: String = "nsr"
) throws -> (channels: [[Int32]], patient: [Lead: [Int32]], leadOff: UInt32) {
  func patient() throws -> SimulatedPatient {
    SimulatedPatient(script: try PatientScript(parsing: script), sampleRate: 250)
  }
  let signal = WiredSignal(try patient(), wires: wires)
  #expect(signal.format.channels.map(\.name) == wires.map(\.name))
  let storage = SampleBlockStorage(channelCount: wires.count)
  #expect(signal.fill(storage.block, count: 25))
  let whole = try patient()
  let truth = SampleBlockStorage(channelCount: 8)
  #expect(whole.fill(truth.block, count: 25))
  func codes(_ block: SampleBlock, _ channel: Int) -> [Int32] {
    (0..<25).map { block.channel(channel)[$0] }
  }
  return (
    wires.indices.map { codes(storage.block, $0) },
    Dictionary(
      uniqueKeysWithValues: SimulatedPatient.leads.enumerated().map {
        ($1, codes(truth.block, $0))
      }), storage.block.header.pointee.leadOff
  )
}

@Test("a board's channels carry the leads that its profile names, in its order")
func wiredOrder() throws {
  let (channels, patient, _) = try wired([
    ("V6", .V6), ("I", .I), ("respiration", nil), ("II", .II),
  ])
  #expect(channels[0] == patient[.V6] && channels[1] == patient[.I] && channels[3] == patient[.II])
  #expect(channels[2] == Array(repeating: 0, count: 25))
  #expect(Set(channels[1]).count > 1)
}

@Test("III, aVR, aVL and aVF follow from I and II")
func wiredLimbLeads() throws {
  let (channels, patient, _) = try wired([
    ("III", .III), ("aVR", .aVR), ("aVL", .aVL), ("aVF", .aVF),
  ])
  for sample in 0..<25 {
    let first = Double(try #require(patient[.I])[sample])
    let second = Double(try #require(patient[.II])[sample])
    let expected = [
      second - first, -(first + second) / 2, first - second / 2, second - first / 2,
    ]
    #expect(channels.map { Double($0[sample]) } == expected.map { $0.rounded() })
  }
}

@Test("a lead whose electrode is off is at the rail, told off, and so are those that need it")
func wiredElectrodeOff() throws {
  let (channels, _, leadOff) = try wired(
    [("III", .III), ("V2", .V2), ("II", .II)], script: "nsr?leadoff=LA@0")
  #expect(leadOff == 0b001)
  #expect(channels[0].allSatisfy { $0 == EmulatedConverter.codeMax })
  #expect(channels[2].allSatisfy { $0 < EmulatedConverter.codeMax })
}
