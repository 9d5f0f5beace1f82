// The heart rate beside an alarm: what is counted in a heart that does not beat is no rate.

import Alarms
import ECGSignal
import SimulatedDevices
import Testing

@testable import Pipeline

@Test(
  "from the alarm on, asystole and fibrillation have no heart rate, whatever waves are counted",
  arguments: ["asystole", "ventricularFibrillation"])
func noHeartRate(alarm: String) throws {
  let rhythm = alarm == "asystole" ? "asystole" : "vf"
  let patient = SimulatedPatient(
    script: try PatientScript(parsing: "\(rhythm)?onset=12&offset=30&seed=3"))
  let pipeline = Pipeline(format: patient.format, configuration: PipelineConfiguration())
  let storage = SampleBlockStorage(channelCount: 8)
  var rate: Float?
  var isOn = false
  var ratesBefore = 0
  var ratesDuring: [Float] = []
  for _ in 0..<Int(26 * 20) {
    storage.block.header.pointee = SampleBlock.Header()
    _ = patient.fill(storage.block, count: 25)
    pipeline.step(storage.block)
    for position in 0..<pipeline.events.count {
      switch pipeline.events[position].kind {
      case .heartRate(let newest):
        rate = newest
        if let newest { if isOn { ratesDuring.append(newest) } else { ratesBefore += 1 } }
      case .alarm(let change) where pipeline.alarmDefinitions[change.alarm].name == alarm:
        #expect(change.phase != .start || rate == nil, "a rate of before beside the alarm")
        isOn = change.phase == .start
      default: break
      }
    }
  }
  #expect(isOn && ratesBefore > 8 && ratesDuring.isEmpty, "\(ratesDuring)")
}
