// A loudspeaker that never rests: it is fed with silence while nothing sounds, so that an alarm needs no start and a
// card that goes away is noticed before it is needed.

/// An open sound device. All calls come from one thread.
public protocol SoundStream: AnyObject {
  /// Times it ran dry since it was opened.
  var underruns: Int { get }

  /// Samples that it holds and has not played: what the next one waits for.
  var queuedSamples: Int { get }

  /// Samples between the next one and the air, what lies in the card or a cable included.
  var delaySamples: Int { get }

  /// Hands over the next samples, after waiting for room, for half a second at most. Allocates nothing.
  ///
  /// - Throws: where the device takes none any more; it must then be closed and opened anew.
  func write(_ samples: UnsafeBufferPointer<Int16>) throws(SourceError)

  /// Returns when what it holds has been heard: before it is closed.
  func finish()
}

/// A loudspeaker by its name, to be opened again whenever it went away.
public struct Loudspeaker: Sendable {
  /// The name for messages: `default`, `Headphones`.
  public let name: String
  /// Samples a second of what it plays.
  public let sampleRateHz: Double
  /// Opens it. May take a moment.
  public let open: @Sendable () throws(SourceError) -> any SoundStream
  /// Its volume; nil where it has none that can be asked.
  public let volume: (any SoundVolume)?

  /// Names a loudspeaker.
  public init(
    name: String, sampleRateHz: Double, volume: (any SoundVolume)? = nil,
    open: @escaping @Sendable () throws(SourceError) -> any SoundStream
  ) {
    self.name = name
    self.sampleRateHz = sampleRateHz
    self.volume = volume
    self.open = open
  }
}

/// How loud a loudspeaker is set, by whoever turns knobs or runs alsamixer.
public protocol SoundVolume: Sendable {
  /// Puts every control on the way to the loudspeaker that is muted, or below a floor, up to that floor.
  ///
  /// - Returns: the controls as they were, only those that had to be changed.
  /// - Throws: where one cannot be changed.
  func raise(toPercent floor: Int) throws(SourceError) -> [SoundControl]
}
