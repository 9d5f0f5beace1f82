// Records that are not scored: flat and clipped leads by the rules of training, and whole records by name.

import Foundation
import Inference
import TestSupport
import Testing

@testable import Monitor

private let rate = 500.0

/// Ten seconds of smooth noise in whole microvolts.
private func signal(seed: UInt64 = 1) -> [Float] {
  var random = SeededRandom(seed: seed)
  var value = 0.0
  return (0..<5000).map { _ in
    value += random.value() * 50 - value * 0.01
    return Float(value.rounded())
  }
}

private func changed(_ range: Range<Int>, to value: Float) -> [Float] {
  var samples = signal()
  for index in range { samples[index] = value }
  return samples
}

@Test("a lead that rests for a while at its start is scored")
func restingStart() {
  let samples = signal()
  #expect(LeadFault(samples, sampleRate: rate) == nil)
  #expect(LeadFault([], sampleRate: rate) == nil)
  #expect(LeadFault(changed(0..<60, to: samples.max() ?? 0), sampleRate: rate) == nil)
}

@Test("a flat lead is found")
func flatLead() {
  #expect(LeadFault(changed(0..<5000, to: 7), sampleRate: rate) == .flat)
  #expect(LeadFault(changed(2500..<5000, to: 7), sampleRate: rate) == .flat)
  #expect(LeadFault(changed(2510..<5000, to: 7), sampleRate: rate) == nil)
  #expect(LeadFault(signal().map { $0 / 1000 }, sampleRate: rate) == .flat)
}

@Test("a clipped lead is found")
func clippedLead() {
  #expect(LeadFault(changed(4000..<4250, to: 5000), sampleRate: rate) == .clipped)
  #expect(LeadFault(changed(4000..<4249, to: 5000), sampleRate: rate) == nil)
  var samples = signal()
  for place in 0..<5 {
    if place == 4 { #expect(LeadFault(samples, sampleRate: rate) == nil) }
    for index in 0..<5 { samples[500 + place * 700 + index] = -4000 }
  }
  #expect(LeadFault(samples, sampleRate: rate) == .clipped)
}

/// Writes a record by hand: 16 bit integers, a frame of all leads after another.
private func write(_ leads: [[Float]], rate: Double, to folder: URL) throws {
  let names = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
  let lines = names.prefix(leads.count).map { "bad.dat 16 1000/mV 16 0 0 0 0 \($0)" }
  let head = "bad \(leads.count) \(Int(rate)) \(leads[0].count)\n"
  try (head + lines.joined(separator: "\n") + "\n").write(
    to: folder.appendingPathComponent("bad.hea"), atomically: true, encoding: .utf8)
  var data = Data()
  for sample in leads[0].indices {
    for lead in leads {
      withUnsafeBytes(of: Int16(lead[sample]).littleEndian) { data.append(contentsOf: $0) }
    }
  }
  try data.write(to: folder.appendingPathComponent("bad.dat"))
}

/// A record with a fault, told by its reason and not by its samples.
private struct RefusedRecord: CustomTestStringConvertible {
  var leads = 12
  var rate = 500.0
  /// The lead that is changed, V2.
  var second = signal()
  var reason: String
  var testDescription: String { reason }
}

@Test(
  "a record that cannot be scored is refused by its name",
  arguments: [
    RefusedRecord(rate: 50, reason: "50.0 Hz"),
    RefusedRecord(leads: 11, reason: "lead V6 is missing"),
    RefusedRecord(second: [Float](signal().prefix(4000)), reason: "at least 9.97 s"),
    RefusedRecord(second: changed(0..<5000, to: 7), reason: "lead V2 is flat: leave it out"),
    RefusedRecord(
      second: changed(1000..<1300, to: 5000), reason: "lead V2 is clipped: leave it out"),
  ])
private func refusedSignals(_ record: RefusedRecord) throws {
  let (leads, rate, second, reason) = (record.leads, record.rate, record.second, record.reason)
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  var signals = (0..<leads).map { [Float](signal(seed: UInt64($0 + 2)).prefix(second.count)) }
  signals[7] = second
  try write(signals, rate: rate, to: folder)
  let models = TestData.repository + "/models"
  let error = #expect(throws: EvaluationError.self) {
    _ = try FindingEvaluation(
      model: try Model(folder: models + "/ecgclip-r18"), folder: folder.path,
      labels: [LabelledRecord(name: "bad", patient: "p", codes: ["SR"])])
  }
  #expect(error?.description.hasPrefix("record bad: ") == true)
  #expect(error?.description.contains(reason) == true)
}
