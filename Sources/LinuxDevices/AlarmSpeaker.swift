// An ALSA device that is fed with sound and silence without end, with a buffer so short that an alarm is heard at once.

import CALSA
import Devices
import Glibc

/// A loudspeaker for alarms. Closed with its owner. One thread.
public final class AlarmSpeaker: SoundStream {
  /// What its buffer holds: as long as the thread that feeds it may be kept from running, and no longer.
  public static let bufferSeconds = 0.08
  /// A card that makes no room for so long hangs.
  private static let waitMilliseconds: Int32 = 400

  public private(set) var underruns = 0
  private let device: SoundDevice
  private let bufferFrames: Int
  private let silence: UnsafeBufferPointer<Int16>

  /// Opens a device, named as for `SoundPlayer`, and starts it with a buffer of silence.
  public init(_ name: String, sampleRateHz: Double = 48_000) throws(SourceError) {
    device = try SoundDevice(
      name, records: false, sampleRateHz: sampleRateHz, bufferSeconds: Self.bufferSeconds)
    let frames = calsa_buffer(device.pcm)
    bufferFrames = Int(max(frames, 1))
    let zeros = UnsafeMutableBufferPointer<Int16>.allocate(capacity: bufferFrames)
    zeros.initialize(repeating: 0)
    silence = UnsafeBufferPointer(zeros)
    guard frames > 0 else { throw SoundDevice.error(name, Int32(frames)) }
    try hand(silence)
  }

  deinit { silence.deallocate() }

  public var queuedSamples: Int { bufferFrames - min(bufferFrames, roomFrames) }

  public var delaySamples: Int { max(0, Int(calsa_delay(device.pcm))) }

  public func write(_ samples: UnsafeBufferPointer<Int16>) throws(SourceError) {
    let result = calsa_wait(device.pcm, Self.waitMilliseconds)
    if result == 0 { throw hangs }
    if result < 0 { try recover(result) }
    try hand(samples)
  }

  public func finish() { _ = calsa_drain(device.pcm) }

  private var roomFrames: Int { max(0, Int(calsa_available(device.pcm))) }

  private var hangs: SourceError {
    SourceError("Sound device '\(device.name)' takes no samples: check its cable, then 'aplay -L'.")
  }

  /// Writes all of it. A device that ran dry meanwhile is started again, once.
  private func hand(_ samples: UnsafeBufferPointer<Int16>) throws(SourceError) {
    var done = 0
    var hasRecovered = false
    while done < samples.count {
      let count = calsa_write(
        device.pcm, samples.baseAddress?.advanced(by: done), UInt64(samples.count - done))
      if count > 0 {
        done += Int(count)
      } else {
        guard !hasRecovered, count < 0 else { throw hangs }
        hasRecovered = true
        try recover(Int32(count))
      }
    }
  }

  /// Starts a device anew that ran dry: with a full buffer of silence, as at first.
  private func recover(_ result: Int32) throws(SourceError) {
    if result == -EPIPE { underruns += 1 }
    let recovered = calsa_recover(device.pcm, result)
    guard recovered >= 0 else { throw SoundDevice.error(device.name, recovered) }
    let count = calsa_write(device.pcm, silence.baseAddress, UInt64(silence.count))
    guard count > 0 else { throw SoundDevice.error(device.name, Int32(count)) }
  }
}

extension Loudspeaker {
  /// An ALSA device by its name: `default`, a card's id (`Headphones`), or any name of ALSA's.
  public static func alsa(_ name: String, sampleRateHz: Double = 48_000) -> Loudspeaker {
    Loudspeaker(
      name: name, sampleRateHz: sampleRateHz, volume: CardVolume(speaker: name)
    ) { () throws(SourceError) in try AlarmSpeaker(name, sampleRateHz: sampleRateHz) }
  }

  /// A WAVE file of all that would be heard, silence included.
  public static func wave(_ path: String, sampleRateHz: Double = 48_000) -> Loudspeaker {
    Loudspeaker(name: path, sampleRateHz: sampleRateHz) { () throws(SourceError) in
      try WaveFile(path, sampleRateHz: sampleRateHz)
    }
  }
}
