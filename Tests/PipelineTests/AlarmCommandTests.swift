// People and limits reach the alarms through the pipeline, without one allocation.

import Alarms
import ECGSignal
import Foundation
import Inference
import SimulatedDevices
import TestSupport
import Testing

@testable import Pipeline

/// A pipeline that is fed with a script, and what it tells of alarms.
private final class Ward {
  let pipeline: Pipeline
  private let patient: SimulatedPatient
  private let storage = SampleBlockStorage(channelCount: 8)
  private(set) var told: [String] = []
  private(set) var inactivations: [AlarmInactivation] = []

  init(_ script: String, profile: PatientProfile = PatientProfile(), restored: AlarmSnapshot? = nil)
    throws
  {
    patient = SimulatedPatient(script: try PatientScript(parsing: script))
    pipeline = try Pipeline(
      format: patient.format, model: try model.get(),
      configuration: PipelineConfiguration(
        profile: profile, windowStepSeconds: 60, restoredAlarms: restored))
  }

  /// A block of a tenth of a second.
  func fill() -> SampleBlock {
    storage.block.header.pointee = SampleBlock.Header()
    _ = patient.fill(storage.block, count: 25)
    return storage.block
  }

  func run(_ seconds: Double) {
    for _ in 0..<Int(seconds * 20) {
      pipeline.step(fill())
      listen()
    }
  }

  func listen() {
    for position in 0..<pipeline.events.count {
      switch pipeline.events[position].kind {
      case .alarm(let change):
        told.append("\(pipeline.alarmDefinitions[change.alarm].name) \(change.phase.name)")
      case .inactivation(let inactivation): inactivations.append(inactivation)
      default: break
      }
    }
  }
}

@Test("asystole sounds until somebody acknowledges it, and a pause is over when it says so")
func pauseAndAcknowledge() throws {
  let ward = try Ward("asystole?onset=6")
  ward.run(14)
  #expect(ward.told == ["asystole start"])
  #expect(ward.pipeline.annunciation.sound == .high)
  ward.pipeline.perform(.pauseAudio(seconds: 3))
  // At once, not with the next tick.
  #expect(ward.pipeline.annunciation.sound == nil && ward.pipeline.annunciation.light == .high)
  ward.run(4)
  #expect(ward.inactivations.map(\.audioPauseSecondsLeft) == [3, 2, 1, nil])
  #expect(ward.pipeline.annunciation.sound == .high)
  ward.pipeline.perform(.acknowledgeAll)
  #expect(ward.pipeline.annunciation.sound == nil)
  ward.run(0.2)
  #expect(ward.told == ["asystole start", "asystole acknowledged"])
}

@Test("the limits of a patient's file reach the detectors", arguments: [120.0, 140])
func limitsReachTheDetectors(limit: Double) throws {
  var profile = PatientProfile()
  profile.limits[.tachycardiaBPM] = limit
  let ward = try Ward("nsr?hr=130", profile: profile)
  ward.run(25)
  #expect(ward.told.contains("tachycardia start") == (limit == 120))
}

@Test("standby silences a patient who is away and ends when an ECG is there for ten seconds")
func standby() throws {
  let ward = try Ward("nsr?hr=70")
  ward.pipeline.perform(.standby(true))
  ward.run(9)
  #expect(ward.pipeline.annunciation == Annunciation())
  #expect(ward.inactivations.map(\.isStandby) == [true])
  ward.run(9)
  #expect(ward.inactivations.map(\.isStandby) == [true, false])
  #expect(ward.inactivations.last?.cause == .ecgIsBack)
}

@Test("what nobody had seen before a restart is told with the first samples")
func restored() throws {
  let ward = try Ward(
    "nsr?hr=70",
    restored: AlarmSnapshot(unacknowledged: ["asystole"], off: ["finding.AFIB", "tachycardia"]))
  #expect(ward.pipeline.annunciation.sound == .high)
  ward.run(1)
  #expect(Set(ward.told) == ["asystole latched", "finding.AFIB off", "tachycardia off"])
}

@Test("commands allocate nothing, and their news is told", .enabled(if: allocationsAreCountable))
func commandsAllocateNothing() throws {
  let ward = try Ward("asystole?onset=4")
  ward.run(12)
  let tachycardia = BuiltInAlarm.tachycardia.rawValue
  for turn in 0..<40 {
    let block = ward.fill()
    let allocations = countAllocations {
      let commands: (AlarmCommand, AlarmCommand, AlarmCommand) = (
        turn % 2 == 0 ? .pauseAudio(seconds: 60) : .acknowledgeAll,
        .setOff(alarm: tachycardia, turn % 2 == 0),
        .technical(alarm: BuiltInAlarm.linkLost.rawValue, isPresent: turn % 4 < 2)
      )
      ward.pipeline.perform(commands.0)
      ward.pipeline.perform(commands.1)
      ward.pipeline.perform(commands.2)
      ward.pipeline.step(block)
    }
    #expect(allocations == 0)
    ward.listen()
  }
  #expect(ward.told.contains("tachycardia off") && ward.told.contains("linkLost start"))
  #expect(ward.inactivations.count > 10)
}

@Test("commands without a step between them fill no more than there is room for")
func commandsWithoutSteps() throws {
  let ward = try Ward("asystole?onset=4")
  ward.run(12)
  var taken = 0
  while ward.pipeline.takesCommands && taken < 100_000 {
    ward.pipeline.perform(.setOff(alarm: BuiltInAlarm.tachycardia.rawValue, taken % 2 == 0))
    taken += 1
  }
  #expect(taken > 20)
  ward.run(0.2)
  #expect(ward.pipeline.takesCommands)
}

@Test("the example file of the documentation is read, with every alarm that it names")
func example() throws {
  let path = TestData.repository + "/docs/patient-example.json"
  let bytes = try #require(FileManager.default.contents(atPath: path))
  let profile = try PatientProfile(
    parsing: bytes, name: path, definitions: AlarmCatalogue.definitions)
  #expect(profile.id == "4711" && profile.alarms.count == 4)
}
