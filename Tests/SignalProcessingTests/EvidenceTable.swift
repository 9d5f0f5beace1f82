// Writes what the beat classifier sees of annotated beats, for fit_beat_weights.py, where ECGCLIP_EVIDENCE names a
// file.

import Foundation
import Recordings
import TestSupport
import Testing

@testable import SignalProcessing

private let output = ProcessInfo.processInfo.environment["ECGCLIP_EVIDENCE"]

@Test(
  "the evidence of annotated beats as a table", .enabled(if: output != nil && TestData.isPresent))
func evidenceTable() throws {
  var table = "record,reference,isUsual,members,earliness,likeness,widening,p0,p1,p2,p3,p4\n"
  for name in mitBIH.map(String.init) {
    let signal = try Signal(path: TestData.path("mitdb/" + name))
    let annotations = try AnnotationFile.read(TestData.path("mitdb/\(name).atr"))
      .filter { $0.isBeat && Double($0.sample) > 300 * signal.sampleRate }
    let detector = BeatDetector(sampleRate: signal.sampleRate, rowCount: signal.rowCount)
    let usable = UInt32.max >> UInt32(32 - signal.rowCount)
    var next = 0
    signal.microvolts.withUnsafeBufferPointer { values in
      for index in 0..<signal.sampleCount {
        guard
          let beat = detector.process(
            values.baseAddress! + index * signal.rowCount, usable: usable)
        else { continue }
        let window = Int(0.15 * signal.sampleRate)
        let sample = Int(beat.sampleIndex)
        while next < annotations.count, annotations[next].sample < sample - window { next += 1 }
        guard next < annotations.count, annotations[next].sample <= sample + window,
          !detector.evidence.isLearning
        else { continue }
        let seen = detector.evidence
        let parts = (0..<5).map { "\(seen.parts[$0])" }.joined(separator: ",")
        table += "\(name),\(annotations[next].symbol),\(seen.isUsual ? 1 : 0),"
        table +=
          "\(seen.cluster.members),\(seen.earliness),\(seen.likeness),\(seen.widening),\(parts)\n"
      }
    }
  }
  try table.write(toFile: try #require(output), atomically: true, encoding: .utf8)
}
