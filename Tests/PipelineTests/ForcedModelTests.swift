// Whatever the model says: its findings never exceed medium, last before they alarm, and are gone with a model that
// can no longer be believed. The output of the real model in the real pipeline is forced by the bias of its head.

import Alarms
import ECGSignal
import Findings
import Foundation
import Inference
import SimulatedDevices
import TestSupport
import Testing

@testable import Pipeline

/// A patient at rest, and a model that says what it is told to.
private final class ForcedWard {
  let pipeline: Pipeline
  private let patient: SimulatedPatient
  private let storage = SampleBlockStorage(channelCount: 8)
  /// Every transition, by the name of its alarm.
  private(set) var told: [(name: String, change: AlarmTransition, seconds: Double)] = []
  private(set) var windows: [Double] = []
  private(set) var assessedCount = 0

  init(_ script: String, profile: PatientProfile = PatientProfile()) throws {
    patient = SimulatedPatient(script: try PatientScript(parsing: script))
    pipeline = try Pipeline(
      format: patient.format, model: try model.get(),
      configuration: PipelineConfiguration(profile: profile))
  }

  /// Makes every statement certain, impossible, or no number at all.
  func force(_ logit: Double) {
    guard let head = pipeline.findings?.head else { return }
    for statement in 0..<head.statementCount { head.bias[statement] = logit }
  }

  func run(_ seconds: Double) {
    for _ in 0..<Int(seconds * 20) {
      storage.block.header.pointee = SampleBlock.Header()
      _ = patient.fill(storage.block, count: 25)
      pipeline.step(storage.block)
      for position in 0..<pipeline.events.count {
        let event = pipeline.events[position]
        switch event.kind {
        case .alarm(let change):
          let name = pipeline.alarmDefinitions[change.alarm].name
          told.append((name, change, event.seconds))
        case .finding(_, let probability, _): assessedCount += probability == nil ? 0 : 1
        case .window: windows.append(event.seconds)
        default: break
        }
      }
    }
  }

  var findings: [(name: String, change: AlarmTransition, seconds: Double)] {
    told.filter { $0.name.hasPrefix(AlarmDefinition.findingPrefix) }
  }
}

/// A profile that asks for everything that would make findings graver, as no file may.
private var graverProfile: PatientProfile { profile(.high) }

private func profile(_ priority: AlarmPriority) -> PatientProfile {
  var profile = PatientProfile()
  for definition in AlarmCatalogue.definitions {
    var adjustment = AlarmAdjustment()
    adjustment.priority = priority
    adjustment.onsetSeconds = 0
    adjustment.escalationSeconds = 30
    profile.alarms[definition.name] = adjustment
  }
  return profile
}

@Test("with every statement certain and a profile that wants more, no finding exceeds medium")
func certainModel() throws {
  let ward = try ForcedWard("nsr?seed=3", profile: graverProfile)
  ward.force(1e6)
  ward.run(50)
  let codes = Set(try model.get().statements.map(\.code))
  let alarming = StatementCatalogue.alertRules.map(\.code).filter(codes.contains)
  let started = Set(ward.findings.filter { $0.change.phase == .start }.map(\.name))
  #expect(started == Set(alarming.map { AlarmDefinition.findingPrefix + $0 }))
  #expect(ward.findings.allSatisfy { $0.change.priority <= .medium })
  #expect(
    ward.pipeline.annunciation.light == .medium && ward.pipeline.annunciation.sound == .medium)
  // Four windows, the first after 9.87 s.
  let first = try #require(ward.findings.first?.seconds)
  #expect(ward.windows.filter { $0 <= first }.count == 4)
}

@Test("a window that is certain among windows that are not raises nothing, as often as it comes")
func flickeringModel() throws {
  let ward = try ForcedWard("nsr?seed=4")
  // Half of the windows, never four of six.
  for second in 0..<30 {
    ward.force(second % 2 == 0 ? 1e6 : -1e6)
    ward.run(1)
  }
  #expect(ward.windows.count > 15 && ward.findings.isEmpty)
}

