// What an emulated front-end measures: the simulated patient, or a recording.

import Devices
import ECGSignal
import FrontEnds

/// A source of ADC codes for an emulated front-end.
public protocol EmulatedSignal: AnyObject {
  /// Rate, channels with their scale, and provenance.
  var format: SignalFormat { get }

  /// Fills the block with the next samples, at most `count`, and sets `firstIndex`, `sampleCount` and
  /// `leadOff`; an index that jumps is a gap. False at the end.
  func fill(_ block: SampleBlock, count: Int) -> Bool

  /// Starts again at the beginning; indices go on.
  func rewind()
}

/// How fast something is played.
public enum PlaybackSpeed: Hashable, Sendable {
  /// As it was recorded.
  case realTime
  /// So many times faster.
  case times(Double)
  /// As fast as the reader takes it.
  case maximum

  /// Seconds of wall time for a second of signal; 0 for as fast as it goes.
  var wallSecondsPerSecond: Double {
    switch self {
    case .realTime: 1
    case .times(let factor): 1 / factor
    case .maximum: 0
    }
  }
}

/// The emulated front-end's converter: that of the bridge, 24 bits, 2.4 V reference, gain 6, as an ADS1298 of an ECG
/// board.
public enum EmulatedConverter {
  /// Microvolts that a code stands for: 47.68 nV.
  public static let microvoltsPerCode = BridgeEncoder.converter.microvoltsPerCode

  /// The largest code: what an electrode that is off gives.
  static let codeMax: Int32 = 8_388_607

  /// The smallest code.
  static let codeMin: Int32 = -8_388_608

  /// The code of a voltage, clamped to the converter's range.
  static func code(_ microvolts: Double) -> Int32 {
    Int32(
      max(Double(codeMin), min(Double(codeMax), (microvolts / microvoltsPerCode).rounded())))
  }
}
