// docs/json.md is a contract: the keys that it names are there, and what is not known is null.

@testable import Alarms
import ECGSignal
import Foundation
import Inference
@testable import Pipeline
import SignalProcessing
import TestSupport
import Testing

@testable import Monitor

/// Runs events through the sink and reads its lines back.
private func lines(
  _ kinds: [PipelineEvent.Kind], summary: Bool = false
) throws -> [[String: Any]] {
  let pipe = Pipe()
  let writer = LineWriter(descriptor: pipe.fileHandleForWriting.fileDescriptor, onBroken: {})
  let sink = JSONLinesSink(output: writer)
  let format = SignalFormat(
    sampleRate: 500,
    channels: [Channel(name: "MLII", lead: .II, microvoltsPerCode: 1)], provenance: .replay,
    sourceName: "101")
  let model = try Model(folder: TestData.repository + "/models/ecgclip-r18")
  let context = SessionContext(
    format: format, layout: RowLayout(format), leads: LeadSet(.II), modelName: model.name,
    modelSHA256: model.sha256, statements: model.statements,
    filters: .monitoring, alarms: BuiltInAlarm.allCases.map(\.definition), profile: PatientProfile()
  )
  sink.begin(context)
  var collector = SummaryCollector()
  for kind in kinds {
    let event = PipelineEvent(
      kind: kind, index: 750, seconds: 1.5, sampleRate: 500, arrivalNanoseconds: 0)
    sink.take(event)
    collector.take(event)
  }
  if summary {
    sink.end(
      collector.summary(
        context: context, latency: LatencyHistogram(), cpuSeconds: 0, wallSeconds: 0,
        residentBytes: 0, endReason: nil))
  }
  sink.refresh()
  try pipe.fileHandleForWriting.close()
  let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
  return try data.split(separator: 0x0A).map { line in
    try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
  }
}

@Test("the first line says what is monitored and what is missing")
func sourceLine() throws {
  let line = try #require(try lines([]).first)
  #expect(line["type"] as? String == "source")
  #expect(line["simulated"] as? Bool == true)
  #expect(line["provenance"] as? String == "replay")
  #expect((line["leadsMissing"] as? [String])?.count == 11)
}

@Test("an unknown heart rate is null, not left out and not 0")
func unknownHeartRate() throws {
  let line = try lines([.heartRate(beatsPerMinute: nil)])[1]
  #expect(line["heartRateBPM"] is NSNull)
  #expect(line["time"] as? Double == 1.5)
  #expect(line["simulated"] as? Bool == true)
}

@Test("a statement that was not assessed has no probability")
func notAssessed() throws {
  let found = try lines([
    .finding(statement: 3, probability: nil, leads: LeadSet(.II)),
    .finding(statement: 4, probability: 0.25, leads: .twelve),
  ])
  #expect(found[1]["probability"] is NSNull)
  #expect(found[1]["assessed"] as? Bool == false)
  #expect(found[1]["leads"] as? [String] == ["II"])
  #expect(found[2]["probability"] as? Double == 0.25)
  #expect(found[2]["assessed"] as? Bool == true)
}

@Test("the filters say where the notch stands, null for nowhere")
func filterLine() throws {
  let found = try lines([
    .filters(FilterState(mainsHz: 60, isMainsDetected: true, delayMilliseconds: 12.5)),
    .filters(FilterState(mainsHz: nil, isMainsDetected: false, delayMilliseconds: 12)),
  ])
  #expect(found[1]["type"] as? String == "filters")
  #expect(found[1]["mainsHz"] as? Double == 60)
  #expect(found[1]["mainsDetected"] as? Bool == true)
  #expect(found[1]["delayMilliseconds"] as? Double == 12.5)
  #expect(found[1]["highPassHz"] as? Double == 0.67)
  #expect(found[2]["mainsHz"] is NSNull)
}

@Test("quality says which rows are not good and why")
func qualityLine() throws {
  var grades = RowGrades()
  #expect(
    try lines([.quality(index: 90, unusableRows: 0, electrodesOff: 0, grades: grades)])[1]["grades"]
      as? [String: String] == [:])
  grades[0] = .mains
  let line = try lines([.quality(index: 42, unusableRows: 1, electrodesOff: 0, grades: grades)])[1]
  #expect(line["quality"] as? Int == 42)
  #expect(line["unusable"] as? [String] == ["II"])
  #expect(line["grades"] as? [String: String] == ["II": "mains"])
}

@Test("electrodes that look exchanged are told by name, and null when they no longer do")
func electrodeSwapLine() throws {
  let found = try lines([
    .electrodeSwap(SuspectedSwap(exchange: .rightArmLeftArm, confidence: 0.75)),
    .electrodeSwap(nil),
  ])
  #expect(found[1]["type"] as? String == "electrodeSwap")
  #expect(found[1]["electrodes"] as? String == "RA/LA")
  #expect(found[1]["confidence"] as? Double == 0.75)
  #expect(found[2]["electrodes"] is NSNull)
  #expect(found[2]["confidence"] is NSNull)
}

@Test("alarms and gaps carry the words of the contract")
func alarmsAndGaps() throws {
  let found = try lines([
    .alarm(
      AlarmTransition(
        alarm: BuiltInAlarm.asystole.rawValue, phase: .start, priority: .high,
        measure: .silence(seconds: 4.04))),
    .gap(samples: 12, cause: .framesLost),
  ])
  #expect(found[1]["condition"] as? String == "asystole")
  #expect(found[1]["priority"] as? String == "high")
  #expect(found[1]["phase"] as? String == "start")
  #expect(found[1]["person"] is NSNull)
  #expect(found[1]["values"] as? [String: Double] == ["secondsWithoutBeat": 4.04])
  #expect(found[1]["limits"] as? [String: Double] == ["asystoleSeconds": 4])
  #expect(found[2]["samples"] as? Int == 12)
  #expect(found[2]["cause"] as? String == "framesLost")
}

