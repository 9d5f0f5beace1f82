// The controls of a sound card that make it loud or silent, as `alsamixer` shows them.

import CALSA
import Devices

/// A card's mixer.
public enum SoundMixer {
  /// The playback controls of a card by its id; nil where ALSA or the card cannot be asked.
  public static func controls(card: String) -> [SoundControl]? {
    controls(mixer: "hw:CARD=\(card)")
  }

  /// The playback controls of a mixer by ALSA's name for it.
  static func controls(mixer: String) -> [SoundControl]? {
    guard calsa_load() == nil else { return nil }
    var entries = [calsa_control](repeating: calsa_control(), count: 64)
    let count = calsa_controls(mixer, &entries, Int32(entries.count))
    guard count >= 0 else { return nil }
    return entries.prefix(Int(count)).map { entry in
      let name = withUnsafeBytes(of: entry.name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      return SoundControl(
        name: name, isOn: entry.on < 0 ? nil : entry.on == 1,
        percent: entry.percent < 0 ? nil : Int(entry.percent))
    }
  }
}

/// The volume of the card behind a loudspeaker's name.
public struct CardVolume: SoundVolume {
  /// ALSA's name of the card's mixer.
  let mixer: String

  /// The mixer of the card that a name means; nil where it means no card, as a file.
  public init?(speaker name: String) {
    guard let mixer = Self.mixer(of: SoundDevice.alsaName(name)) else { return nil }
    self.mixer = mixer
  }

  /// `default` has a mixer of the same name; `plughw:CARD=Device,DEV=0` and its like name a card.
  static func mixer(of alsaName: String) -> String? {
    if alsaName == "default" || alsaName == "sysdefault" { return "default" }
    let parts = alsaName.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, ["hw", "plughw", "sysdefault", "dmix", "front"].contains(parts[0]),
      let card = parts[1].split(separator: ",").first
    else { return nil }
    return "hw:\(card)"
  }

  public func raise(toPercent floor: Int) throws(SourceError) -> [SoundControl] {
    // A card that cannot be asked now is a matter of its sound; one without controls has nothing to raise.
    let low = Self.low(SoundMixer.controls(mixer: mixer) ?? [], floor)
    guard !low.isEmpty else { return [] }
    for control in low { _ = calsa_turn_up(mixer, control.name, Int32(floor)) }
    if let still = Self.low(SoundMixer.controls(mixer: mixer) ?? [], floor).first {
      throw SourceError(
        "'\(still.name)' of \(mixer) stays \(still.isOn == false ? "muted" : "below \(floor) %"): "
          + "raise it with 'alsamixer', then 'sudo alsactl store'.")
    }
    return low
  }

  private static func low(_ controls: [SoundControl], _ floor: Int) -> [SoundControl] {
    controls.filter { $0.isOnTheWay && $0.isBelow(percent: floor) }
  }
}
