// Feeds a loudspeaker block after block, with silence while nothing alarms, and brings one back that went away. It
// reads one word and waits for nothing but its card.

import Alarms
import Devices

/// The work of the sound thread, a step at a time. One thread.
final class SoundFeeder {
  /// Samples are handed over in blocks so long: an annunciation waits no longer to be read.
  static let blockSeconds = 0.01
  /// No more than this waits in the card, however much it could hold: what a new alarm waits for.
  static let queuedSecondsMax = 0.08
  /// A card further from the air than this makes alarms late, which is told.
  static let delaySecondsMax = 0.15
  /// Pauses between attempts to open a device that is not there: the first, then twice as long each time.
  static let backOffSeconds = 0.25...4.0
  /// A card's clock is right to a thousandth. A device without a clock, as a file, is held to this pace.
  private static let paceMax = 1.001

  private let speaker: Loudspeaker
  private let cell: AnnunciationCell
  private let health: AnnunciatorHealth
  private let greets: Bool
  private let nanoseconds: () -> UInt64
  private var stream: (any SoundStream)?
  private var schedule: BurstSchedule?
  private var block: UnsafeMutableBufferPointer<Int16>
  private var backOff = SoundFeeder.backOffSeconds.lowerBound
  private var openedAt: UInt64 = 0
  private var writtenSamples = 0
  private var toldUnderruns = 0
  private var hasToldDelay = false

  /// - Parameters:
  ///   - greets: whether one note tells at the start that the loudspeaker works.
  ///   - nanoseconds: a clock that never goes back: the system's, or a test's.
  init(
    _ speaker: Loudspeaker, _ cell: AnnunciationCell, _ health: AnnunciatorHealth,
    greets: Bool = false, nanoseconds: @escaping () -> UInt64
  ) {
    self.speaker = speaker
    self.cell = cell
    self.health = health
    self.greets = greets
    self.nanoseconds = nanoseconds
    block = .allocate(capacity: 0)
  }

  deinit { block.deallocate() }

  /// Opens the loudspeaker or hands it the next block, and returns the seconds to pause before the next step.
  func step() -> Double {
    guard let stream, let schedule else { return open() }
    schedule.fill(block, cell.current)
    return write(to: stream)
  }

  /// Ends what sounds without a click and closes the loudspeaker.
  func close() {
    if let stream, let schedule {
      // Somebody who stops the monitor silences it: everything lit, nothing sounding.
      schedule.fill(block, Annunciation(light: .high))
      _ = write(to: stream)
      self.stream?.finish()
    }
    stream = nil
  }

  private func open() -> Double {
    health.expectSound()
    // Before a card runs that must not run dry.
    prepare()
    do throws(SourceError) {
      stream = try speaker.open()
      openedAt = nanoseconds()
      writtenSamples = 0
      toldUnderruns = 0
      return 0
    } catch {
      return retry(error)
    }
  }

  /// Renders the bursts, once; whatever sounded when a card went away is heard from its start.
  private func prepare() {
    if let schedule { return schedule.beginAnew() }
    let schedule = BurstSchedule(sampleRateHz: speaker.sampleRateHz)
    if greets { schedule.greet() }
    self.schedule = schedule
    block = .allocate(capacity: Int((Self.blockSeconds * speaker.sampleRateHz).rounded()))
    block.initialize(repeating: 0)
  }

  private func retry(_ error: SourceError) -> Double {
    stream = nil
    health.fail(.sound, "No alarm can be heard. \(error.description)")
    defer { backOff = min(2 * backOff, Self.backOffSeconds.upperBound) }
    return backOff
  }

  private func write(to stream: any SoundStream) -> Double {
    do throws(SourceError) { try stream.write(UnsafeBufferPointer(block)) } catch {
      return retry(error)
    }
    backOff = Self.backOffSeconds.lowerBound
    writtenSamples &+= block.count
    note(stream)
    let rate = speaker.sampleRateHz
    let elapsed = Double(nanoseconds() &- openedAt) / 1e9
    let ahead = Double(writtenSamples) / rate / Self.paceMax - elapsed - Self.queuedSecondsMax
    let queued = Double(stream.queuedSamples) / rate - Self.queuedSecondsMax
    return max(ahead, queued, 0)
  }

  private func note(_ stream: any SoundStream) {
    let delay = Double(stream.delaySamples) / speaker.sampleRateHz
    health.noteBlock(delaySeconds: delay)
    health.succeed(.sound)
    if stream.underruns != toldUnderruns {
      health.addUnderruns(stream.underruns &- toldUnderruns)
      toldUnderruns = stream.underruns
    }
    if delay > Self.delaySecondsMax && !hasToldDelay {
      hasToldDelay = true
      health.tell(
        "Sound device '\(speaker.name)' plays \(Int(delay * 1000)) ms after it is told to: name the card itself, "
          + "as /proc/asound/cards does, and no sound server.")
    }
  }
}
