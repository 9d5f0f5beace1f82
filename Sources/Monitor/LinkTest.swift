// A test alert to the central station by the way that real ones go: outbox, line, inbox, receipt. Marked as a test in
// everything that leaves.

import AlertLink
import CLinux
import Synchronization

/// What became of a test alert.
public struct LinkTest: Hashable, Sendable {
  /// From the start until the central station had answered; nil where it has not.
  public private(set) var contactMilliseconds: Double?
  /// From the decision until this end knew that the alert is on the central station's disk; nil where it does not.
  public private(set) var receiptMilliseconds: Double?
  /// What the link complained of, a sentence each.
  public private(set) var problems: [String] = []

  /// The name of the test alert.
  public static let condition = "alarmTest"

  /// Sends a test alert and its end, and waits for the receipts. Nothing else may use the outbox meanwhile.
  ///
  /// A station that does not answer is sent nothing, so that no test waits in the outbox.
  ///
  /// - Parameter seconds: how long to wait for the station's answer, and again for its receipt.
  public init(
    _ configuration: CentralLinkConfiguration, seconds: Double = 15, stop: StopFlag
  ) throws {
    let heard = Heard()
    let link = try CentralLink(configuration) { news in heard.take(news) }
    defer { link.stop() }
    var state = DeviceState(inactivations: ["test"])
    (state.provenance, state.simulated) = (Self.provenance, true)
    link.setState(state)
    let start = clinux_monotonic_nanoseconds()
    let end = start + UInt64(seconds * 1e9)
    while !heard.isReachable, !stop.isSet, clinux_monotonic_nanoseconds() < end {
      clinux_sleep_nanoseconds(1_000_000)
    }
    problems = heard.problems
    guard heard.isReachable else { return }
    contactMilliseconds = Self.milliseconds(since: start)
    let decided = clinux_monotonic_nanoseconds()
    link.tell(Self.message(.start, onset: decided), decidedNanoseconds: decided)
    if link.progress.waitUntilConfirmed(withinSeconds: seconds) {
      receiptMilliseconds = Self.milliseconds(since: decided)
    }
    link.tell(Self.message(.end, onset: decided), decidedNanoseconds: decided)
    // The end of what has just begun goes a second later (FlapFilter).
    let isEnded = link.progress.waitUntilConfirmed(withinSeconds: seconds)
    if !isEnded { receiptMilliseconds = nil }
    problems = heard.problems
  }

  private static let provenance = "testSignal"

  private static func message(_ phase: AlertMessage.Phase, onset: UInt64) -> AlertMessage {
    let clock = AlarmClock()
    let begin = AlertMessage.Moment(clock.time(onset))
    let now = clock.time(clinux_monotonic_nanoseconds())
    return AlertMessage(
      condition: condition, message: "TEST of the alarms: nobody is in danger", phase: phase,
      priority: .low, isTechnical: true, onset: begin,
      time: AlertMessage.Moment(now), clockQuality: now.clockQuality,
      timeToLiveSeconds: 60, provenance: provenance, isSimulated: true, isTest: true)
  }

  private static func milliseconds(since start: UInt64) -> Double {
    Double(clinux_monotonic_nanoseconds() - start) / 1e6
  }

  /// What the link said, from its thread.
  private final class Heard: Sendable {
    private let content = Mutex<(isReachable: Bool, problems: [String])>((false, []))
    var isReachable: Bool { content.withLock(\.isReachable) }
    var problems: [String] { content.withLock(\.problems) }

    func take(_ news: CentralLinkNews) {
      content.withLock { content in
        switch news {
        case .reachable(let isReachable): content.isReachable = isReachable
        case .problem(let sentence): content.problems.append(sentence)
        case .acknowledged: break
        }
      }
    }
  }
}
