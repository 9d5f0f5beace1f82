// The guard at work: a thread that looks at the heartbeat ten times a second, decides what lamp and loudspeaker
// show, and waits for nobody. What it has to say goes through a ring to whoever writes it down.

import Alarms
import Annunciator
import CLinux
import RealTime
import Synchronization

/// A notice, and which monitor it is of.
public struct GuardReport: BitwiseCopyable, Sendable {
  /// What is told.
  public var notice: GuardNotice
  /// The monitor's process; 0 where none has been seen.
  public var processID: Int32
}

/// Watches the monitor of one heartbeat until it is told to stop.
public final class GuardLoop: Sendable {
  /// Between two looks. A sign of life is seen so much late, which the limits leave room for.
  static let lookNanoseconds: UInt64 = 100_000_000
  /// Above every thread of a monitor: one that runs away must not keep its guard from running.
  private static let priority: Int32 = 55

  /// What the guard has to say. One thread takes it.
  public let reports = ValueRing<GuardReport>(capacity: 256)
  private let path: String
  private let cells: [AnnunciationCell]
  private let limits: MonitorWatch.Limits
  private let isStopping = Atomic<Bool>(false)
  private let isAcknowledging = Atomic<Bool>(false)

  /// - Parameters:
  ///   - path: of the heartbeat.
  ///   - cells: of lamps and loudspeakers.
  public init(path: String, cells: [AnnunciationCell], limits: MonitorWatch.Limits) {
    self.path = path
    self.cells = cells
    self.limits = limits
  }

  /// Starts the thread. Its turns are told to `life`, which belongs to it until the thread has ended.
  public func start(life: SignsOfLife) -> RealTimeThread {
    nonisolated(unsafe) let life = life
    return RealTimeThread(name: "guard", priority: Self.priority) { [self] in run(life) }
  }

  /// Ends the thread. Any thread.
  public func stop() { isStopping.store(true, ordering: .relaxed) }

  /// Somebody has come. Any thread.
  public func acknowledge() { isAcknowledging.store(true, ordering: .relaxed) }

  private func run(_ life: SignsOfLife) {
    var watch = MonitorWatch(limits: limits)
    var onset: UInt16 = 0
    while !isStopping.load(ordering: .relaxed) {
      life.processingTurned()
      let reading = HeartbeatReader.read(path)
      let hadLapse = watch.lapse != nil
      let seconds = Double(clinux_monotonic_nanoseconds()) / 1e9
      let notice = watch.look(reading, at: seconds) { HeartbeatReader.state(ofProcess: $0) }
      if watch.lapse != nil && !hadLapse { onset &+= 1 }
      tell(notice, watch)
      if isAcknowledging.exchange(false, ordering: .relaxed) { watch.acknowledge() }
      let silence = watch.keepSilence(at: seconds)
      if silence == .soundsAgain { onset &+= 1 }
      tell(silence, watch)
      let annunciation = watch.annunciation(onset: onset)
      for cell in cells { cell.publish(annunciation) }
      clinux_sleep_nanoseconds(Self.lookNanoseconds)
    }
    for cell in cells { cell.publish(Annunciation()) }
  }

  /// A ring that nobody empties for minutes loses what is told last; lamp and sound do not depend on it.
  private func tell(_ notice: GuardNotice?, _ watch: MonitorWatch) {
    guard let notice else { return }
    _ = reports.push(GuardReport(notice: notice, processID: watch.processID))
  }
}

extension MonitorWatch {
  /// What lamp and loudspeaker show: high priority, because nobody knows how the patient is. Whoever acknowledges it
  /// silences it for a while; the lamp stays lit and a reminder tells that it is.
  func annunciation(onset: UInt16) -> Annunciation {
    guard lapse != nil else { return Annunciation(onset: onset) }
    return Annunciation(
      light: .high, sound: isSilent ? nil : .high, reminds: isSilent, onset: onset)
  }
}
