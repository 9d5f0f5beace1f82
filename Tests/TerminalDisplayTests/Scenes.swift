// Screens for tests: a synthetic patient drawn for some seconds, and states that a monitor could be in.

import Alarms
import ECGSignal
import Glibc

@testable import TerminalDisplay

enum Scene {
  static let leadNames = [
    "II", "V1", "V5", "I", "III", "aVR", "aVL", "aVF", "V2", "V3", "V4", "V6",
  ]
  static let pointsPerSecond = 125.0

  /// P, Q, R, S and T as bell curves: microvolts at a phase of the beat, 0 to 1.
  static func beat(_ phase: Double) -> Float {
    let waves: [(centre: Double, width: Double, microvolts: Double)] = [
      (0.20, 0.025, 150), (0.335, 0.010, -100), (0.36, 0.011, 1100), (0.385, 0.011, -250),
      (0.60, 0.045, 300),
    ]
    var sum = 0.0
    for wave in waves {
      let distance = (phase - wave.centre) / wave.width
      sum += wave.microvolts * exp(-distance * distance / 2)
    }
    return Float(sum)
  }

  static func screen(
    columns: Int, rows: Int, isColoured: Bool = false, isUnicode: Bool = true, seconds: Double = 6,
    signal: (Double) -> Float = { beat(($0 * 1.2).truncatingRemainder(dividingBy: 1)) }
  ) -> TerminalScreen {
    let screen = TerminalScreen(
      columns: columns, rows: rows, traceNames: leadNames, sampleRate: pointsPerSecond,
      isColoured: isColoured, isUnicode: isUnicode)
    let gains: [Float] = [1, -0.6, 0.9, 0.7]
    for point in 0..<Int(seconds * pointsPerSecond) {
      let value = signal(Double(point) / pointsPerSecond)
      for trace in 0..<screen.traceCount {
        screen.push(trace: trace, microvolts: value * (trace < 4 ? gains[trace] : 0.5))
      }
    }
    return screen
  }

  static func grid(_ screen: TerminalScreen, _ state: DisplayState, columns: Int, rows: Int)
    -> TerminalGrid
  {
    var grid = TerminalGrid(columns: columns, rows: rows)
    grid.write(screen.frame(state))
    return grid
  }

  /// A simulated patient in sinus rhythm, a minute after the start.
  static var calm: DisplayState {
    var state = DisplayState()
    state.sourceName = "nsr?hr=72"
    state.provenance = .simulated
    state.elapsedSeconds = 61
    state.wallClock = "09:41:07"
    state.heartRateBPM = 72.2
    state.quality = 98
    state.leads = .twelve
    state.filterText = "0.67-40 Hz, notch 50 Hz"
    state.sampleRate = 500
    state.modelName = "ecgclip-r18-w32"
    state.findings = [.init(code: "NORM", name: "normal ECG", probability: 0.914)]
    return state
  }

  /// A recording with two leads missing, samples lost and two alarms.
  static var troubled: DisplayState {
    var state = calm
    state.sourceName = "mitdb/101"
    state.provenance = .replay
    state.heartRateBPM = nil
    state.quality = 31
    state.completeness = 0.999_95
    state.samplesLost = 25
    state.framesCorrupt = 1
    state.leads = LeadSet.twelve.subtracting(LeadSet(.V4)).subtracting(LeadSet(.V6))
    state.electrodesOff = ["V4", "V6"]
    state.findings = [
      .init(code: "AFIB", name: "atrial fibrillation", probability: 0.87),
      .init(code: "CLBBB", name: "complete left bundle branch block", probability: 0.41),
    ]
    state.notAssessedCount = 3
    state.alarms = [
      .init(message: "Ventricular tachycardia", priority: .high, sinceSeconds: 49),
      .init(message: "Electrode off", priority: .medium, sinceSeconds: 30),
    ]
    return state
  }

  /// A patient after an asystole that nobody has seen, the sound paused and one alarm off.
  static var attended: DisplayState {
    var state = calm
    state.provenance = .live
    state.sourceName = "ADS1298"
    state.alarms = [
      .init(message: "Asystole", priority: .high, sinceSeconds: 12, isLatched: true),
      .init(
        message: "Heart rate low", priority: .medium, sinceSeconds: 40, isAcknowledged: true,
        isSelected: true),
      .init(
        message: "Central not reachable", priority: .medium, sinceSeconds: 20,
        isAccepted: true),
    ]
    state.alarmsOff = ["Irregular rhythm"]
    state.audioPauseSecondsLeft = 117
    return state
  }
}
