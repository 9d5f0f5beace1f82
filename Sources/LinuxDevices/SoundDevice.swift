// An open ALSA device and the sentences about what can be wrong with one: what player and recorder share.

import CALSA
import Devices
import Glibc

/// An open sound device: 16 bits, one channel. Closed with its owner.
struct SoundDevice: ~Copyable {
  let pcm: OpaquePointer
  let name: String

  /// Opens a device.
  ///
  /// - Parameters:
  ///   - name: `default`, a card's id as /proc/asound/cards has it in brackets (`Headphones`), or any name
  ///     of ALSA's (`hw:0,1`).
  ///   - bufferSeconds: how much it holds; what is not written or read in time is lost and counted.
  init(
    _ name: String, records: Bool, sampleRateHz: Double, bufferSeconds: Double
  ) throws(SourceError) {
    if let failure = calsa_load() {
      throw SourceError(
        "No sound: ALSA's library is missing (\(String(cString: failure))): "
          + "'sudo apt install libasound2', on Debian 13 libasound2t64.")
    }
    var pcm: OpaquePointer?
    let result = calsa_open(
      &pcm, Self.alsaName(name), records ? 1 : 0, UInt32(sampleRateHz),
      UInt32(bufferSeconds * 1e6))
    guard result >= 0, let pcm else { throw Self.error(name, Int32(result)) }
    self.pcm = pcm
    self.name = name
  }

  deinit { calsa_close(pcm) }

  /// The id of a card that is there means its first device through `plughw`, which converts rates and channels and,
  /// unlike `default`, shares nothing with other users of the card. Any other name is ALSA's.
  static func alsaName(_ name: String, cards: String = "/proc/asound") -> String {
    let isCard = !name.contains("/") && access("\(cards)/\(name)/id", F_OK) == 0
    return isCard ? "plughw:CARD=\(name)" : name
  }

  /// What a negative result of ALSA means for the person in front of the device.
  static func error(_ name: String, _ result: Int32) -> SourceError {
    switch -result {
    case ENOENT, ENODEV, ENXIO:
      SourceError(
        "No sound device '\(name)': name a card of /proc/asound/cards by the word in brackets, or 'default'."
      )
    case EACCES, EPERM:
      SourceError(
        "No permission for sound device '\(name)': add yourself to its group, "
          + "'sudo usermod -aG audio $USER', and log in again.")
    case EBUSY:
      SourceError(
        "Sound device '\(name)' is in use by another program: stop that one ('fuser -v /dev/snd/*')."
      )
    case EINVAL:
      SourceError(
        "Sound device '\(name)' cannot do 16-bit mono at this rate: write 'plughw:' instead of 'hw:'."
      )
    default:
      SourceError(
        "Sound device '\(name)' fails (\(String(cString: calsa_reason(result)))): check its cable, then 'aplay -L'."
      )
    }
  }
}
