// The true sample rate on its way: from arrivals to events, JSON, the session's header and its replay; and
// front-ends that are on nobody's electrodes.

import Devices
import ECGSignal
import Foundation
import Inference
import Pipeline
import Recordings
import SimulatedDevices
import TestSupport
import Testing

@testable import Monitor

/// A front-end whose samples arrive by a clock of its own, as fast as they are taken.
private final class ClockedSource: SampleSource {
  let waitsForConsumer = true
  let keepsRealTime: Bool
  private(set) var endReason: String?
  private let patient: SimulatedPatient
  private let partsPerMillion: Double
  private var format: SignalFormat
  private var random = SeededRandom(seed: 17)
  /// After so many seconds the front-end switches to its test signal.
  private let testSignalSeconds: Double

  init(
    partsPerMillion: Double = 0, keepsRealTime: Bool = true, provenance: Provenance = .live,
    testSignalSeconds: Double = .infinity
  ) throws {
    patient = SimulatedPatient(script: try PatientScript(parsing: "nsr?hr=90"), sampleRate: 250)
    format = patient.format
    format.provenance = provenance
    self.partsPerMillion = partsPerMillion
    self.keepsRealTime = keepsRealTime
    self.testSignalSeconds = testSignalSeconds
  }

  func open() throws(SourceError) -> SignalFormat { format }

  func read(into block: SampleBlock) -> ReadOutcome {
    guard patient.fill(block, count: 10) else { return .ended }
    let end = block.header.pointee.firstIndex + 10
    let seconds = Double(end) / (250 * (1 + partsPerMillion * 1e-6))
    if seconds > testSignalSeconds {
      endReason = "bench changed from live to testSignal"
      return .ended
    }
    block.header.pointee.arrivalNanoseconds =
      9_000_000_000 + UInt64((seconds + 0.005 * (random.value() + 1) / 2) * 1e9)
    return .samples
  }

  func close() {}
}

/// Keeps events and problems.
private final class Notes: EventSink {
  var events: [PipelineEvent] = []
  var problems: [String] = []
  func begin(_ context: SessionContext) {}
  func take(_ event: PipelineEvent) { events.append(event) }
  func tell(problem: String) { problems.append(problem) }
  func end(_ summary: Summary) {}

  var fits: [ClockFit] {
    events.compactMap { if case .clock(let fit) = $0.kind { fit } else { nil } }
  }
}

private func monitor(
  _ source: any SampleSource, _ sink: Notes, seconds: Double, recordFolder: String? = nil
) throws -> Summary {
  try Monitor(
    source: source, model: .success(try Model(folder: TestData.repository + "/models/ecgclip-r18")),
    configuration: MonitorConfiguration(
      pipeline: PipelineConfiguration(windowStepSeconds: 60), seconds: seconds,
      recordFolder: recordFolder),
    sinks: [sink], stop: StopFlag()
  ).run()
}

@Test("the true rate is told, times go by it, the record keeps it and a replay uses it")
func trueRate() throws {
  let folder = try TemporaryFolder()
  let sink = Notes()
  let summary = try monitor(
    ClockedSource(partsPerMillion: 4000), sink, seconds: 75, recordFolder: folder.path)
  let fit = try #require(summary.clock)
  #expect(abs(fit.partsPerMillion - 4000) < fit.uncertaintyPartsPerMillion)
  #expect(sink.fits.count >= 2 && sink.fits.last == fit)
  // Once known, 250 samples take 1/1.004 of a second, and the time never goes back.
  let heartRates = sink.events.filter { if case .heartRate = $0.kind { true } else { false } }
  let last = heartRates.suffix(2).map(\.seconds)
  #expect(abs(last[1] - last[0] - 1 / 1.004) < 1e-5)
  #expect(zip(sink.events, sink.events.dropFirst()).allSatisfy { $0.seconds <= $1.seconds })
  #expect(summary.durationSeconds < 75 && summary.durationSeconds > 74.7)

  let record = try #require(try Recordings.list(folder.path).first)
  let reader = try Recordings.open(record)
  #expect(reader.format.sampleRate == 250)
  #expect(reader.format.measuredSampleRate == fit.sampleRate(nominal: 250))
  #expect(
    reader.comments.contains {
      $0.hasPrefix("measured sample rate: 25") && $0.contains("residual")
    })

  let again = Notes()
  let replayed = try monitor(RecordSource(reader, speed: .maximum), again, seconds: 20)
  #expect(again.fits.isEmpty && replayed.clock == nil)
  #expect(abs(replayed.durationSeconds - 20 / 1.004) < 0.001)
  // The same beats and alarms at the same samples; the rates in true time from the start.
  func beats(_ notes: Notes) -> [Int64] {
    notes.events.compactMap { if case .beat(let index, _) = $0.kind { index } else { nil } }
  }
  #expect(beats(again).count > 20 && beats(sink).starts(with: beats(again)))
  func rates(_ notes: Notes) -> [Float] {
    notes.events.compactMap { if case .heartRate(let rate?) = $0.kind { rate } else { nil } }
  }
  #expect(rates(again).count > 10)
  for (replay, live) in zip(rates(again), rates(sink)) {
    #expect(abs(replay / live - 1.004) < 1e-4)
  }
}

@Test("a stream at another pace than real says nothing of a clock")
func noClock() throws {
  let sink = Notes()
  let summary = try monitor(
    ClockedSource(partsPerMillion: 4000, keepsRealTime: false), sink, seconds: 75)
  #expect(summary.clock == nil && sink.fits.isEmpty)
  #expect(summary.durationSeconds == 75)
}

@Test(
  "a front-end on its test signal is not monitored, and one that switches to it is ended with the reason"
)
func testSignal() throws {
  let refused = #expect(throws: SourceError.self) {
    try monitor(ClockedSource(provenance: .testSignal), Notes(), seconds: 1)
  }
  #expect(refused?.description.contains("test signal") == true)
  let sink = Notes()
  let summary = try monitor(ClockedSource(testSignalSeconds: 2), sink, seconds: 10)
  #expect(summary.endReason?.contains("testSignal") == true)
  #expect(sink.problems == [summary.endReason])
  #expect(summary.samplesReceived <= 500)
}
