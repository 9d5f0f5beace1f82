// Plays buffers of PCM on an ALSA device.

import CALSA
import Devices
import Glibc

/// A loudspeaker. One thread, which waits while it plays.
public final class SoundPlayer: Sounder {
  public let sampleRateHz: Double
  public private(set) var underruns = 0
  private let device: SoundDevice

  /// Opens a device: `default`, a card's id (`Headphones`) or any name of ALSA's. It holds 0.2 s.
  public init(_ device: String, sampleRateHz: Double = 48_000) throws(SourceError) {
    self.sampleRateHz = sampleRateHz
    self.device = try SoundDevice(
      device, records: false, sampleRateHz: sampleRateHz, bufferSeconds: 0.2)
  }

  public func play(_ samples: [Int16]) throws(SourceError) {
    try write(samples[...])
    let result = calsa_drain(device.pcm)
    guard result >= 0 else { throw SoundDevice.error(device.name, Int32(result)) }
    makeReady()
  }

  /// A device that was drained, or ran dry after the end of a sound, takes no more before this.
  func makeReady() { _ = calsa_recover(device.pcm, -EPIPE) }

  /// Hands samples to the device and returns once they fit its buffer, before they have been heard.
  func write(_ samples: ArraySlice<Int16>) throws(SourceError) {
    var rest = samples
    while !rest.isEmpty {
      let count = rest.withUnsafeBufferPointer {
        calsa_write(device.pcm, $0.baseAddress, UInt64($0.count))
      }
      if count >= 0 {
        rest = rest.dropFirst(Int(count))
        continue
      }
      if count == -Int64(EPIPE) { underruns += 1 }
      let result = calsa_recover(device.pcm, Int32(count))
      guard result >= 0 else { throw SoundDevice.error(device.name, Int32(result)) }
    }
  }
}
