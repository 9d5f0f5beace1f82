// The device's end of the alert link: a thread that has nothing else to do. Whoever tells it something never waits for
// it, and it waits for nobody but its socket; its outbox has a thread of its own.

import AlertLink
import Devices
import RealTime

/// How a monitor reaches its central station. All closures are called on threads of the link, which may wait.
public struct CentralLinkConfiguration: Sendable {
  /// The key that both ends share.
  public var key: LinkKey
  /// Makes the way for datagrams.
  public var makeTransport: @Sendable () -> any DatagramTransport
  /// Looks the station up, on a thread of its own: alerts to the address found last do not wait for it.
  public var findStation: @Sendable () throws -> DatagramPeer
  /// Opens the memory for what the station has not confirmed.
  public var openOutbox: @Sendable () throws -> any AlertOutbox
  /// A station that does not answer is looked up again after so long.
  public var searchSeconds = 30.0

  /// A station, and how to get there.
  public init(
    key: LinkKey, makeTransport: @escaping @Sendable () -> any DatagramTransport,
    findStation: @escaping @Sendable () throws -> DatagramPeer,
    openOutbox: @escaping @Sendable () throws -> any AlertOutbox
  ) {
    self.key = key
    self.makeTransport = makeTransport
    self.findStation = findStation
    self.openOutbox = openOutbox
  }
}

/// What a link has to say.
public enum CentralLinkNews: Hashable, Sendable {
  /// The station answers, or has not for five seconds.
  case reachable(Bool)
  /// A person at the station has seen an alarm.
  case acknowledged(condition: String, person: String)
  /// Trouble of the link itself, in words.
  case problem(String)
}

/// A link to one central station. One thread tells it; its own thread sends.
public final class CentralLink {
  private let mailbox: LinkMailbox
  private let thread: RealTimeThread

  /// What has become of what it was told.
  public var progress: LinkProgress { mailbox.progress }

  /// Starts the link.
  ///
  /// - Parameter onNews: called on the link's thread; must not wait.
  public init(
    _ configuration: CentralLinkConfiguration,
    onNews: @escaping @Sendable (CentralLinkNews) -> Void
  ) throws(SourceError) {
    let mailbox = try LinkMailbox()
    self.mailbox = mailbox
    thread = RealTimeThread(name: "alert link", priority: nil) {
      LinkWorker(configuration, mailbox: mailbox, onNews: onNews).run()
    }
  }

  /// Sends a message, and keeps it until the station has it. Does not wait.
  ///
  /// - Parameter decidedNanoseconds: when the alarm was decided, CLOCK_MONOTONIC.
  public func tell(_ message: AlertMessage, decidedNanoseconds: UInt64) {
    mailbox.put(message, decidedNanoseconds: decidedNanoseconds)
  }

  /// Says which alarms of before the restart go on; what else stands as active at the station is ended. Once, before
  /// anything is told; without it nothing is ended.
  func carryOn(_ carriedOn: LinkMailbox.CarriedOn) { mailbox.put(carriedOn) }

  /// What heartbeats say of the present.
  public func setState(_ state: DeviceState) { mailbox.put(state) }

  /// From the decision of a start to its datagram, in milliseconds at a percentile; nil before the first.
  public func latencyMilliseconds(percentile: Double) -> Double? {
    mailbox.latencyMilliseconds(percentile: percentile)
  }

  /// Ends the link after what is due was sent and stored. What the station has not confirmed waits on the disk.
  public func stop() {
    mailbox.stop()
    thread.join()
  }
}
