// A simulated patient whose electrodes come off and whose samples get lost by a plan, through a pipeline without a
// model.

import Alarms
import ECGSignal
import SimulatedDevices
import TestSupport

@testable import Pipeline

/// What stands between the patient and the monitor.
struct Disturbance: Sendable, CustomStringConvertible {
  enum Kind: Sendable { case electrodesOff, samplesLost }
  var kind: Kind
  /// From so many seconds on.
  var fromSeconds = 0.0
  /// It comes back so often, and each time lasts so long.
  var everySeconds: Double
  var lastsSeconds: Double
  /// Channels whose electrodes come off; nil for all.
  var electrodes: UInt32?

  var description: String { "\(kind) \(lastsSeconds) s every \(everySeconds) s" }

  func isThere(at seconds: Double) -> Bool {
    guard seconds >= fromSeconds else { return false }
    return (seconds - fromSeconds).truncatingRemainder(dividingBy: everySeconds) < lastsSeconds
  }
}

/// A monitor that sees lead II or all channels of a simulated patient.
final class FlickerScene {
  private static let step = 25
  private static let rate = 500.0

  let pipeline: Pipeline
  private let patient: SimulatedPatient
  private let channels: [Int]
  private let all = SampleBlockStorage(channelCount: 8)
  private let seen: SampleBlockStorage
  private(set) var events: [PipelineEvent] = []
  private(set) var seconds = 0.0
  /// What the steps have allocated.
  private(set) var allocations = 0
  private var lost: Int64 = 0
  private var taken: Int64 = 0

  init(_ script: String, isOneLead: Bool) throws {
    let patient = SimulatedPatient(script: try PatientScript(parsing: script))
    let channels = isOneLead ? [1] : Array(0..<8)
    self.patient = patient
    self.channels = channels
    pipeline = Pipeline(
      format: SignalFormat(
        sampleRate: Self.rate, channels: channels.map { patient.format.channels[$0] },
        provenance: .simulated, sourceName: "simulated"),
      configuration: PipelineConfiguration())
    seen = SampleBlockStorage(channelCount: channels.count)
  }

  /// Plays on to a time. Samples that are lost are lost by whole blocks of 50 ms.
  func play(to end: Double, _ disturbance: Disturbance? = nil) {
    while seconds < end {
      _ = patient.fill(all.block, count: Self.step)
      let isDisturbed = disturbance?.isThere(at: seconds + 1e-6) == true
      seconds += Double(Self.step) / Self.rate
      if isDisturbed && disturbance?.kind == .samplesLost {
        lost += Int64(Self.step)
        continue
      }
      hand(electrodesOff: isDisturbed ? disturbance?.electrodes ?? .max : 0)
    }
  }

  private func hand(electrodesOff: UInt32) {
    var header = SampleBlock.Header()
    header.gapBefore = lost
    header.gapCause = lost > 0 ? .framesLost : .none
    header.firstIndex = taken + lost
    header.sampleCount = Int32(Self.step)
    header.leadOff = electrodesOff & (UInt32.max >> UInt32(32 - channels.count))
    seen.block.header.pointee = header
    taken = header.firstIndex + Int64(Self.step)
    lost = 0
    for (place, channel) in channels.enumerated() {
      seen.block.channel(place).update(from: all.block.channel(channel), count: Self.step)
    }
    step()
  }

  private func step() {
    let pipeline = pipeline
    let block = seen.block
    let count = countAllocations { pipeline.step(block) }
    allocations += count
    for position in 0..<pipeline.events.count { events.append(pipeline.events[position]) }
  }

  /// A command before the next step.
  func perform(_ command: AlarmCommand) { pipeline.perform(command) }

  /// What became of alarms, with seconds of signal.
  var transitions: [(alarm: AlarmDefinition, change: AlarmTransition, seconds: Double)] {
    events.compactMap { event in
      guard case .alarm(let change) = event.kind else { return nil }
      return (pipeline.alarmDefinitions[change.alarm], change, Double(event.index) / Self.rate)
    }
  }

  /// When alarms started.
  func starts(_ names: Set<String>) -> [Double] {
    transitions.filter { $0.change.phase == .start && names.contains($0.alarm.name) }
      .map(\.seconds)
  }

  /// Whether one of some alarms is active then.
  func isActive(_ names: Set<String>, at seconds: Double) -> Bool {
    var active: Set<String> = []
    for entry in transitions where names.contains(entry.alarm.name) && entry.seconds <= seconds {
      if entry.change.phase == .start { active.insert(entry.alarm.name) }
      if entry.change.phase.endsCondition { active.remove(entry.alarm.name) }
    }
    return !active.isEmpty
  }

  /// Alarms of high priority of the patient that started.
  var highAlarms: [String] {
    transitions.filter {
      $0.change.phase == .start && $0.change.priority == .high && !$0.alarm.isTechnical
    }.map { "\($0.alarm.name) at \($0.seconds)" }
  }
}
