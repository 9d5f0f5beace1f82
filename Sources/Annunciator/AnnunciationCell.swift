// The only thing that goes from the alarm system to lamp and sound: the newest annunciation, as one word. Nothing can
// fill up, so nobody ever waits.

import Alarms
import RealTime
import Synchronization

/// The newest annunciation. One thread publishes, without a lock, an allocation or a wait; any thread reads.
public final class AnnunciationCell: Sendable {
  private let word: Atomic<UInt32>
  private let changed = Wake()

  /// Dark and silent.
  public init() { word = Atomic(Annunciation().word) }

  /// What lamp and sounder are to show now. Publishing the same again costs one load.
  public func publish(_ annunciation: Annunciation) {
    let next = annunciation.word
    // Ordering: relaxed, only this thread changes the word, and it carries no other data with it.
    guard word.load(ordering: .relaxed) != next else { return }
    word.store(next, ordering: .relaxed)
    changed.notify()
  }

  /// The newest annunciation.
  public var current: Annunciation { Annunciation(word: word.load(ordering: .relaxed)) }

  /// Ends a wait without a change: for a thread that is to stop. Any thread.
  public func wake() { changed.notify() }

  /// Sleeps until the annunciation is another than the given one, somebody wakes, or the time is over. One thread.
  public func wait(whileEqualTo annunciation: Annunciation, milliseconds: UInt32) {
    let prepared = changed.prepare()
    guard current == annunciation else { return }
    changed.wait(prepared, milliseconds: milliseconds)
  }
}
