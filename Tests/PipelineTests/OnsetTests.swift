// Onsets that must not be missed: each scenario through the whole pipeline. ECGCLIP_ONSETS=1000 is the full run,
// whose table stands in docs/evaluation.md.

import Alarms
import ECGSignal
import Foundation
import Inference
import SimulatedDevices
import TestSupport
import Testing

@testable import Pipeline

private let count = Int(ProcessInfo.processInfo.environment["ECGCLIP_ONSETS"] ?? "") ?? 15

/// Seconds from the onset of a scenario to its alarm, nil where none came within 25 s; and how many alarms of medium or
/// high priority came before it.
private func run(_ scenario: OnsetScenario, _ model: Model) throws -> (delay: Double?, early: Int) {
  let patient = SimulatedPatient(script: try PatientScript(parsing: scenario.script))
  let channels = scenario.channels.map { channel in
    var one = patient.format.channels[channel]
    one.microvoltsPerCode *= scenario.amplitude
    return one
  }
  let format = SignalFormat(
    sampleRate: patient.format.sampleRate, channels: channels, provenance: .simulated,
    sourceName: "simulated")
  let pipeline = try Pipeline(
    format: format, model: model, configuration: PipelineConfiguration(windowStepSeconds: 3600))
  let all = SampleBlockStorage(channelCount: 8)
  let seen = SampleBlockStorage(channelCount: channels.count)
  let step = 25
  var early = 0
  for first in stride(from: 0, to: Int((scenario.onsetSeconds + 25) * 500), by: step) {
    _ = patient.fill(all.block, count: step)
    seen.block.header.pointee.firstIndex = Int64(first)
    seen.block.header.pointee.sampleCount = Int32(step)
    for (place, channel) in scenario.channels.enumerated() {
      seen.block.channel(place).update(from: all.block.channel(channel), count: step)
    }
    pipeline.step(seen.block)
    for position in 0..<pipeline.events.count {
      let event = pipeline.events[position]
      guard case .alarm(let change) = event.kind, change.phase == .start, change.priority > .low
      else { continue }
      if event.seconds < scenario.onsetSeconds {
        early += 1
      } else if scenario.onset.alarms.contains(pipeline.alarmDefinitions[change.alarm].name) {
        return (event.seconds - scenario.onsetSeconds, early)
      }
    }
  }
  return (nil, early)
}

@Test("no onset of a seeded patient is missed, and 99 of 100 are told within ten seconds")
func onsets() async throws {
  let model = try Model(folder: TestData.repository + "/models/ecgclip-r18")
  var delays: [Onset: [Double]] = [:]
  for seed in 1...UInt64(count) {
    let scenario = OnsetScenario(seed: seed)
    let (delay, early) = try run(scenario, model)
    #expect(early == 0, "seed \(seed): \(scenario.script)")
    guard let delay else {
      Issue.record("missed, seed \(seed): \(scenario.script)")
      continue
    }
    delays[scenario.onset, default: []].append(delay)
  }
  for (onset, found) in delays.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
    let sorted = found.sorted()
    func rank(_ share: Double) -> Double {
      sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
    }
    #expect(rank(0.99) <= OnsetScenario.limitSeconds, "\(onset)")
    if count > 100 {
      print("\(onset) \(sorted.count) p50 \(rank(0.5)) p99 \(rank(0.99)) max \(rank(1))")
    }
  }
}
