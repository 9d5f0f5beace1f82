// Lamp, buzzer and loudspeaker of a guard: its own all the time, the monitor's loudspeaker only while nobody else
// needs it.

import Annunciator
import Devices
import Guard
import LinuxDevices

/// What a guard alarms with. One thread.
final class GuardAlarm {
  private let own: Annunciator
  /// The card that a monitor has while it runs: most cards are one program's, so it is opened only in an alarm. After a
  /// kill it is free; a monitor that is stopped still holds it.
  private let shared: Annunciator?
  private var borrows = false

  init(_ options: AnnunciatorOptions) throws(SourceError) {
    own = try options.annunciator(profile: nil, isLive: false)
    shared =
      options.sound == nil
      ? Annunciator(loudspeaker: .alsa("default"), lights: nil, buzzer: nil) : nil
  }

  var cells: [AnnunciationCell] { [own.cell] + (shared.map { [$0.cell] } ?? []) }

  /// Opens what is the guard's own. The loops beat for `life`.
  func start(_ life: SignsOfLife) {
    own.start(
      soundPulse: own.loudspeakerName == nil ? .unwatched : life.pulse(of: .sound),
      lightPulse: own.hasLight ? life.pulse(of: .lamp) : .unwatched)
  }

  /// Takes the monitor's loudspeaker when an alarm begins, and gives it back for the monitor's return.
  func follow(_ notice: GuardNotice) {
    switch notice {
    case .alarm where !borrows:
      shared?.start()
      borrows = true
    case .back, .ended:
      if borrows { shared?.stop() }
      borrows = false
    default: break
    }
  }

  /// What is wrong with any of it, a sentence each.
  func takeSentences() -> [String] {
    own.health.takeSentences() + (shared?.health.takeSentences() ?? [])
  }

  func stop() {
    own.stop()
    if borrows { shared?.stop() }
  }
}
