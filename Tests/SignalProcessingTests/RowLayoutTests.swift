// The rows of a format, and the microvolts that codes become in them.

import ECGSignal
import Testing

@testable import SignalProcessing

private func format(_ names: [String]) -> SignalFormat {
  SignalFormat(
    sampleRate: 500,
    channels: names.map {
      Channel(name: $0, lead: Lead(signalName: $0), microvoltsPerCode: 2, baseline: 10)
    }, provenance: .replay, sourceName: "test")
}

@Test("the four other limb leads follow from I and II by Einthoven and Goldberger")
func derivedRows() {
  let format = format(["II", "V1", "I"])
  let layout = RowLayout(format)
  #expect(layout.rows.map(\.name) == ["II", "V1", "I", "III", "aVR", "aVL", "aVF"])
  let assembly = RowAssembly(format: format, layout: layout)
  let storage = SampleBlockStorage(channelCount: 3)
  storage.block.header.pointee.sampleCount = 1
  storage.block.channel(0)[0] = 310  // II: 600 uV
  storage.block.channel(1)[0] = 10
  storage.block.channel(2)[0] = 60  // I: 100 uV
  var row = [Float](repeating: 0, count: 7)
  assembly.assemble(storage.block, sample: 0, into: &row)
  #expect(row == [600, 0, 100, 500, -350, -200, 550])
}

@Test("what was not measured takes the leads that need it with it, and is not zero")
func missingSpreads() {
  let format = format(["I", "II", "V1"])
  let assembly = RowAssembly(format: format, layout: RowLayout(format))
  let storage = SampleBlockStorage(channelCount: 3)
  storage.block.channel(0)[0] = SampleBlock.missing
  storage.block.channel(1)[0] = 20
  storage.block.channel(2)[0] = 20
  var row = [Float](repeating: 0, count: 7)
  assembly.assemble(storage.block, sample: 0, into: &row)
  #expect(row.map(\.isNaN) == [true, false, false, true, true, true, true])
  #expect(assembly.rows(lostWith: 0b001) == 0b111_1001)
}

@Test("two channels of one lead: the first counts, the second has no place")
func doubledLead() {
  let layout = RowLayout(format(["MLII", "II", "ECG3"]))
  #expect(layout.rows.map(\.name) == ["II", "II", "ECG3"])
  #expect(layout.rows.map(\.lead) == [.II, nil, nil])
  #expect(layout.leads == LeadSet(.II))
}

@Test(
  "a chest lead measured against a limb is brought to Wilson's terminal, by the potentials of the electrodes",
  arguments: LimbElectrode.allCases)
func wilsonsTerminal(reference: LimbElectrode) {
  let potentials: [LimbElectrode: Double] = [.rightArm: -310, .leftArm: 146, .leftLeg: 620]
  let chest = 880.0
  let (arm, left, leg) = (
    potentials[.rightArm]!, potentials[.leftArm]!, potentials[.leftLeg]!
  )
  var format = format(["V3", "II", "I"])
  format.channels[0].limbReference = reference
  let layout = RowLayout(format)
  #expect(layout.rows.map(\.lead) == [.V3, .II, .I, .III, .aVR, .aVL, .aVF])
  let assembly = RowAssembly(format: format, layout: layout)
  let storage = SampleBlockStorage(channelCount: 3)
  for (channel, value) in [chest - potentials[reference]!, leg - arm, left - arm].enumerated() {
    storage.block.channel(channel)[0] = Int32((value / 2).rounded()) + 10
  }
  var row = [Float](repeating: 0, count: 7)
  assembly.assemble(storage.block, sample: 0, into: &row)
  #expect(abs(Double(row[0]) - (chest - (arm + left + leg) / 3)) <= 2)
  // It needs I and II: what they lose it loses, and without them it is no lead.
  storage.block.channel(1)[0] = SampleBlock.missing
  assembly.assemble(storage.block, sample: 0, into: &row)
  #expect(row[0].isNaN && row[2] == Float(left - arm))
  #expect(assembly.rows(lostWith: 0b010) & 1 == 1)
  format.channels.removeLast()
  #expect(RowLayout(format).leads == LeadSet(.II))
}

@Test("a board for watching leads keeps its rows, but only its limb leads are for findings")
func watchingOnly() {
  var format = format(["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"])
  #expect(RowLayout(format).leads == .twelve)
  format.diagnosticLeads = .limb
  #expect(RowLayout(format).leads == .limb)
  #expect(RowLayout(format).leads.missing.names == ["V1", "V2", "V3", "V4", "V5", "V6"])
  #expect(RowLayout(format).rowOfLead.allSatisfy { $0 >= 0 })
}
