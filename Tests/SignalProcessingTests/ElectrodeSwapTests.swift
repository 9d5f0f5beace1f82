// Exchanged electrodes: against the script that fitted the model, on LUDB, which the fit never saw, with its leads
// turned as an exchange turns them, and with anything as input.

import ECGSignal
import Foundation
import Recordings
import TestSupport
import Testing

@testable import SignalProcessing

/// A recording of twelve leads in their standard order, `[lead][sample]`, with its beats.
private struct TwelveLeads: Sendable {
  var leads: [[Float]]
  var beats: [Int] = []

  init(path: String) throws {
    let signal = try Signal(path: path)
    let names = try Recordings.open(path).format.channels.map { $0.lead.map { Int($0.rawValue) } }
    leads = Array(repeating: [], count: 12)
    for (row, lead) in names.enumerated() {
      guard let lead else { continue }
      leads[lead] = stride(from: row, to: signal.microvolts.count, by: signal.rowCount).map {
        signal.microvolts[$0]
      }
    }
    let detector = BeatDetector(sampleRate: signal.sampleRate, rowCount: signal.rowCount)
    for sample in 0..<signal.sampleCount {
      signal.microvolts.withUnsafeBufferPointer {
        let beat = detector.process($0.baseAddress! + sample * signal.rowCount, usable: 0xFFF)
        if let beat { beats.append(Int(beat.sampleIndex)) }
      }
    }
  }

  /// With the electrodes of the limbs in another order: RA, LA and LL stand where these are.
  func limbs(_ right: Int, _ left: Int, _ foot: Int) -> [[Float]] {
    var turned = leads
    for sample in leads[0].indices {
      let potentials = [0, leads[0][sample], leads[1][sample]]
      turned[0][sample] = potentials[left] - potentials[right]
      turned[1][sample] = potentials[foot] - potentials[right]
    }
    return turned
  }

  /// With an electrode of an arm on the right leg, whose potential is that of the left but for 2 % of lead I.
  func rightLeg(insteadOfRightArm isRight: Bool) -> [[Float]] {
    var turned = leads
    for sample in leads[0].indices {
      let (left, foot) = (leads[0][sample], leads[1][sample])
      let leg = foot + 0.02 * left
      turned[0][sample] = isRight ? left - leg : leg
      turned[1][sample] = isRight ? foot - leg : foot
      // Wilson's terminal moves by a third of what the electrode does.
      let terminal = (isRight ? -leg : left - leg) / 3
      for lead in 6..<12 { turned[lead][sample] += terminal }
    }
    return turned
  }

  func chest(_ a: Lead, _ b: Lead) -> [[Float]] {
    var turned = leads
    turned.swapAt(Int(a.rawValue), Int(b.rawValue))
    return turned
  }

  func judge(_ leads: [[Float]]) -> ElectrodeExchange? {
    ElectrodeSwap.judge(leads, sampleRate: 500, beats: beats)?.exchange
  }
}

@Test(
  "what the model says agrees with the script that fitted it", .enabled(if: TestData.isPresent))
func marginsAgreeWithTheScript() throws {
  struct Case: Decodable {
    let record: String
    let beats: [Int]
    let limb: [Float]
    let chest: [Float]
  }
  let path = TestData.repository + "/Tests/SignalProcessingTests/Fixtures/electrode_swaps.json"
  let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: URL(filePath: path)))
  #expect(cases.count == 8)
  for one in cases {
    let leads = try TwelveLeads(path: TestData.path(one.record)).leads
    let margins = ElectrodeSwap.margins(leads, sampleRate: 500, beats: one.beats)
    // RA/LA, RA/LL, both turns; LA/LL, third in the script, is no hypothesis here.
    let expected = [one.limb[0], one.limb[1], one.limb[3], one.limb[4]] + one.chest
    try #require(margins.count == expected.count)
    for (found, wanted) in zip(margins, expected) {
      // Single precision over 244 terms of at most 30.
      #expect(abs(found - wanted) < 0.02, "\(one.record): \(margins) \(expected)")
    }
  }
}

