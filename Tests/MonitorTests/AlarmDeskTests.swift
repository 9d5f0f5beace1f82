// What goes in at the desk comes out in order; what the alarms leave goes to the file that survives a restart.

import Alarms
import ECGSignal
import Foundation
import Glibc
import Inference
import RealTime
import SignalProcessing
import TestSupport
import Testing

@testable import Monitor
@testable import Pipeline

@Test("commands of many threads arrive each once, those of one thread in order")
func desk() {
  let desk = AlarmDesk()
  let count = 500
  var received: [[Double]] = [[], [], []]
  // Threads of their own: a sender waits for room, and the pool of tasks may be as small as the senders are many.
  let senders = (0..<3).map { sender in
    RealTimeThread(name: "sender", priority: nil) {
      for number in 0..<count {
        desk.send(.pauseAudio(seconds: Double(sender * 1000 + number)))
      }
    }
  }
  while received.reduce(0, { $0 + $1.count }) < 3 * count {
    guard case .pauseAudio(let value)? = desk.collect()?.command else {
      sched_yield()
      continue
    }
    received[Int(value) / 1000].append(value.truncatingRemainder(dividingBy: 1000))
  }
  for sender in senders { sender.join() }
  for numbers in received { #expect(numbers == (0..<count).map(Double.init)) }
}

private func context() throws -> SessionContext {
  let format = SignalFormat(
    sampleRate: 500, channels: [Channel(name: "MLII", lead: .II, microvoltsPerCode: 1)],
    provenance: .live, sourceName: "test")
  return SessionContext(
    format: format, layout: RowLayout(format), leads: LeadSet(.II), modelName: "none",
    modelSHA256: "", statements: [], filters: .monitoring,
    alarms: BuiltInAlarm.allCases.map(\.definition), profile: PatientProfile())
}

@Test("the file of alarms holds what nobody has seen and what is off")
func stateFile() throws {
  let folder = try TemporaryFolder()
  let path = folder.path + "/alarm-state.json"
  let file = KeptFile(path: path)
  let sink = AlarmStateSink(patientID: "4711", file: file)
  sink.begin(try context())
  let steps: [(BuiltInAlarm, AlarmPhase)] = [
    (.leadOff, .start), (.asystole, .start), (.asystole, .latched),
    (.ventricularFibrillation, .start), (.ventricularFibrillation, .acknowledged),
    (.tachycardia, .off), (.bradycardia, .off), (.bradycardia, .on),
  ]
  for (alarm, phase) in steps {
    sink.take(
      PipelineEvent(
        kind: .alarm(
          AlarmTransition(
            alarm: alarm.rawValue, phase: phase, priority: alarm.definition.priority)),
        index: 0, seconds: 1, sampleRate: 500, arrivalNanoseconds: 0))
    sink.refresh()
  }
  file.finish()
  let bytes = try #require(FileManager.default.contents(atPath: path))
  let snapshot = try AlarmSnapshot(parsing: bytes, name: path)
  #expect(snapshot.patientID == "4711" && snapshot.off == ["tachycardia"])
  #expect(snapshot.unacknowledged == ["asystole"] && snapshot.onsets.keys.sorted() == ["asystole"])
  #expect(sink.technicalConditions.isEmpty)
}

@Test("the keys of the terminal are the commands that the footer names")
func keys() throws {
  let desk = AlarmDesk()
  var operation = AlarmOperation(desk: desk)
  var board = AlarmBoard()
  for (alarm, seconds) in [(BuiltInAlarm.tachycardia, 1.0), (.leadOff, 2)] {
    board.take(
      AlarmTransition(alarm: alarm.rawValue, phase: .start, priority: .medium), at: seconds)
  }
  operation.keepSelection(among: board.alarms)
  let context = try context()
  for key in "pa\toOs?".utf8 { operation.press(key, board, context) }
  board.take(AlarmInactivation(audioPauseSecondsLeft: 9, isStandby: true))
  board.take(
    AlarmTransition(alarm: BuiltInAlarm.pause.rawValue, phase: .off, priority: .medium), at: 3)
  for key in "psO".utf8 { operation.press(key, board, context) }
  var commands: [AlarmCommand] = []
  while let order = desk.collect() { commands.append(order.command) }
  #expect(
    commands == [
      .pauseAudio(seconds: 120), .acknowledgeAll,
      // The newest is selected first, Tab goes on to the other.
      .setOff(alarm: BuiltInAlarm.tachycardia.rawValue, true), .standby(true), .resumeAudio,
      .standby(false), .setOff(alarm: BuiltInAlarm.pause.rawValue, false),
    ])
}
