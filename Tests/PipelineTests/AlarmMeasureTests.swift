// A transition says by numbers what made it: the rate, the silence, the interval, the run, the ST level with its row,
// the probability of a finding.

import Alarms
import ECGSignal
import Inference
import SignalProcessing
import SimulatedDevices
import TestSupport
import Testing

@testable import Pipeline

@Suite struct AlarmMeasureTests {
  /// The first start of an alarm of a simulated patient, watched without a model.
  private func measure(
    of alarm: BuiltInAlarm, _ script: String, seconds: Int
  ) throws -> (measure: AlarmMeasure, layout: RowLayout) {
    let patient = SimulatedPatient(script: try PatientScript(parsing: script + "&rate=250"))
    let pipeline = Pipeline(
      format: patient.format, configuration: PipelineConfiguration())
    let storage = SampleBlockStorage(channelCount: patient.format.channels.count)
    for _ in 0..<10 * seconds {
      storage.block.header.pointee = SampleBlock.Header()
      _ = patient.fill(storage.block, count: 25)
      pipeline.step(storage.block)
      for position in 0..<pipeline.events.count {
        if case .alarm(let change) = pipeline.events[position].kind, change.phase == .start,
          change.alarm == alarm.rawValue
        {
          return (change.measure, pipeline.layout)
        }
      }
    }
    Issue.record("\(alarm) did not start")
    return (.none, pipeline.layout)
  }

  private func value(
    _ name: String, of alarm: BuiltInAlarm, _ script: String, seconds: Int = 60
  ) throws -> Double {
    let (measure, layout) = try measure(of: alarm, script, seconds: seconds)
    let values = measure.values { layout.rows[$0].lead }
    #expect(values.keys.sorted() == [name])
    return try #require(values[name])
  }

  @Test("alarms of rate have the rate that crossed the limit")
  func rates() throws {
    // The mean of the last intervals has crossed the limit, and is on its way to the rate of the scene.
    #expect(
      (38.0..<50).contains(
        try value("heartRateBPM", of: .bradycardia, "brady?onset=10&hr=40&hrv=0")))
    #expect(
      (120.0...142).contains(
        try value("heartRateBPM", of: .tachycardia, "tachy?onset=10&hr=140&hrv=0")))
  }

  @Test("asystole has the seconds without a beat, a pause its interval, a run its beats")
  func rhythms() throws {
    let silence = try value("secondsWithoutBeat", of: .asystole, "asystole?onset=10")
    // Told at the next tenth of a second behind four.
    #expect((4.0...4.2).contains(silence))
    let interval = try value("intervalSeconds", of: .pause, "asystole?onset=10&offset=12&hrv=0")
    #expect((2.0...4.0).contains(interval))
    let run = try value("runBeats", of: .ventricularRun, "nsr?pvc=20x5&onset=10")
    #expect((3.0...5.0).contains(run))
    let fast = try value("runBeats", of: .ventricularTachycardia, "vt?onset=10&hr=180")
    #expect((6.0...8.0).contains(fast))
  }

  @Test("an ST shift has its microvolts, by sign, and the lead that moved the most")
  func segment() throws {
    let (measure, layout) = try measure(
      of: .stShift, "nsr?st=anterior:-400&onset=130", seconds: 280)
    guard case .stDeviation(let microvolts, let row) = measure else {
      Issue.record("\(measure)")
      return
    }
    // The detector's level is of its own point (J + 60 ms by the R peak), so not the script's 400 to the microvolt.
    #expect((-500.0 ... -300.0).contains(Double(microvolts)))
    let lead = try #require(layout.rows[Int(row)].lead)
    #expect([.V2, .V3, .V4].contains(lead))
    #expect(
      measure.values { layout.rows[$0].lead }
        == ["stDeviation\(lead.name)Microvolts": Double(microvolts).rounded()])
    #expect(measure.values { _ in nil }.keys.sorted() == ["stDeviationMicrovolts"])
  }

  @Test(
    "a finding has its probability and the threshold; what is restored or has no number has none")
  func findings() throws {
    let statements = try model.get().statements
    let definitions = AlarmCatalogue.definitions
    let alarm = try #require(
      definitions.firstIndex { alarm in
        statements.contains { alarm.name == AlarmDefinition.findingPrefix + $0.code }
      })
    let statement = try #require(
      statements.firstIndex { definitions[alarm].name == AlarmDefinition.findingPrefix + $0.code })
    var configuration = PipelineConfiguration()
    configuration.restoredAlarms = AlarmSnapshot(unacknowledged: ["asystole"])
    let panel = AlarmPanel(statements: statements, configuration: configuration)
    let events = EventBuffer(capacity: 4096)
    var conditions = AlarmPanel.Conditions()
    conditions.isLeadOff = true
    conditions.measures.silenceSeconds = 9
    var probabilities = [Float](repeating: 0, count: statements.count)
    probabilities[statement] = 0.9375
    for second in 0..<20 {
      probabilities.withUnsafeBufferPointer {
        panel.take($0, areReadable: true, at: Double(second))
      }
      panel.update(
        conditions, at: Double(second), index: Int64(second), time: StreamTime(sampleRate: 1),
        arrival: 0, events: events)
    }
    var measures: [Int: AlarmMeasure] = [:]
    for position in 0..<events.count {
      if case .alarm(let change) = events[position].kind { measures[change.alarm] = change.measure }
    }
    let threshold = statements[statement].threshold
    #expect(measures[alarm] == .finding(probability: 0.9375, threshold: threshold))
    #expect(measures[BuiltInAlarm.asystole.rawValue] == AlarmMeasure.none)
    #expect(measures[BuiltInAlarm.leadOff.rawValue] == AlarmMeasure.none)
    let values = try #require(measures[alarm]).values { _ in nil }
    #expect(values == ["probability": 0.938])
    let limit = try #require(measures[alarm]?.limits["probabilityThreshold"])
    #expect(abs(limit - Double(threshold)) <= 0.0005)
  }
}
