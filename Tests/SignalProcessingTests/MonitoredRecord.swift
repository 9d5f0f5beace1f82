// A recording taken through the signal chain as the pipeline does it: quality, filter, beats, rate, rhythm and the
// alarms that follow.

import Alarms
import ECGSignal
import Recordings
import SignalProcessing

/// A recording in memory, microvolts `[sample][row]`, NaN where nothing was recorded.
struct Signal {
  var sampleRate: Double
  var rowCount: Int
  var microvolts: [Float]
  var sampleCount: Int { microvolts.count / rowCount }

  /// Reads a whole recording.
  init(path: String) throws {
    let reader = try Recordings.open(path)
    sampleRate = reader.format.sampleRate
    let channels = reader.format.channels
    rowCount = channels.count
    microvolts = []
    let stride = 4096
    var codes = [Int32](repeating: 0, count: stride * channels.count)
    while true {
      let count = try codes.withUnsafeMutableBufferPointer {
        try reader.read(into: $0.baseAddress!, stride: stride, count: stride)
      }
      if count == 0 { return }
      for sample in 0..<count {
        for (row, channel) in channels.enumerated() {
          let code = codes[row * stride + sample]
          microvolts.append(
            code == SampleBlock.missing
              ? .nan : Float(Double(code - channel.baseline) * channel.microvoltsPerCode))
        }
      }
    }
  }

  /// Rows that a function of time in seconds gives.
  init(
    sampleRate: Double, seconds: Double, rowCount: Int = 1,
    _ value: (_ row: Int, _ seconds: Double) -> Double
  ) {
    self.sampleRate = sampleRate
    self.rowCount = rowCount
    microvolts = []
    for sample in 0..<Int(seconds * sampleRate) {
      for row in 0..<rowCount { microvolts.append(Float(value(row, Double(sample) / sampleRate))) }
    }
  }
}

/// What a monitor says of a recording.
struct MonitoredRecord {
  var beats: [Beat] = []
  /// Sample at which each beat was told.
  var decidedAt: [Int] = []
  /// The heart rate at each full second, nil when unknown.
  var heartRates: [Float?] = []
  /// Every alarm that started or ended.
  var alarms: [(alarm: BuiltInAlarm, phase: AlarmPhase, seconds: Double)] = []
  /// Every rhythm that began or ended, and the sample at which it was told.
  var changes: [(change: RhythmChange, toldAt: Int)] = []
  /// Every condition that ever held.
  var everHeld = RhythmState()

  /// Seconds at which an alarm started.
  func starts(of alarm: BuiltInAlarm) -> [Double] {
    alarms.filter { $0.alarm == alarm && $0.phase == .start }.map(\.seconds)
  }

  /// Whether an alarm of high priority is active then.
  func isActive(at seconds: Double) -> Bool {
    var active: Set<BuiltInAlarm> = []
    for entry in alarms where entry.seconds <= seconds && entry.alarm.definition.priority == .high {
      if entry.phase.endsCondition {
        active.remove(entry.alarm)
      } else {
        active.insert(entry.alarm)
      }
    }
    return !active.isEmpty
  }

  /// The episodes of a rhythm in seconds; one that is open at the end lasts until then.
  func episodes(of rhythm: Rhythm, sampleRate: Double, end: Double) -> [ClosedRange<Double>] {
    RhythmSequence.episodes(of: rhythm, in: changes.map(\.change), sampleRate: sampleRate, end: end)
  }

  /// Runs the chain over a signal.
  init(_ signal: Signal) {
    let rate = signal.sampleRate
    let rowCount = signal.rowCount
    let chain = SignalChain(sampleRate: rate, rowCount: rowCount)
    let system = AlarmSystem(definitions: BuiltInAlarm.allCases.map(\.definition))
    let tick = Int((rate / 10).rounded())
    let second = Int(rate.rounded())
    for index in 0..<signal.sampleCount {
      let beat = signal.microvolts.withUnsafeBufferPointer {
        chain.step($0.baseAddress! + index * rowCount, saturated: 0, lost: 0, at: Int64(index))
      }
      if let beat {
        beats.append(beat)
        decidedAt.append(index)
      }
      everHeld.formUnion(chain.rhythmState)
      for position in 0..<chain.rhythmChangeCount {
        changes.append((chain.rhythmChange(position), index))
      }
      if index % second == 0 { heartRates.append(chain.heartRate(at: Int64(index))) }
      if index % tick == 0 { alarm(system, chain.rhythmState, Double(index) / rate) }
    }
  }

  private mutating func alarm(_ system: AlarmSystem, _ state: RhythmState, _ seconds: Double) {
    for (alarm, condition) in Self.conditions {
      system.setCondition(alarm.rawValue, isPresent: state.contains(condition))
    }
    system.step(at: seconds)
    for position in 0..<system.newsCount {
      guard case .transition(let transition) = system.news(position),
        let alarm = BuiltInAlarm(rawValue: transition.alarm)
      else { continue }
      alarms.append((alarm, transition.phase, seconds))
    }
    system.clearNews()
  }

  private static let conditions: [(BuiltInAlarm, RhythmState)] = [
    (.asystole, .asystole), (.ventricularFibrillation, .ventricularFibrillation),
    (.ventricularTachycardia, .ventricularTachycardia), (.extremeTachycardia, .extremeTachycardia),
    (.extremeBradycardia, .extremeBradycardia), (.tachycardia, .tachycardia),
    (.bradycardia, .bradycardia), (.irregularRhythm, .irregular), (.pause, .pause),
    (.ventricularRun, .ventricularRun), (.stShift, .stShift), (.cannotAnalyse, .cannotAnalyse),
  ]
}
