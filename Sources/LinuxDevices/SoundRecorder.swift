// Records PCM from an ALSA device, and plays while it records: a loudspeaker heard by a microphone.

import CALSA
import Devices
import Glibc

/// A microphone. One thread.
public final class SoundRecorder {
  /// Samples a second.
  public let sampleRateHz: Double
  /// Times samples were lost because they were not read in time.
  public private(set) var overruns = 0
  private let device: SoundDevice

  /// Opens a device, named as for `SoundPlayer`. It holds 0.5 s, and records only within the calls below.
  public init(_ device: String, sampleRateHz: Double = 48_000) throws(SourceError) {
    self.sampleRateHz = sampleRateHz
    self.device = try SoundDevice(
      device, records: true, sampleRateHz: sampleRateHz, bufferSeconds: 0.5)
  }

  /// Waits for so many seconds of sound.
  public func record(seconds: Double) throws(SourceError) -> [Int16] {
    var samples: [Int16] = []
    try start()
    try read(Int((seconds * sampleRateHz).rounded()), into: &samples)
    return samples
  }

  /// Plays samples and records what is heard meanwhile and for `tailSeconds` after. Both devices count by
  /// clocks of their own; what lies between a sound and its record is not known from here.
  public func record(
    whilePlaying samples: [Int16], on player: SoundPlayer, tailSeconds: Double
  ) throws(SourceError) -> [Int16] {
    var heard: [Int16] = []
    let piece = Int(player.sampleRateHz / 50)
    var played = 0
    try start()
    while played < samples.count {
      let end = min(played + piece, samples.count)
      // Waits while the player's buffer is full, which paces the loop; the recorder's holds far more.
      try player.write(samples[played..<end])
      try read(try availableCount(), into: &heard)
      played = end
    }
    let playedSeconds = Double(samples.count) / player.sampleRateHz
    let total = Int(((playedSeconds + tailSeconds) * sampleRateHz).rounded())
    // Silence keeps the player running, so that the end of the sound is no underrun.
    try player.write([Int16](repeating: 0, count: piece * 10)[...])
    try read(max(0, total - heard.count), into: &heard)
    player.makeReady()
    return heard
  }

  private func start() throws(SourceError) {
    let result = calsa_start(device.pcm)
    guard result >= 0 else { throw SoundDevice.error(device.name, Int32(result)) }
  }

  private func availableCount() throws(SourceError) -> Int {
    let count = calsa_available(device.pcm)
    if count >= 0 { return Int(count) }
    try recover(count)
    return 0
  }

  private func read(_ count: Int, into samples: inout [Int16]) throws(SourceError) {
    var piece = [Int16](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let result = piece.withUnsafeMutableBufferPointer {
        calsa_read(device.pcm, $0.baseAddress?.advanced(by: filled), UInt64(count - filled))
      }
      if result > 0 { filled += Int(result) } else { try recover(result) }
    }
    samples += piece
  }

  private func recover(_ result: Int64) throws(SourceError) {
    guard result < 0 else {
      throw SourceError(
        "Sound device '\(device.name)' gives no more samples: check its cable, then 'arecord -L'.")
    }
    if result == -Int64(EPIPE) { overruns += 1 }
    try start()
  }
}