@Test("LUDB: exchanged electrodes are told and others are not", .enabled(if: TestData.isPresent))
func ludb() async throws {
  struct Told: Sendable {
    var isSuspected = false
    var rightLeft: ElectrodeExchange?
    var rightFoot: ElectrodeExchange?
    var chest: ElectrodeExchange?
    var rightLeg: ElectrodeExchange?
    var leftLeg: ElectrodeExchange?
  }
  let all = try await withThrowingTaskGroup(of: Told.self) { group in
    for number in 1...120 {
      group.addTask {
        let record = try TwelveLeads(path: TestData.path("ludb/\(number)"))
        return Told(
          isSuspected: record.judge(record.leads) != nil,
          rightLeft: record.judge(record.limbs(1, 0, 2)),
          rightFoot: record.judge(record.limbs(2, 1, 0)),
          chest: record.judge(record.chest(.V1, .V2)),
          rightLeg: record.judge(record.rightLeg(insteadOfRightArm: true)),
          leftLeg: record.judge(record.rightLeg(insteadOfRightArm: false)))
      }
    }
    return try await group.reduce(into: [Told]()) { $0.append($1) }
  }
  try #require(all.count == 120)
  // 1.7 %: one of a pacemaker, one of P waves that LA/LL exchanged would explain.
  #expect(all.count { $0.isSuspected } <= 2)
  // 98.3 %.
  #expect(all.count { $0.rightLeft != nil } >= 118)
  #expect(all.count { $0.rightLeft == .rightArmLeftArm } >= 110)
  #expect(all.count { $0.rightFoot != nil } >= 118)
  #expect(all.count { $0.rightFoot == .rightArmLeftLeg } >= 110)
  // 95 %.
  #expect(all.count { $0.chest == .v1v2 } >= 114)
  #expect(
    all.count { $0.rightLeg == .rightArmRightLeg } >= 95,
    "\(all.count { $0.rightLeg == .rightArmRightLeg })")
  #expect(
    all.count { $0.leftLeg == .leftArmRightLeg } >= 110,
    "\(all.count { $0.leftLeg == .leftArmRightLeg })")
}

@Test("too few beats, missing leads and flat leads are not judged")
func nothingToJudge() {
  #expect(ElectrodeSwap.judge([], sampleRate: 500, beats: []) == nil)
  let flat = [[Float]](repeating: [Float](repeating: 0, count: 5000), count: 12)
  #expect(ElectrodeSwap.judge(flat, sampleRate: 500, beats: [700, 1200, 1700, 2200]) == nil)
  let missing = [[Float]](repeating: [Float](repeating: .nan, count: 5000), count: 12)
  #expect(ElectrodeSwap.judge(missing, sampleRate: 500, beats: [700, 1200, 1700, 2200]) == nil)
}

@Test("any input and any beats: no trap", arguments: [100.0, 500, 2000])
func anyElectrodes(rate: Double) {
  let odd: [Float] = [
    .nan, .infinity, -.infinity, .greatestFiniteMagnitude, 1e30, -1e12, 0, 3e5, 100, -200, 50,
  ]
  var random = SeededRandom(seed: UInt64(rate))
  let swap = ElectrodeSwap(sampleRate: rate)
  for sample in 0..<20_000 {
    let isWild = sample % 4000 < 1000
    let row = (0..<12).map { _ in
      isWild ? odd.randomElement(using: &random) ?? 0 : Float(500 * random.value())
    }
    let beat: Int64? =
      sample % 83 == 0
      ? [Int64.min, -5, 0, Int64(sample), Int64(sample - 90), .max][sample % 6] : nil
    swap.process(row, beat: beat)
    if sample % 1000 == 0 {
      let suspected = swap.judge()
      #expect(suspected.map { (0.5...1).contains($0.confidence) } ?? true)
    }
  }
  swap.restart(at: 0)
  #expect(swap.judge() == nil)
}

@Test("judging electrodes allocates nothing", .enabled(if: allocationsAreCountable))
func electrodesAllocateNothing() {
  let ecg = SyntheticECG(beatsPerMinute: 75, to: 12)
  let curve = (0..<5000).map { Float(ecg.value(at: Double($0) / 500)) }
  let swap = ElectrodeSwap(sampleRate: 500)
  var row = [Float](repeating: 0, count: 12)
  func run(_ range: Range<Int>) {
    for sample in range {
      for lead in 0..<12 {
        row[lead] = curve[sample] * Float(lead - 3)
      }
      swap.process(row, beat: sample % 400 == 0 ? Int64(sample - 100) : nil)
    }
    _ = swap.judge()
  }
  run(0..<2000)
  #expect(countAllocations { run(2000..<5000) } == 0)
}
