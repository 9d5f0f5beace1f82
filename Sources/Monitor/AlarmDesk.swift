// Where everybody hands in what the alarm system must know: keys, the central station's people, and whatever finds that
// something of the device fails. One small ring carries it to the processing thread, which never waits for it.

import Alarms
import RealTime
import Synchronization

/// A command, and who gave it.
struct AlarmOrder: BitwiseCopyable {
  var command: AlarmCommand
  var person: AlarmPerson
}

/// Takes commands from any thread; the processing thread collects them.
public final class AlarmDesk: Sendable {
  /// The names of those who gave commands.
  public let people = AlarmPeople()
  private let ring = ValueRing<AlarmOrder>(capacity: 256)
  /// One producer at a time. The processing thread never takes it.
  private let producing = Mutex<Void>(())

  /// An empty desk.
  public init() {}

  /// Hands in a command; false when nobody collects them any more, so that the ring stays full for a second.
  ///
  /// - Parameter name: of the person who gives it, where it is known.
  @discardableResult
  public func send(_ command: AlarmCommand, by name: String? = nil) -> Bool {
    let order = AlarmOrder(command: command, person: people.person(named: name))
    return producing.withLock { _ in
      for _ in 0..<10 {
        if ring.push(order) { return true }
        ring.waitForSpace(milliseconds: 100)
      }
      return ring.push(order)
    }
  }

  /// Says whether a technical condition holds.
  public func report(_ alarm: BuiltInAlarm, isPresent: Bool) {
    send(.technical(alarm: alarm.rawValue, isPresent: isPresent))
  }

  /// Says which of one reporter's technical conditions hold now, as far as that has changed.
  ///
  /// - Parameter held: what held when it was last said; the reporter keeps it.
  public func report(_ holding: Set<BuiltInAlarm>, after held: inout Set<BuiltInAlarm>) {
    for alarm in holding.symmetricDifference(held) {
      report(alarm, isPresent: holding.contains(alarm))
    }
    held = holding
  }

  /// Takes the oldest command. The processing thread alone.
  func collect() -> AlarmOrder? { ring.pop() }
}
