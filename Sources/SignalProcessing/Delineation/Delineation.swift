// What delineation says: where the waves of each beat begin, peak and end, for all leads together.

/// Samples at which a wave begins, peaks and ends, in all leads together.
public struct WaveMarks: BitwiseCopyable, Hashable, Sendable {
  /// The first sample of the wave.
  public var onset: Int
  /// Where the leads together are farthest from the wave's ends.
  public var peak: Int
  /// The last sample of the wave; of QRS the J point.
  public var offset: Int

  /// Creates marks.
  public init(onset: Int, peak: Int, offset: Int) {
    self.onset = onset
    self.peak = peak
    self.offset = offset
  }

  /// The same wave, `samples` later.
  func moved(by samples: Int) -> WaveMarks {
    WaveMarks(onset: onset &+ samples, peak: peak &+ samples, offset: offset &+ samples)
  }
}

/// A beat and its waves. A wave that is not there, or not to be seen, is nil.
public struct DelineatedBeat: BitwiseCopyable, Hashable, Sendable {
  /// The beat's sample as the caller gave it.
  public var sampleIndex: Int
  /// The atrial wave that leads this complex; nil in fibrillation, flutter and junctional rhythm, and where
  /// atria and ventricles beat without regard to each other.
  public var pWave: WaveMarks?
  /// The complex; nil only where the buffer cuts it.
  public var qrs: WaveMarks?
  /// The wave of repolarisation.
  public var tWave: WaveMarks?
  /// Whether its complex has the form that most complexes have; the measurements are of those.
  public var isDominant: Bool
}
