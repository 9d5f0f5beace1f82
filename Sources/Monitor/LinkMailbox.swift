// What the link's thread is told, from a thread that does not wait for it.

import AlertLink
import CLinux
import Devices
import Glibc
import Synchronization

/// What the link's thread is told.
final class LinkMailbox: Sendable {
  struct Told: Sendable {
    var message: AlertMessage
    var decidedNanoseconds: UInt64
  }

  /// Alarms of before a restart that go on.
  struct CarriedOn: Sendable {
    var conditions: Set<String>
    /// When the monitor started.
    var moment: AlertMessage.Moment
    var clockQuality: AlertMessage.ClockQuality
  }

  struct Content: Sendable {
    var carriedOn: CarriedOn?
    var told: [Told] = []
    var state: DeviceState?
    var isStopping = false
    /// Messages for which there was no room: the thread did not run for minutes.
    var lostCount = 0
  }

  private static let toldMax = 1024
  private let content = Mutex(Content())
  let progress = LinkProgress()
  private let latencies = Mutex(LatencyHistogram())
  /// Readable when there is something.
  let wakeDescriptor: Int32

  init() throws(SourceError) {
    wakeDescriptor = clinux_event_open()
    guard wakeDescriptor >= 0 else {
      throw SourceError("No event for the alert link: raise the limit of open files (ulimit -n).")
    }
  }

  deinit { close(wakeDescriptor) }

  func put(_ message: AlertMessage, decidedNanoseconds: UInt64) {
    change { content in
      guard content.told.count < Self.toldMax else {
        content.lostCount += 1
        return
      }
      content.told.append(Told(message: message, decidedNanoseconds: decidedNanoseconds))
      progress.noteTold()
    }
  }

  func put(_ carriedOn: CarriedOn) { change { $0.carriedOn = carriedOn } }

  /// Something outside the mailbox is there for the link's thread.
  func wake() { clinux_event_raise(wakeDescriptor) }

  func put(_ state: DeviceState) { change { $0.state = state } }

  func stop() { change { $0.isStopping = true } }

  private func change(_ body: (inout Content) -> Void) {
    content.withLock { body(&$0) }
    clinux_event_raise(wakeDescriptor)
  }

  /// All that was put there since the last call.
  func take() -> Content {
    clinux_event_clear(wakeDescriptor)
    return content.withLock { content in
      let taken = content
      content = Content(isStopping: taken.isStopping)
      return taken
    }
  }

  /// Looks without taking.
  var isStopping: Bool { content.withLock(\.isStopping) }

  func note(latencyNanoseconds: UInt64) {
    latencies.withLock { $0.add(nanoseconds: latencyNanoseconds) }
  }

  func latencyMilliseconds(percentile: Double) -> Double? {
    latencies.withLock { $0.milliseconds(percentile: percentile) }
  }
}
