// Sound and light for as long as the stream runs. What they show comes from the processing thread; this only starts and
// ends them, and tells people and the alarm system when one of them fails.

import Alarms
import Annunciator
import Guard
import Pipeline

/// Runs an annunciator beside a monitor.
public final class AnnunciatorSink: EventSink {
  private let annunciator: Annunciator
  private let life: SignsOfLife
  private var untold: [String] = []

  /// - Parameters:
  ///   - annunciator: whose cell the monitor publishes to.
  ///   - life: of the monitor, for the loops of sound and light.
  public init(_ annunciator: Annunciator, life: SignsOfLife) {
    self.annunciator = annunciator
    self.life = life
  }

  public func begin(_ context: SessionContext) {
    if !context.isSimulated && annunciator.loudspeakerName == nil && !annunciator.hasBuzzer {
      untold.append("Alarms make no sound on this device: name one with --sound.")
    }
    annunciator.start(
      greets: !context.isSimulated,
      soundPulse: annunciator.loudspeakerName == nil ? .unwatched : life.pulse(of: .sound),
      lightPulse: annunciator.hasLight ? life.pulse(of: .lamp) : .unwatched)
  }

  public func take(_ event: PipelineEvent) {}

  public func tell(problem: String) {}

  public func takeProblems() -> [String] {
    defer { untold = [] }
    return untold + annunciator.health.takeSentences()
  }

  public var technicalConditions: Set<BuiltInAlarm> {
    let health = annunciator.health
    let parts: [AnnunciatorPart] = [.sound, .volume, .buzzer]
    return Set(
      (parts.contains(where: health.isFailed) ? [.soundFailing] : [])
        + (health.isFailed(.lamp) ? [.lampFailing] : []))
  }

  public func end(_ summary: Summary) { annunciator.stop() }
}
