// A simulated patient as an emulated front-end's bytes, through decoder, filters, beats, encoder and alarms: a minute's
// worth in well under a second. It must count the beats, see what the model sees, and call when the heart stops.

import Alarms
import ECGSignal
import FrontEnds
import Inference
import Pipeline
import SimulatedDevices

enum ChainCheck {
  private static let stopSeconds = 40.0
  private static let seconds = 55
  private static let alarmSecondsMax = 10.0

  static func run(_ model: Model) throws -> String {
    let patient = SimulatedPatient(
      script: try PatientScript(parsing: "asystole?onset=\(stopSeconds)"))
    let line = try Line(patient, model: model)
    let rate = patient.format.sampleRate
    for _ in 0..<(seconds * Int(rate) / Line.sampleCount) { try line.carry() }
    try require(
      line.beats.count { $0 < stopSeconds } >= 45 && line.beats.allSatisfy { $0 < stopSeconds + 1 },
      "\(line.beats.count) beats where 48 were played")
    try require(
      line.heartRates.contains { abs($0 - 72) <= 3 }, "a heart rate of 72 is not told")
    try require(line.windows > 0, "the model reads no window")
    let onset = line.alarms.first { $0.name == BuiltInAlarm.asystole.definition.name }
    try require(
      onset.map { (stopSeconds...stopSeconds + alarmSecondsMax).contains($0.seconds) } == true
        && line.alarms.allSatisfy { $0.seconds >= stopSeconds },
      "alarms \(line.alarms) where asystole was played from \(stopSeconds) s on")
    let delay = ((onset?.seconds ?? 0) - stopSeconds) * 10
    return "\(line.beats.count) beats and \(line.windows) windows of a simulated patient, "
      + "asystole called after \(delay.rounded() / 10) s"
  }
}

/// A front-end's bytes and what the pipeline makes of them.
private final class Line {
  static let sampleCount = 20

  private let patient: SimulatedPatient
  private let encoder: BridgeEncoder
  private let decoder = BridgeDecoder()
  private let pipeline: Pipeline
  private let sent: SampleBlockStorage
  private let received: SampleBlockStorage
  private var bytes = [UInt8](repeating: 0, count: BridgeFrame.encodedByteCountMax)
  private(set) var beats: [Double] = []
  private(set) var heartRates: [Float] = []
  private(set) var windows = 0
  private(set) var alarms: [(name: String, seconds: Double)] = []

  init(_ patient: SimulatedPatient, model: Model) throws {
    self.patient = patient
    let leads = patient.format.channels.map(\.lead)
    encoder = BridgeEncoder(patient.format)
    sent = SampleBlockStorage(channelCount: leads.count)
    received = SampleBlockStorage(channelCount: leads.count)
    let count = encoder.announce(into: &bytes)
    Self.feed(decoder, bytes, count)
    guard decoder.next(into: received.block, isQuiet: false) == .format,
      let format = decoder.announcedFormat
    else { throw SelfTestFailure("the decoder does not take the encoder's HELLO") }
    pipeline = try Pipeline(format: format, model: model, configuration: PipelineConfiguration())
  }

  /// A block of samples from the patient to the alarms.
  func carry() throws(SelfTestFailure) {
    _ = patient.fill(sent.block, count: Self.sampleCount)
    let count = encoder.encode(sent.block, samples: 0..<Self.sampleCount, into: &bytes)
    Self.feed(decoder, bytes, count)
    try require(
      decoder.next(into: received.block, isQuiet: false) == .samples,
      "a frame of samples is not read back")
    pipeline.step(received.block)
    for position in 0..<pipeline.events.count { note(pipeline.events[position]) }
  }

  private static func feed(_ decoder: BridgeDecoder, _ bytes: [UInt8], _ count: Int) {
    bytes.withUnsafeBytes {
      _ = decoder.feed(UnsafeRawBufferPointer(rebasing: $0[..<count]), arrivalNanoseconds: 0)
    }
  }

  private func note(_ event: PipelineEvent) {
    let rate = pipeline.format.sampleRate
    switch event.kind {
    case .beat(let index, _): beats.append(Double(index) / rate)
    case .heartRate(let beatsPerMinute?): heartRates.append(beatsPerMinute)
    case .window: windows += 1
    case .alarm(let change) where change.phase == .start:
      let definition = pipeline.alarmDefinitions[change.alarm]
      if definition.priority == .high {
        alarms.append((definition.name, Double(event.index) / rate))
      }
    default: break
    }
  }
}
