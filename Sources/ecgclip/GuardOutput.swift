// What a guard writes: a sentence or a JSON object for each thing that happens.

import Foundation
import Guard

/// Lines on standard output. One thread.
struct GuardOutput {
  let isJSON: Bool
  private static let clock = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  private struct Line: Encodable {
    var type: String
    var wallTime: String
    var heartbeat: String?
    var message: String
    var priority: String?
    var lapse: String?
    var loop: String?
    var silentSeconds: Double?
    var silentForSeconds: Double?
    var restarted: Bool?
    var monitorProcessID: Int32?
  }

  func begin(heartbeat: String) {
    var line = line("start", "Guarding the monitor of \(heartbeat).")
    line.heartbeat = heartbeat
    write(line)
  }

  /// Something is wrong with the guard's own lamp, sound or button.
  func tell(problem: String) { write(line("problem", problem)) }

  func tell(_ report: GuardReport) {
    var line: Line
    switch report.notice {
    case .watching: line = self.line("watching", "The monitor runs.")
    case .alarm(let lapse, let silentSeconds):
      line = self.line("alarm", "ALARM: \(lapse.message).")
      line.priority = "high"
      line.lapse = lapse.name
      if case .hanging(let loop) = lapse { line.loop = loop.name }
      line.silentSeconds = Self.rounded(silentSeconds)
    case .back(let silentSeconds, let restarted):
      let how = restarted ? "was restarted" : "runs again"
      let gap = Self.rounded(silentSeconds)
      line = self.line("back", "The monitor \(how) after \(gap) s without a sign of life.")
      line.silentSeconds = gap
      line.restarted = restarted
    case .ended: line = self.line("ended", "The monitor ended as it was told to.")
    case .acknowledged(let seconds):
      line = self.line(
        "acknowledged", "Acknowledged: silent for \(Int(seconds)) s, the lamp stays lit.")
      line.silentForSeconds = seconds
    case .soundsAgain:
      line = self.line("soundsAgain", "The monitor is still away: the alarm sounds again.")
      line.priority = "high"
    }
    if report.processID > 0 { line.monitorProcessID = report.processID }
    write(line)
  }

  private func line(_ type: String, _ message: String) -> Line {
    Line(
      type: type,
      wallTime: Self.clock.format(.now),
      message: message)
  }

  /// Whoever reads the lines may be gone; the guard goes on.
  private func write(_ line: Line) {
    if isJSON {
      try? JSONOutput.printLine(line)
    } else {
      try? FileHandle.standardOutput.write(
        contentsOf: Data("\(line.wallTime) \(line.message)\n".utf8))
    }
  }

  private static func rounded(_ seconds: Double) -> Double { (seconds * 100).rounded() / 100 }
}
