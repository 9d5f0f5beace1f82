// `ecgclip emulate` beside other people's program: BrainFlow reads the emulated Cyton and sees what our decoder sees.

import ECGSignal
import Foundation
import FrontEnds
import SimulatedDevices
import TestSupport
import Testing

/// A simulated patient through an emulated Cyton and our decoder: microvolts `[sample][channel]`.
private func decodedMicrovolts(
  _ script: String, hasDaisy: Bool, samples count: Int
) throws -> [[Double]] {
  let converter = hasDaisy ? CytonEncoder.daisyConverter : CytonEncoder.converter
  let channels = converter.channelCountMax
  let line = EmulatedLine(
    signal: EmulatedCyton(
      SimulatedPatient(
        script: try PatientScript(parsing: script), sampleRate: converter.sampleRate),
      isStreaming: true, readsDaisy: hasDaisy), wireFormat: .cyton, converter: converter)
  let decoder = WireFormat.cyton.decoder.init(
    WireSettings(
      sampleRate: converter.sampleRate ?? 0, channelCount: channels, usesHostTime: false))
  let storage = SampleBlockStorage(channelCount: channels)
  var rows: [[Double]] = []
  while rows.count < count, let arrival = line.next() {
    let fed = arrival.bytes.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: 0) }
    #expect(fed == arrival.bytes.count)
    while decoder.next(into: storage.block, isQuiet: true) == .samples {
      for sample in 0..<Int(storage.block.header.pointee.sampleCount) {
        rows.append(
          (0..<channels).map {
            Double(storage.block.channel($0)[sample]) * converter.microvoltsPerCode
          })
      }
    }
  }
  return rows
}

@Suite(.serialized)
struct EmulateTests {
  /// BrainFlow computes with doubles, as we do: only their rounding may differ.
  @Test(
    "BrainFlow commands the emulated Cyton and its Daisy and reads the same microvolts as our decoder",
    .enabled(
      if: Python.imports("brainflow")
        && ProcessInfo.processInfo.environment["ECGCLIP_RUNNER"] == nil,
      "there is no Python with brainflow, or it cannot start a program of an emulated processor"),
    arguments: [false, true])
  func brainFlow(hasDaisy: Bool) throws {
    let script = "nsr?pvc=4&noise=20&seed=7"
    let read = try Python.peer(
      "read_cyton.py", Run.program.path(percentEncoded: false), script, "1000",
      hasDaisy ? "daisy" : "")
    #expect(read["version"].text == "5.23.0")
    let theirs = read["samples"].list
    try #require(theirs.count == 1000)
    let ours = try decodedMicrovolts(script, hasDaisy: hasDaisy, samples: 1000)
    var differences = 0
    for (index, row) in theirs.enumerated() {
      // Of a pair the number of its first packet.
      let number = hasDaisy ? 2 * index : index
      if row[0].integer != number % 256 { differences += 1 }
      #expect(row.list.count == (hasDaisy ? 17 : 9))
      for channel in 0..<(hasDaisy ? 16 : 8)
      where abs(row[channel + 1].number - ours[index][channel]) > 1e-9 * 187_500 {
        differences += 1
      }
    }
    #expect(differences == 0)
    // The signal is one: a beat is two millivolts, not a flat line. A Cyton gives it upside down.
    #expect((ours.map { $0[1] }.min() ?? 0) < -500)
    // No two channels are alike.
    #expect(Set(ours[500]).count == (hasDaisy ? 16 : 8))
  }
}
