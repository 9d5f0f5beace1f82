// The alarms that a monitor would have raised over a recording: the whole pipeline, findings included, run over a file.

import Alarms
import ECGSignal
import Inference
import Pipeline
import Recordings

/// An alarm from its start to the end of its condition.
public struct ToldAlarm: Hashable, Sendable {
  /// The alarm's name in JSON.
  public let name: String
  /// Its priority when it started.
  public let priority: AlarmPriority
  /// Seconds from the record's start.
  public let startSeconds: Double
  /// See `startSeconds`; the record's end where the condition still held.
  public internal(set) var endSeconds: Double

  /// An alarm that was raised.
  public init(name: String, priority: AlarmPriority, startSeconds: Double, endSeconds: Double) {
    self.name = name
    self.priority = priority
    self.startSeconds = startSeconds
    self.endSeconds = endSeconds
  }
}

/// Everything that alarmed in a recording, and the beats that were told meanwhile.
public struct ToldAlarms: Sendable {
  /// The alarms in the order of their starts.
  public private(set) var alarms: [ToldAlarm] = []
  /// Samples of the beats.
  public private(set) var beats: [Int] = []
  /// Samples a second.
  public let sampleRate: Double
  /// Samples of the recording.
  public private(set) var sampleCount = 0

  /// Puts together what was told elsewhere.
  public init(alarms: [ToldAlarm], beats: [Int], sampleRate: Double, sampleCount: Int) {
    self.alarms = alarms
    self.beats = beats
    self.sampleRate = sampleRate
    self.sampleCount = sampleCount
  }

  /// Runs the pipeline over the recording at a path.
  ///
  /// Throws where it cannot be read or has a rate that the pipeline cannot take.
  public init(path: String, model: Model, configuration: PipelineConfiguration)
    throws(RecordingError)
  {
    let reader = try Recordings.open(path)
    sampleRate = reader.format.sampleRate
    guard Detections.sampleRates.contains(sampleRate) else {
      throw RecordingError(
        "\(path): has \(sampleRate) samples a second; resample it to 100 to 2000 a second")
    }
    let pipeline: Pipeline
    do throws(ModelError) {
      pipeline = try Pipeline(
        format: reader.format, model: model, configuration: configuration)
    } catch {
      throw RecordingError("\(path): \(error.description)")
    }
    let storage = SampleBlockStorage(channelCount: reader.format.channels.count)
    let step = SampleBlock.sampleCountMax
    var open: [Int: Int] = [:]
    while true {
      let count = try reader.read(into: storage.block.codes, stride: step, count: step)
      if count == 0 { break }
      storage.block.header.pointee.firstIndex = Int64(sampleCount)
      storage.block.header.pointee.sampleCount = Int32(count)
      pipeline.step(storage.block)
      take(pipeline, &open)
      sampleCount += count
    }
    for place in open.values { alarms[place].endSeconds = Double(sampleCount) / sampleRate }
  }

  private mutating func take(_ pipeline: Pipeline, _ open: inout [Int: Int]) {
    for position in 0..<pipeline.events.count {
      let event = pipeline.events[position]
      switch event.kind {
      case .beat(let beat, _): beats.append(Int(beat))
      case .alarm(let change) where change.phase == .start:
        open[change.alarm] = alarms.count
        alarms.append(
          ToldAlarm(
            name: pipeline.alarmDefinitions[change.alarm].name, priority: change.priority,
            startSeconds: event.seconds, endSeconds: .infinity))
      case .alarm(let change) where change.phase.endsCondition:
        if let place = open.removeValue(forKey: change.alarm) {
          alarms[place].endSeconds = event.seconds
        }
      default: break
      }
    }
  }
}
