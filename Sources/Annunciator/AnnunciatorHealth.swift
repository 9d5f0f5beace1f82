// What the threads of sound and light tell about themselves: they write, anyone reads, nobody waits for long.

import CLinux
import Synchronization

/// A part of the alarm that a person sees or hears.
public enum AnnunciatorPart: UInt32, CaseIterable, Sendable {
  case sound, volume, lamp, buzzer

  /// The word in JSON.
  public var name: String {
    switch self {
    case .sound: "sound"
    case .volume: "volume"
    case .lamp: "lamp"
    case .buzzer: "buzzer"
    }
  }
}

/// How sound and light are. Any thread.
public final class AnnunciatorHealth: Sendable {
  /// A sound thread that hands over nothing for so long hangs, and the buzzer takes over.
  static let soundSilenceNanoseconds: UInt64 = 500_000_000

  /// What it takes to render the bursts on a slow machine and to open a slow card.
  static let openingNanoseconds: UInt64 = 5_000_000_000

  /// A bit for each part that has failed.
  private let failed = Atomic<UInt32>(0)
  private let lastBlockNanoseconds = Atomic<UInt64>(.max)
  private let underrunTotal = Atomic<Int>(0)
  private let longestDelay = Atomic<Int>(0)
  private struct Sentences {
    var current: [AnnunciatorPart: String] = [:]
    var untold: [String] = []
  }
  private let sentences = Mutex(Sentences())

  /// All well.
  public init() {}

  /// Whether a part does not do what it should: no sound, a volume below the floor that cannot be raised, a line that
  /// cannot be driven.
  public func isFailed(_ part: AnnunciatorPart) -> Bool {
    // Ordering: relaxed, a flag of its own.
    failed.load(ordering: .relaxed) & 1 << part.rawValue != 0 || (part == .sound && soundHangs)
  }

  /// Whether the sound thread waits for a device that neither takes samples nor says that it is gone.
  private var soundHangs: Bool {
    let last = lastBlockNanoseconds.load(ordering: .relaxed)
    let now = clinux_monotonic_nanoseconds()
    return last < now && now &- last > Self.soundSilenceNanoseconds
  }

  /// What is wrong with a part now, a sentence with the remedy; nil where nothing is.
  public func problem(_ part: AnnunciatorPart) -> String? {
    guard isFailed(part) else { return nil }
    return sentences.withLock { $0.current[part] }
      ?? "The sound device takes no samples: check its cable, then 'aplay -L'."
  }

  /// What was found since the last call, a sentence each, every one once until it was well between.
  public func takeSentences() -> [String] {
    sentences.withLock { value in
      defer { value.untold = [] }
      return value.untold
    }
  }

  /// Times that the card ran dry: each may have been a hole in a sound.
  public var underruns: Int { underrunTotal.load(ordering: .relaxed) }

  /// The longest way from a sample's writing to the air that the card told of, in milliseconds; 0 before it did.
  public var delayMillisecondsMax: Double {
    Double(longestDelay.load(ordering: .relaxed)) / 1000
  }

  /// Tells that a part has failed, in a sentence. The thread of the part; may wait a moment.
  func fail(_ part: AnnunciatorPart, _ sentence: String) {
    failed.bitwiseOr(1 << part.rawValue, ordering: .relaxed)
    sentences.withLock { value in
      guard value.current[part] != sentence else { return }
      value.current[part] = sentence
      value.untold.append(sentence)
    }
  }

  /// Tells something that is no failure.
  func tell(_ sentence: String) { sentences.withLock { $0.untold.append(sentence) } }

  /// Tells that a part works, again or still. Free of locks where it did before.
  func succeed(_ part: AnnunciatorPart) {
    guard failed.load(ordering: .relaxed) & 1 << part.rawValue != 0 else { return }
    failed.bitwiseAnd(~(1 << part.rawValue), ordering: .relaxed)
    let word = part.name
    sentences.withLock { value in
      value.current[part] = nil
      value.untold.append("The alarm's \(word) works again.")
    }
  }

  /// Tells that the card took samples. Allocates nothing.
  func noteBlock(delaySeconds: Double) {
    lastBlockNanoseconds.store(clinux_monotonic_nanoseconds(), ordering: .relaxed)
    let microseconds = Int(min(max(delaySeconds, 0), 100) * 1e6)
    // Only this thread stores it.
    if microseconds > longestDelay.load(ordering: .relaxed) {
      longestDelay.store(microseconds, ordering: .relaxed)
    }
  }

  /// The sound thread opens its device, after which it must hand over samples within some seconds.
  func expectSound() {
    let patience = Self.openingNanoseconds &- Self.soundSilenceNanoseconds
    lastBlockNanoseconds.store(clinux_monotonic_nanoseconds() &+ patience, ordering: .relaxed)
  }

  /// The sound thread has ended: nothing more is expected of it.
  func expectNoSound() { lastBlockNanoseconds.store(.max, ordering: .relaxed) }

  func addUnderruns(_ count: Int) { underrunTotal.wrappingAdd(count, ordering: .relaxed) }
}
