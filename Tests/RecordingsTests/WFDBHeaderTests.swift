// Headers as the specification allows them, and those that must be refused with a sentence.

import ECGSignal
import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite("WFDB headers")
struct WFDBHeaderTests {
  private func parse(_ text: String) throws -> WFDBHeader {
    try WFDBHeader(Array(text.utf8), path: "test.hea")
  }

  @Test("what a header leaves out has the value of the specification")
  func defaults() throws {
    let header = try parse("# before\nrec 1\r\nrec.dat 16\r\n#after  \n")
    #expect(header.frameRate == 250)
    #expect(header.sampleCount == nil)
    #expect(header.comments == ["before", "after"])
    let signal = header.signals[0]
    #expect(signal.microvoltsPerCode == 5)
    #expect(signal.baseline == 0 && signal.zero == 0)
    #expect(signal.samplesPerFrame == 1 && signal.skew == 0 && signal.byteOffset == 0)
    #expect(try parse("rec 1 0 0\na 16 0 12 512").signals[0].baseline == 512)
    #expect(try parse("rec 1 0 0\na 16 0 12 512").signals[0].microvoltsPerCode == 5)
  }

  @Test("units become microvolts")
  func units() throws {
    func microvolts(_ field: String) throws -> Double? {
      try parse("r 1 100 10\nr.dat 16 \(field)").signals[0].microvoltsPerCode
    }
    #expect(try microvolts("1000") == 1)
    #expect(try microvolts("1000(5)/mV") == 1)
    #expect(try microvolts("2/uV") == 0.5)
    #expect(try microvolts("2e6/V") == 0.5)
    #expect(try microvolts("100(-3)/µV") == 0.01)
    #expect(try microvolts("1000/mv") == 1)
    #expect(try microvolts("10/mmHg") == nil)
  }

  @Test("rate, counter, time and date are told apart")
  func recordLine() throws {
    let header = try parse("r 1 360/1(-2.5) 10 1:2:3 28/2/2000\nr.dat 16")
    #expect(header.frameRate == 360)
    #expect(header.sampleCount == 10)
    #expect(header.baseTime == Date(timeIntervalSince1970: 951_699_723))
    #expect(try parse("r 1 360 10 1:2:3\nr.dat 16").baseTime == nil)
  }

  @Test(
    "a header that cannot be is refused",
    arguments: [
      "", "# only a comment", "rec", "rec x", "rec -1", "rec 1", "rec 1 abc\nr.dat 16",
      "rec 1 -5\nr.dat 16", "rec 1 inf\nr.dat 16", "rec 1 100 -1\nr.dat 16",
      "rec 1 100 99999999999999999999\nr.dat 16", "rec 99999 100 1", "rec/0 1 100",
      "rec/2 1 100 10\na 5", "rec 1 100 10\nr.dat", "rec 1 100 10\nr.dat x16",
      "rec 1 100 10\nr.dat 16y", "rec 1 100 10\nr.dat 16x99999999999",
      "rec 1 100 10\nr.dat 16 nan/mV", "rec 1 100 10\nr.dat 16 200(12", "rec/1 1 100\ns -4",
      "rec 1 100 10\nr.dat 16 200/mV(12)", "rec 1 100 10\nr.dat 16 200(99999999999)/mV",
      "rec 1 100 10\nr.dat 16 200 77",
    ])
  func refused(text: String) {
    let error = #expect(throws: RecordingError.self) { try parse(text) }
    #expect(error?.description.hasPrefix("test.hea: ") == true)
  }

  @Test("the ADC's range is believed only where it agrees with the baseline")
  func codeRanges() throws {
    func range(_ fields: String) throws -> ClosedRange<Int32> {
      try parse("r 1 100 10\nr.dat \(fields)").signals[0].codeRange(storage: .sixteenBit)
    }
    #expect(try range("16 200 11 1024") == 0...2047)
    #expect(try range("16 200(1024) 11 0") == -32767...32767)
    #expect(try range("16 200 0 0") == -32767...32767)
    #expect(try range("16 200 12") == -2048...2047)
  }

  @Test(
    "a record whose files do not keep the header's promise is refused",
    arguments: [
      ("r 1 100 11\nr.dat 16", "holds 10 of the 11"),
      ("r 1 100 10\nr.dat 8", "format 8 cannot be read here"),
      ("r 1 100 10\nr.dat 516", "format 516"),
      ("r 2 100 5\nr.dat 16\nr.dat 80", "more than one format"),
      ("r 2 100 2\nr.dat 16x3\nr.dat 16x2", "different rates"),
      ("r 1 100 10\n../r.dat 16", "outside the record's folder"),
      ("r 1 100 10\n/r.dat 16", "outside the record's folder"),
      ("r 1 100 10\nnone.dat 16", "cannot be opened"),
      ("r 1 100 10\nr.dat 16 200/mmHg", "no voltage"),
      ("r 1 100 10\nr.dat 16 1e-99", "a gain that no ECG has"),
      ("r 0 100 10", "holds no ECG"),
      ("r 1 100 10\n~ 0", "holds no ECG"),
      ("r 1 100 1\nr.dat 16+24", "holds 0 of the 1"),
      ("r/1 1 100 10\nr 10", "which has segments itself"),
      ("r/1 1 100 9\n~ 10", "announces 9 samples"),
      ("r/1 1 100 10\n~ 10", "only gaps"),
      ("r/2 1 100\n~ 999999999999\n~ 999999999999", "more samples than a record can have"),
      ("r/1 1 100 10\n../x 10", "outside the record's folder"),
    ])
  func promises(text: String, reason: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("r.hea", text)
    try folder.write("r.dat", [UInt8](repeating: 0, count: 20))
    let error = #expect(throws: RecordingError.self) { try Recordings.open(folder.path + "/r") }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test("more than sixteen ECG signals are refused, sixteen are not")
  func channelLimit() throws {
    let folder = try TemporaryFolder()
    for count in [16, 17] {
      let lines = ["r \(count) 100 1"] + Array(repeating: "r.dat 16", count: count)
      try folder.write("r.hea", lines.joined(separator: "\n"))
      try folder.write("r.dat", [UInt8](repeating: 0, count: 34))
      if count == 16 {
        #expect(try Recordings.open(folder.path + "/r").format.channels.count == 16)
      } else {
        #expect(throws: RecordingError.self) { try Recordings.open(folder.path + "/r") }
      }
    }
  }

  @Test("a signal that is no voltage is left out and named")
  func skipped() throws {
    let reader = try Recordings.open(Fixture.path("mixed"))
    #expect(reader.format.channels.count == 1)
    #expect(reader.skippedSignals == ["ABP is in mmHg, which is no voltage"])
    #expect(throws: RecordingError.self) { try Recordings.open(Fixture.path("unequal")) }
  }

  @Test("Frank's leads are channels without a standard lead")
  func frankLeads() throws {
    let folder = try TemporaryFolder()
    let names = ["avr", "V6", "vx", "vy", "vz"]
    let lines = ["r 5 1000 1"] + names.map { "r.dat 16 1000/mV 16 0 0 0 0 \($0)" }
    try folder.write("r.hea", lines.joined(separator: "\n"))
    try folder.write("r.dat", [UInt8](repeating: 0, count: 10))
    let channels = try Recordings.open(folder.path + "/r").format.channels
    #expect(channels.map(\.name) == names)
    #expect(channels.map(\.lead) == [.aVR, .V6, nil, nil, nil])
  }
}
