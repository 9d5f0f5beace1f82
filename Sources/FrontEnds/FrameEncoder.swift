// What every wire format's encoder can do: the part of a front-end's firmware, for emulators and tests.

import ECGSignal

/// What a front-end of a wire format measures with: the scale in which its encoder takes codes.
public struct WireConverter: Hashable, Sendable {
  /// Samples a second and channel, nil where the format leaves it open.
  public let sampleRate: Double?
  /// Channels that a frame has at most.
  public let channelCountMax: Int
  /// Microvolts that a code stands for.
  public let microvoltsPerCode: Double
  /// The code that stands for 0 microvolts.
  public let baseline: Int32
  /// The smallest and largest code.
  public let codeRange: ClosedRange<Int32>

  /// Describes a converter.
  public init(
    sampleRate: Double?, channelCountMax: Int, microvoltsPerCode: Double, baseline: Int32 = 0,
    codeRange: ClosedRange<Int32>
  ) {
    self.sampleRate = sampleRate
    self.channelCountMax = channelCountMax
    self.microvoltsPerCode = microvoltsPerCode
    self.baseline = baseline
    self.codeRange = codeRange
  }
}

/// An encoder of one stream. Allocates only at `init`. One thread.
public protocol FrameEncoder: AnyObject {
  /// The converter of a usual board with this format.
  static var converter: WireConverter { get }

  /// Samples that one frame carries at most.
  static var samplesPerFrameMax: Int { get }

  /// Bytes of the longest frame.
  static var frameByteCountMax: Int { get }

  /// - Parameter format: the rate, channels and provenance of the codes that come, in the converter's scale.
  init(_ format: SignalFormat)

  /// Writes the frame in which the front-end tells what it is, nothing where the format has none. Returns the bytes.
  func announce(into destination: UnsafeMutablePointer<UInt8>) -> Int

  /// Writes one frame of `samples` (indices within the block, at most `samplesPerFrameMax`), with the block's bits of
  /// electrodes that are off. Channels that the block has not are written as 0. Returns the bytes, 0 while a frame
  /// of several samples is not full.
  func encode(
    _ block: SampleBlock, samples: Range<Int>, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int

  /// The front-end itself loses so many samples: what the format has to tell it is told by the next frame.
  func lose(samples: Int)
}

extension FrameEncoder {
  /// Most boards tell nothing of themselves.
  public func announce(into destination: UnsafeMutablePointer<UInt8>) -> Int { 0 }

  /// Where nothing on the wire counts, nothing tells a loss.
  public func lose(samples: Int) {}
}
