// Sound and light of a device: the threads that show what the cell holds, from start to stop.

import Alarms
import CLinux
import Devices
import RealTime
import Synchronization

/// What a person near the device sees and hears of its alarms.
///
/// Publish to `cell` from the thread that decides; the rest runs by itself, each part on a thread of its own, and none
/// of them waits for network, disk, screen or another part.
public final class Annunciator {
  /// Where the newest annunciation is published.
  public let cell = AnnunciationCell()
  /// How sound and light are.
  public let health = AnnunciatorHealth()
  /// The loudspeaker's name; nil without one.
  public var loudspeakerName: String? { loudspeaker?.name }
  /// Whether its volume can be asked and raised.
  public var hasVolume: Bool { loudspeaker?.volume != nil }
  /// Whether there is a lamp, and a buzzer.
  public var hasLamp: Bool { lights != nil }
  public var hasBuzzer: Bool { buzzer != nil }
  /// Whether there is a loop for lamp and buzzer.
  public var hasLight: Bool { hasLamp || hasBuzzer }

  /// The floor of a loudspeaker's volume where nobody says another: what a room with machines in it needs.
  public static let volumePercentMinDefault = 50

  /// SCHED_FIFO priorities, between processing (40) and acquisition (50): both work for microseconds a block.
  private static let soundPriority: Int32 = 46, lightPriority: Int32 = 45
  /// How often the volume is looked after.
  private static let volumeSeconds = 5.0

  private let loudspeaker: Loudspeaker?
  private let lights: AlarmLights?
  private let buzzer: AlarmBuzzer?
  private let volumePercentMin: Int
  private var threads: [(RealTimeThread, StopWord)] = []

  /// Opens nothing yet.
  ///
  /// - Parameter volumePercentMin: below which no control of the loudspeaker's card may lie.
  public init(
    loudspeaker: Loudspeaker?, lights: AlarmLights?, buzzer: AlarmBuzzer?,
    volumePercentMin: Int = volumePercentMinDefault
  ) {
    self.loudspeaker = loudspeaker
    self.lights = lights
    self.buzzer = buzzer
    self.volumePercentMin = volumePercentMin
  }

  /// Another annunciator, with this one's buzzer and nothing else: to hear it although there is a loudspeaker.
  public var buzzerAlone: Annunciator {
    Annunciator(loudspeaker: nil, lights: nil, buzzer: buzzer)
  }

  /// Opens the devices and begins to sound and shine. What cannot be opened is told by `health` and tried again.
  ///
  /// - Parameters:
  ///   - greets: whether one note tells at the start that the loudspeaker works.
  ///   - soundPulse: beaten by the sound loop, four times a second at the least while its card works.
  ///   - lightPulse: beaten by the loop of lamp and buzzer.
  public func start(
    greets: Bool = false, soundPulse: LoopPulse = .unwatched, lightPulse: LoopPulse = .unwatched
  ) {
    if let loudspeaker {
      startSound(loudspeaker, greets, soundPulse)
      if let volume = loudspeaker.volume { startVolume(volume) }
    }
    if hasLight { startLight(lightPulse) }
  }

  /// Dark and silent; returns when the devices are closed.
  public func stop() {
    for (_, stopping) in threads { stopping.set() }
    cell.wake()
    for (thread, _) in threads { thread.join() }
    threads = []
  }

  private func startSound(_ loudspeaker: Loudspeaker, _ greets: Bool, _ pulse: LoopPulse) {
    let health = health
    let feeder = SoundFeeder(
      loudspeaker, cell, health, greets: greets, nanoseconds: clinux_monotonic_nanoseconds)
    nonisolated(unsafe) let handed = feeder
    run("alarm sound", Self.soundPriority) { stopping in
      while !stopping.isSet { stopping.sleep(seconds: handed.step(), pulse) }
      health.expectNoSound()
      handed.close()
    }
  }

  private func startLight(_ pulse: LoopPulse) {
    let cell = cell
    let feeder = LightFeeder(
      lights: lights, buzzer: buzzer, hasLoudspeaker: loudspeaker != nil, health,
      nanoseconds: clinux_monotonic_nanoseconds)
    nonisolated(unsafe) let handed = feeder
    run("alarm light", Self.lightPriority) { stopping in
      while !stopping.isSet {
        pulse.beat()
        let annunciation = cell.current
        let seconds = handed.step(annunciation)
        cell.wait(
          whileEqualTo: annunciation, milliseconds: UInt32((seconds * 1000).rounded(.up)))
      }
      handed.close()
    }
  }

  private func startVolume(_ volume: any SoundVolume) {
    let watch = VolumeWatch(volume, percentMin: volumePercentMin, health)
    run("alarm volume", nil) { stopping in
      while !stopping.isSet {
        watch.step()
        stopping.sleep(seconds: Self.volumeSeconds)
      }
    }
  }

  private func run(
    _ name: String, _ priority: Int32?, _ body: @escaping @Sendable (StopWord) -> Void
  ) {
    let stopping = StopWord()
    let thread = RealTimeThread(name: name, priority: priority) { body(stopping) }
    threads.append((thread, stopping))
  }
}
