// An output that nobody reads holds up nobody; one that is read loses nothing.

import Alarms
import Dispatch
import ECGSignal
import SignalProcessing
import Synchronization
import TestSupport
import Testing

@testable import Monitor
@testable import Pipeline

/// An output that takes its first event and then waits until it is let go.
private final class Reader: EventSink {
  let release = DispatchSemaphore(value: 0)
  let isReached = DispatchSemaphore(value: 0)
  let taken: Taken
  init(_ taken: Taken) { self.taken = taken }

  final class Taken: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  func begin(_ context: SessionContext) { taken.add("begin") }
  func take(_ event: PipelineEvent) {
    if event.index == 0 {
      isReached.signal()
      release.wait()
    }
    taken.add("\(event.index)")
  }
  func tell(problem: String) { taken.add(problem) }
  func end(_ summary: Summary) { taken.add("end") }
}

@Suite struct OutputSinkTests {
  private let taken = Reader.Taken()

  private func context() -> SessionContext {
    let format = SignalFormat(
      sampleRate: 500, channels: [Channel(name: "II", lead: .II, microvoltsPerCode: 1)],
      provenance: .replay, sourceName: "101")
    let layout = RowLayout(format)
    return SessionContext(
      format: format, layout: layout, leads: layout.leads, modelName: "m", modelSHA256: "0",
      statements: [], filters: .monitoring, alarms: [], profile: PatientProfile())
  }

  private func summary() -> Summary {
    SummaryCollector().summary(
      context: context(), latency: LatencyHistogram(), cpuSeconds: 0, wallSeconds: 0,
      residentBytes: 0, endReason: nil)
  }

  private func event(_ index: Int) -> PipelineEvent {
    PipelineEvent(
      kind: .heartRate(beatsPerMinute: 60), index: Int64(index), seconds: 0, sampleRate: 500,
      arrivalNanoseconds: 0)
  }

  @Test(
    "an output that stands still delays nobody; what it misses is told, and so is that it is read again"
  )
  func stalled() {
    let reader = Reader(taken)
    let release = reader.release
    let isReached = reader.isReached
    let sink = OutputSink(reader, waits: false, finishSeconds: 0)
    sink.begin(context())
    sink.take(event(0))
    isReached.wait()
    // The reader stands still now, and every one of these returns.
    let room = OutputSink.waitingMax
    for index in 1...room + 5 { sink.take(event(index)) }
    #expect(sink.takeProblems().map { $0.hasPrefix("Nobody reads the output") } == [true])
    sink.end(summary())
    #expect(taken.all == ["begin"])
    release.signal()
    // The end comes behind all that had found room.
    while taken.all.last != "end" { sink.take(event(room + 9)) }
    sink.take(event(room + 9))
    #expect(taken.all.count >= room + 3)
    #expect(sink.takeProblems().first?.contains("were not shown") == true)
  }

  @Test("a replay at full speed waits for its output: all of it comes out, in order")
  func waits() {
    let reader = Reader(taken)
    let release = reader.release
    release.signal()
    let sink = OutputSink(reader, waits: true)
    sink.begin(context())
    let count = OutputSink.waitingMax * 2
    for index in 0..<count { sink.take(event(index)) }
    sink.tell(problem: "a sentence")
    sink.end(summary())
    #expect(taken.all == ["begin"] + (0..<count).map { "\($0)" } + ["a sentence", "end"])
    #expect(sink.takeProblems().isEmpty)
  }
}
