// The options of sound and light, the same in every command that alarms, and the annunciator that they describe.

import Alarms
import Annunciator
import ArgumentParser
import Devices
import LinuxDevices

struct AnnunciatorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where alarms sound: default, a card's id (/proc/asound/cards), a name of ALSA's, a file.wav, or none.",
      discussion: """
        Live sources sound on 'default', or on what their profile names; simulations and recordings are \
        silent unless this is given.
        """))
  var sound: String?

  @Option(
    help: ArgumentHelp(
      "Lamp on GPIO lines: red=17,yellow=27,cyan=22.",
      discussion: """
        '+' stands between lines that light together (yellow=17+27), the label of another chip than a \
        Raspberry Pi's before all (pinctrl-rp1:red=17,...), ',activeLow' after all.
        """))
  var lamp: String?

  @Option(help: "Buzzer on a GPIO line, which beeps where no loudspeaker sounds: 18.")
  var buzzer: String?

  func validate() throws {
    do throws(SourceError) {
      _ = try lampWiring(nil)
      _ = try buzzerWiring(nil)
    } catch { throw ValidationError(error.description) }
  }

  /// What the profile of a source says: the one that is named, else its format's.
  static func wiring(_ source: SourceSpecification, profile: String?) throws -> AlarmWiring? {
    guard let name = profile ?? source.profileName else { return nil }
    return try BoardProfile.load(named: name).alarm
  }

  /// The annunciator of these options; what they leave open is the profile's, then the usual.
  ///
  /// - Parameter isLive: whether a patient may be behind the source.
  func annunciator(profile: AlarmWiring?, isLive: Bool) throws(SourceError) -> Annunciator {
    Annunciator(
      loudspeaker: loudspeaker(profile, isLive: isLive),
      lights: try lampWiring(isLive ? profile : nil).map(Self.lights),
      buzzer: try buzzerWiring(isLive ? profile : nil).map(Self.buzzer),
      volumePercentMin: profile?.volumePercentMin ?? Annunciator.volumePercentMinDefault)
  }

  private func loudspeaker(_ profile: AlarmWiring?, isLive: Bool) -> Loudspeaker? {
    guard let name = sound ?? (isLive ? profile?.sound ?? "default" : nil), name != "none" else {
      return nil
    }
    return name.hasSuffix(".wav") ? .wave(name) : .alsa(name)
  }

  private func lampWiring(_ profile: AlarmWiring?) throws(SourceError) -> LampWiring? {
    guard let lamp else { return profile?.lamp }
    return try LampWiring(parsing: lamp)
  }

  private func buzzerWiring(_ profile: AlarmWiring?) throws(SourceError) -> BuzzerWiring? {
    guard let buzzer else { return profile?.buzzer }
    return try BuzzerWiring(parsing: buzzer)
  }

  private static func lights(_ wiring: LampWiring) -> AlarmLights {
    AlarmLights(
      red: wiring.mask(wiring.red), yellow: wiring.mask(wiring.yellow),
      cyan: wiring.cyan.map(wiring.mask)
    ) { () throws(SourceError) in try wiring.open() }
  }

  private static func buzzer(_ wiring: BuzzerWiring) -> AlarmBuzzer {
    AlarmBuzzer { () throws(SourceError) in try wiring.open() }
  }
}