@Test(
  "a model that computes what is no number is refused from then on: its findings end, the rhythm is watched",
  arguments: [Double.nan, .infinity, -.infinity])
func failingModel(logit: Double) throws {
  let ward = try ForcedWard("asystole?onset=24&seed=5")
  ward.force(1e6)
  ward.run(18)
  let shown = ward.findings.filter { $0.change.phase == .start }.count
  #expect(shown > 0 && !ward.told.contains { $0.name == "modelRefused" })
  let (windows, assessed) = (ward.windows.count, ward.assessedCount)
  ward.force(logit)
  ward.run(2)
  ward.force(0)
  ward.run(16)
  // One more window, of which nothing is assessed.
  #expect(ward.windows.count == windows + 1 && ward.assessedCount == assessed)
  #expect(ward.findings.filter { $0.change.phase == .end }.count == shown)
  let refusal = ward.told.filter { $0.name == "modelRefused" }
  #expect(refusal.map(\.change.phase) == [.start] && refusal.first?.change.priority == .medium)
  let asystole = ward.told.first { $0.name == "asystole" }
  #expect(asystole.map { $0.seconds > 24 && $0.seconds < 34 } == true)
}

@Test("without a model every alarm of rhythm and signal is there, and no finding")
func noModel() throws {
  let patient = SimulatedPatient(script: try PatientScript(parsing: "asystole?onset=6"))
  let pipeline = Pipeline(format: patient.format, configuration: PipelineConfiguration())
  #expect(pipeline.alarmDefinitions == AlarmCatalogue.definitions && pipeline.features.isEmpty)
  let storage = SampleBlockStorage(channelCount: 8)
  var started: [String] = []
  for _ in 0..<320 {
    storage.block.header.pointee = SampleBlock.Header()
    _ = patient.fill(storage.block, count: 25)
    pipeline.step(storage.block)
    for position in 0..<pipeline.events.count {
      switch pipeline.events[position].kind {
      case .alarm(let change) where change.phase == .start:
        started.append(pipeline.alarmDefinitions[change.alarm].name)
      case .finding, .window: Issue.record("a finding without a model")
      default: break
      }
    }
  }
  #expect(started.contains("asystole"))
}

@Test("no patient's file makes a finding high, whatever its code")
func noFileMakesFindingsHigh() {
  for rule in StatementCatalogue.alertRules {
    let name = AlarmDefinition.findingPrefix + rule.code
    let text = #"{"schemaVersion": 1, "alarms": {"\#(name)": {"priority": "high"}}}"#
    #expect(throws: (any Error).self) {
      try PatientProfile(
        parsing: text.utf8, name: "p.json", definitions: AlarmCatalogue.definitions)
    }
  }
}

/// Random findings that come and go for hours, with nobody there: escalation as far as it goes.
@Test("over hours that nobody answers no finding becomes more than medium", arguments: 0..<20)
func unansweredFindings(seed: UInt64) {
  var random = SeededRandom(seed: seed)
  // The file's defaults, all that a profile can ask for, and all that rises as soon as it may.
  let isGravest = seed % 3 == 1
  let profile = [PatientProfile(), graverProfile, profile(.low)][Int(seed % 3)]
  let system = AlarmSystem(definitions: AlarmCatalogue.definitions.map(profile.adjusted))
  let findings = BuiltInAlarm.allCases.count..<system.definitions.count
  var graver = 0
  for second in 0..<7200 {
    let alarm = Int.random(in: findings, using: &random)
    system.setCondition(alarm, isPresent: Int.random(in: 0..<4, using: &random) > 0)
    system.step(at: Double(second))
    for position in 0..<system.newsCount {
      guard case .transition(let change) = system.news(position) else { continue }
      #expect(change.priority <= .medium)
      if change.phase == .update { graver += 1 }
    }
    system.clearNews()
    if system.annunciation.light == .high || system.annunciation.sound == .high {
      Issue.record("high at \(second) s")
      return
    }
  }
  #expect(graver > 0 || isGravest, "nothing escalated: the test shows nothing")
}
