// A bedside monitor without a model is a rhythm monitor that says so; it never stays dark for the sake of findings.

import Alarms
import Devices
import ECGSignal
import Foundation
import Inference
import LinuxDevices
import Pipeline
import SimulatedDevices
import TestSupport
import Testing

@testable import Monitor

/// Remembers what was told.
private final class Listener: EventSink {
  var context: SessionContext?
  var started: [String] = []
  var findingCount = 0
  var problems: [String] = []

  func begin(_ context: SessionContext) { self.context = context }
  func tell(problem: String) { problems.append(problem) }
  func end(_ summary: Summary) {}

  func take(_ event: PipelineEvent) {
    switch event.kind {
    case .alarm(let change) where change.phase == .start:
      if let context { started.append(context.alarms[change.alarm].name) }
    case .finding, .window: findingCount += 1
    default: break
    }
  }
}

/// Why a model is not used, and what the sentence must name.
enum Refusal: String, CaseIterable {
  case notLoaded, padded

  func model() -> Result<Model, ModelError> {
    switch self {
    case .notLoaded: .failure(ModelError("models/x/model.safetensors is damaged: copy it again."))
    case .padded:
      Result { () throws(ModelError) in
        try Model(
          folder: TestData.repository + "/Tests/InferenceTests/Fixtures/float-padded",
          arithmetic: .float)
      }
    }
  }

  var word: String { self == .padded ? "padding" : "models/x" }
}

@Test(
  "a model that is refused, or does not fit the front-end, costs the findings alone",
  arguments: Refusal.allCases)
func refusedModel(refusal: Refusal) throws {
  let listener = Listener()
  let script = try PatientScript(parsing: "asystole?onset=8&seed=2")
  let monitor = Monitor(
    source: try SimulatedSource(signal: SimulatedPatient(script: script), speed: .maximum),
    model: refusal.model(), configuration: MonitorConfiguration(seconds: 20), sinks: [listener],
    stop: StopFlag())
  let summary = try monitor.run()
  #expect(summary.samplesReceived == 10_000 && summary.windows == 0 && listener.findingCount == 0)
  #expect(listener.started.contains("modelRefused") && listener.started.contains("asystole"))
  #expect(listener.context?.modelName == nil && listener.context?.modelSHA256 == nil)
  #expect(listener.problems.count == 1 && listener.problems[0].contains(refusal.word))
  #expect(listener.problems[0].hasPrefix("Findings are not available"))
}

/// A front-end that is too slow.
private final class SlowSource: SampleSource {
  var format: SignalFormat {
    SignalFormat(
      sampleRate: 50, channels: [Channel(name: "II", lead: .II, microvoltsPerCode: 1)],
      provenance: .replay, sourceName: "slow")
  }
  let waitsForConsumer = true
  let control: (any FrontEndControl)? = nil
  func open() throws(SourceError) -> SignalFormat { format }
  func read(into block: SampleBlock) -> ReadOutcome { .ended }
  func close() {}
}

@Test("a rate at which no beat can be found is refused with the rates that can")
func slowFrontEnd() throws {
  let monitor = Monitor(
    source: SlowSource(), model: Refusal.notLoaded.model(), configuration: MonitorConfiguration(),
    sinks: [], stop: StopFlag())
  let error = #expect(throws: SourceError.self) { try monitor.run() }
  #expect(error?.description.contains("100 to 10000 Hz") == true)
}
