// All that a monitor shows of its life: the heartbeat for a guard, and words for the service manager.

import CLinux
import RealTime

/// A monitor's signs of life. The thread that owns the monitor asks for the pulses and tells begin and end; each loop
/// beats with its own pulse, the processing loop with `processingTurned`.
public final class SignsOfLife {
  private let heartbeat: HeartbeatFile
  private let manager: ServiceManager?
  private let processing: LoopPulse
  private var pulses: [LoopPulse]
  private var watchdog: LoopWatchdog?

  /// - Parameters:
  ///   - heartbeat: where the loops beat.
  ///   - manager: who else is told; nil for nobody.
  public init(heartbeat: HeartbeatFile = HeartbeatFile(), manager: ServiceManager? = nil) {
    self.heartbeat = heartbeat
    self.manager = manager
    processing = heartbeat.pulse(of: .processing)
    pulses = [processing]
  }

  /// The pulse of another loop, which from `begin` on beats at least twice a second.
  public func pulse(of loop: WatchedLoop) -> LoopPulse {
    precondition(loop != .processing, "the processing loop has a call of its own")
    let pulse = heartbeat.pulse(of: loop)
    pulses.append(pulse)
    return pulse
  }

  /// Every pulse has been asked for, and the loops are about to turn.
  public func begin() {
    watchdog = manager.flatMap { LoopWatchdog($0, pulses: pulses) }
    heartbeat.enter(.running)
    manager?.tellReady()
  }

  /// The processing loop has turned. Allocates nothing. Processing thread.
  @inline(__always)
  public func processingTurned() {
    processing.beat()
    if let watchdog { watchdog.turn(at: clinux_monotonic_nanoseconds()) }
  }

  /// The loops have ended: as they were told to, or because something gave up.
  public func end(inOrder: Bool) {
    heartbeat.enter(inOrder ? .ended : .failed)
    manager?.tellStopping()
  }
}
