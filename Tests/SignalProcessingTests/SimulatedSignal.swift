// The simulated patient as a signal for the chain: lead II alone, as a monitor with three electrodes has it, or the
// twelve leads; and its beats against those that the chain tells.

import Alarms
import ECGSignal
import SimulatedDevices

/// Which leads a monitor sees.
enum MonitoredLeads: CaseIterable, Sendable { case second, twelve }

extension Signal {
  /// Plays a script; at 500 Hz unless it says otherwise.
  init(simulation text: String, seconds: Double, leads: MonitoredLeads = .twelve) throws {
    let patient = SimulatedPatient(script: try PatientScript(parsing: text))
    let storage = SampleBlockStorage(channelCount: 8)
    let block = storage.block
    let scale = Float(patient.format.channels[0].microvoltsPerCode)
    var values: [Float] = []
    for _ in 0..<Int(seconds * patient.format.sampleRate / 20) {
      _ = patient.fill(block, count: 20)
      for sample in 0..<20 {
        let one = Float(block.channel(0)[sample]) * scale
        let two = Float(block.channel(1)[sample]) * scale
        guard leads == .twelve else {
          values.append(two)
          continue
        }
        values += [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
        for channel in 2..<8 { values.append(Float(block.channel(channel)[sample]) * scale) }
      }
    }
    self.init(
      sampleRate: patient.format.sampleRate, seconds: 0, rowCount: leads == .twelve ? 12 : 1
    ) { _, _ in 0 }
    microvolts = values
  }
}

/// A script played through the chain.
struct SimulatedRun {
  let record: MonitoredRecord
  let truth: PatientTruth
  let seconds: Double
  private let sampleRate: Double

  init(_ text: String, seconds: Double, leads: MonitoredLeads = .twelve) throws {
    let signal = try Signal(simulation: text, seconds: seconds, leads: leads)
    record = MonitoredRecord(signal)
    truth = PatientTruth(of: try PatientScript(parsing: text), seconds: seconds)
    sampleRate = signal.sampleRate
    self.seconds = seconds
  }

  /// Beats that were not told and beats that are none, from a time on to three seconds before the end: 150 ms (EC57).
  func errors(after start: Double) -> (missed: Int, invented: Int) {
    let span = start...seconds - 3
    var told = record.beats.map { Double($0.sampleIndex) / sampleRate }
    var missed = 0
    for beat in truth.beats.map(\.seconds) where span.contains(beat) {
      if let match = told.firstIndex(where: { abs($0 - beat) < 0.15 }) {
        told.remove(at: match)
      } else {
        missed += 1
      }
    }
    // What lies near the edges may belong to beats outside.
    return (missed, told.count { $0 > span.lowerBound + 0.15 && $0 < span.upperBound - 0.15 })
  }

  /// The heart rates told from a time on, one a second.
  func heartRates(after start: Double) -> [Float?] { Array(record.heartRates[Int(start)...]) }

  /// Seconds from an event to the first of some alarms; nil without one, and when it came before.
  func delay(of alarms: [BuiltInAlarm], after event: Double) -> Double? {
    guard let first = alarms.flatMap({ record.starts(of: $0) }).min(), first >= event else {
      return nil
    }
    return first - event
  }

  /// Alarms of high priority that started.
  var highAlarms: [BuiltInAlarm] {
    record.alarms.filter { $0.phase == .start && $0.alarm.definition.priority == .high }
      .map(\.alarm)
  }
}