@Test("what keeps alarms silent is told with the names of the alarms that are off")
func inactivationLine() throws {
  let found = try lines([
    .alarm(
      AlarmTransition(
        alarm: BuiltInAlarm.pause.rawValue, phase: .off, priority: .medium, cause: .operated)),
    .inactivation(AlarmInactivation(audioPauseSecondsLeft: 120, offCount: 1)),
    .inactivation(AlarmInactivation(isStandby: true, offCount: 1, cause: .newAlarm)),
  ])
  #expect(found[1]["phase"] as? String == "off" && found[1]["cause"] as? String == "operator")
  #expect(found[2]["type"] as? String == "inactivation")
  #expect(found[2]["audioPauseSecondsLeft"] as? Int == 120)
  #expect(found[2]["standby"] as? Bool == false)
  #expect(found[2]["alarmsOff"] as? [String] == ["pause"])
  #expect(found[3]["audioPauseSecondsLeft"] is NSNull && found[3]["standby"] as? Bool == true)
  #expect(found[3]["cause"] as? String == "newAlarm")
}

@Test("beats have their own time and class; the end of a rhythm holds the whole episode")
func beatsAndRhythms() throws {
  let onset = RhythmChange(rhythm: .atrialFibrillation, isOnset: true, sampleIndex: 250)
  let end = RhythmChange(rhythm: .atrialFibrillation, isOnset: false, sampleIndex: 500)
  let found = try lines([
    .beat(beatIndex: 600, beatClass: .ventricular), .rhythm(onset), .rhythm(end),
  ])
  #expect(found[1]["type"] as? String == "beat")
  #expect(found[1]["beatTime"] as? Double == 1.2)
  #expect(found[1]["beatClass"] as? String == "ventricular")
  #expect(found[2]["rhythm"] as? String == "atrialFibrillation")
  #expect(found[2]["phase"] as? String == "start")
  #expect(found[2]["onsetTime"] as? Double == 0.5)
  #expect(found[2]["endTime"] is NSNull)
  #expect(found[3]["phase"] as? String == "end")
  #expect(found[3]["onsetTime"] as? Double == 0.5)
  #expect(found[3]["endTime"] as? Double == 1)
}

@Test("the true rate stands in a line of its own, with nominal rate, interval and residual")
func clockLine() throws {
  let fit = ClockFit(
    partsPerMillion: 20, uncertaintyPartsPerMillion: 2, residualMilliseconds: 2.5,
    spanSeconds: 600)
  let line = try lines([.clock(fit)])[1]
  #expect(line["type"] as? String == "clock")
  #expect(line["time"] as? Double == 1.5)
  #expect(line["simulated"] as? Bool == true)
  #expect(line["sampleRate"] as? Double == 500)
  #expect((line["measuredSampleRate"] as? Double).map { abs($0 - 500.01) < 1e-9 } == true)
  #expect(line["partsPerMillion"] as? Double == 20)
  #expect(line["partsPerMillionInterval"] as? [Double] == [18, 22])
  #expect(line["residualMilliseconds"] as? Double == 2.5)
  #expect(line["spanSeconds"] as? Double == 600)
}

@Test("the source says that its rate was not measured, the summary where samples were lost")
func countersAndRate() throws {
  #expect(try lines([])[0]["measuredSampleRate"] is NSNull)
  var tally = SampleTally()
  tally.counters.framesFailedChecksum = 1
  tally.counters.samplesLostInFrontEnd = 2
  tally.counters.samplesLostByClock = 3
  tally.counters.samplesSurplus = 4
  tally.counters.datagramsForeign = 5
  tally.counters.framesRepeated = 6
  tally.counters.bytesDiscarded = 7
  let line = try #require(try lines([.tally(tally)], summary: true).last)
  #expect(line["type"] as? String == "summary")
  #expect(line["framesFailedChecksum"] as? Int == 1)
  #expect(line["samplesLostInFrontEnd"] as? Int == 2)
  #expect(line["samplesLostByClock"] as? Int == 3)
  #expect(line["samplesSurplus"] as? Int == 4)
  #expect(line["datagramsForeign"] as? Int == 5)
  #expect(line["framesRepeated"] as? Int == 6)
  #expect(line["bytesDiscarded"] as? Int == 7)
  #expect(line["clock"] is NSNull)
  #expect(line["endReason"] is NSNull)
}

@Test("every count that docs/front-ends.md explains is in the summary")
func documentedCounts() throws {
  let path = TestData.repository + "/docs/front-ends.md"
  let text = try String(contentsOfFile: path, encoding: .utf8)
  let table = text.split(separator: "\n").drop { !$0.hasPrefix("| count in `monitor --json`") }
    .dropFirst(2).prefix { $0.hasPrefix("|") }
  let keys = table.flatMap { row in
    row.split(separator: "|")[0].split(separator: "`").filter { $0.allSatisfy(\.isLetter) }
  }
  let summary = try #require(try lines([], summary: true).last)
  #expect(keys.count >= 10)
  for key in keys { #expect(summary[String(key)] is Int, "the summary lacks \(key)") }
}
