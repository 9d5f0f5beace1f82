// A sink behind a queue, on a thread of its own: an output that nobody reads, as a pager that was left or a terminal
// that was stopped, holds up neither alerts nor the alarm log.

import Dispatch
import ECGSignal
import Pipeline
import RealTime
import Synchronization

/// Runs a screen or lines of text beside the other sinks.
public final class OutputSink: EventSink {
  /// Events, points of curves and sentences that may wait: half a minute of a screen.
  static let waitingMax = 8192

  private enum Item: Sendable {
    case begin(SessionContext)
    case event(PipelineEvent)
    case point(InlineArray<12, Float>)
    case problem(String)
  }

  private struct Content: Sendable {
    var items: [Item] = []
    var summary: Summary?
    /// Why the output could not begin.
    var trouble: String?
  }

  /// What both threads share.
  private final class Queue: Sendable {
    let content = Mutex(Content())
    let filled = Wake()
    let emptied = Wake()
    let finished = DispatchSemaphore(value: 0)
  }

  private let sink: any EventSink
  private let waits: Bool
  private let finishSeconds: Double
  private let queue = Queue()
  private var hasThread = false
  private var leftOut = 0
  private var untold: [String] = []

  /// - Parameters:
  ///   - sink: from `begin` on it is used on the thread alone.
  ///   - waits: whether to wait for the output, as a replay at full speed can, instead of leaving something out.
  ///   - finishSeconds: how long the end waits for an output that nobody reads.
  public init(_ sink: any EventSink, waits: Bool, finishSeconds: Double = 5) {
    self.sink = sink
    self.waits = waits
    self.finishSeconds = finishSeconds
  }

  public func begin(_ context: SessionContext) {
    add(.begin(context))
    nonisolated(unsafe) let sink = sink
    let queue = queue
    _ = RealTimeThread(name: "output", priority: nil) { Self.run(sink, queue) }
    hasThread = true
  }

  public func take(_ event: PipelineEvent) { add(.event(event)) }

  public func take(_ point: InlineArray<12, Float>) { add(.point(point)) }

  public func tell(problem: String) { add(.problem(problem)) }

  private func add(_ item: Item) {
    while true {
      let prepared = queue.emptied.prepare()
      let isAdded = queue.content.withLock { content in
        guard content.items.count < Self.waitingMax else { return false }
        content.items.append(item)
        return true
      }
      if isAdded { break }
      guard waits else { return leaveOut() }
      queue.emptied.wait(prepared, milliseconds: 100)
    }
    queue.filled.notify()
    guard leftOut > 0 else { return }
    untold.append("\(leftOut) events and points were not shown, because nobody read the output.")
    leftOut = 0
  }

  private func leaveOut() {
    if leftOut == 0 {
      untold.append(
        "Nobody reads the output: events are not shown. Alarms, alerts and the log go on.")
    }
    leftOut += 1
  }

  public func takeProblems() -> [String] {
    let trouble = queue.content.withLock { content in
      defer { content.trouble = nil }
      return content.trouble
    }
    defer { untold = [] }
    return untold + [trouble].compactMap { $0 }
  }

  /// Waits until everything is out, for some seconds at most where nobody reads.
  public func end(_ summary: Summary) {
    guard hasThread else { return }
    queue.content.withLock { $0.summary = summary }
    queue.filled.notify()
    if waits {
      queue.finished.wait()
    } else {
      _ = queue.finished.wait(timeout: .now() + finishSeconds)
    }
  }

  private static func run(_ sink: any EventSink, _ queue: Queue) {
    while true {
      let prepared = queue.filled.prepare()
      let content = queue.content.withLock { content in
        defer { content.items = [] }
        return content
      }
      queue.emptied.notify()
      for item in content.items {
        switch item {
        case .begin(let context):
          do { try sink.begin(context) } catch {
            queue.content.withLock { $0.trouble = "\(error)" }
          }
        case .event(let event): sink.take(event)
        case .point(let point): sink.take(point)
        case .problem(let sentence): sink.tell(problem: sentence)
        }
      }
      sink.refresh()
      if let summary = content.summary {
        sink.end(summary)
        queue.finished.signal()
        return
      }
      queue.filled.wait(prepared, milliseconds: 50)
    }
  }
}
