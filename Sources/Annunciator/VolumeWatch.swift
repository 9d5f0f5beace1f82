// Keeps the loudspeaker above its floor: a volume that somebody turned down is turned up again, and told.

import Devices

/// The work of the volume's thread.
struct VolumeWatch: Sendable {
  private let volume: any SoundVolume
  private let percentMin: Int
  private let health: AnnunciatorHealth

  init(_ volume: any SoundVolume, percentMin: Int, _ health: AnnunciatorHealth) {
    self.volume = volume
    self.percentMin = percentMin
    self.health = health
  }

  func step() {
    do throws(SourceError) {
      for control in try volume.raise(toPercent: percentMin) {
        let was = control.isOn == false ? "muted" : "at \(control.percent ?? 0) %"
        health.tell("The loudspeaker's '\(control.name)' was \(was): raised to \(percentMin) %.")
      }
      health.succeed(.volume)
    } catch {
      health.fail(.volume, "The alarm's volume cannot be kept up. \(error.description)")
    }
  }
}
