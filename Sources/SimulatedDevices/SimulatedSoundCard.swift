// A sound card of memory that plays in real time: what the time from a decision to its sound is made of, on a machine
// without a card.

import CLinux
import Devices

/// Holds a buffer as a card does, waits while it is full and counts when it ran dry. What it plays is heard by nobody.
public final class SimulatedSoundCard: SoundStream {
  public private(set) var underruns = 0
  private let sampleRateHz: Double
  private let capacity: Int
  /// When all that it holds has been played.
  private var emptyAt: UInt64

  /// A card with a full buffer of silence.
  public init(sampleRateHz: Double = 48_000, bufferSeconds: Double = 0.08) {
    self.sampleRateHz = sampleRateHz
    capacity = Int(bufferSeconds * sampleRateHz)
    emptyAt = clinux_monotonic_nanoseconds() &+ UInt64(bufferSeconds * 1e9)
  }

  public var queuedSamples: Int {
    let now = clinux_monotonic_nanoseconds()
    return emptyAt > now ? Int(Double(emptyAt &- now) / 1e9 * sampleRateHz) : 0
  }

  public var delaySamples: Int { queuedSamples }

  public func write(_ samples: UnsafeBufferPointer<Int16>) throws(SourceError) {
    let excess = queuedSamples + samples.count - capacity
    if excess > 0 {
      clinux_sleep_nanoseconds(UInt64(Double(excess) / sampleRateHz * 1e9))
    }
    let now = clinux_monotonic_nanoseconds()
    if emptyAt < now {
      underruns += 1
      emptyAt = now
    }
    emptyAt &+= UInt64(Double(samples.count) / sampleRateHz * 1e9)
  }

  public func finish() {
    clinux_sleep_nanoseconds(UInt64(Double(queuedSamples) / sampleRateHz * 1e9))
  }
}
