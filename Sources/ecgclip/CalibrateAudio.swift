// `ecgclip calibrate audio`: plays the alarm bursts, and asks somebody or a microphone whether they were heard.

import Alarms
import ArgumentParser
import Calibration
import Foundation
import LinuxDevices

struct CalibrateAudio: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audio",
    abstract: "Whether the alarm bursts are heard, by ear or by a microphone.",
    discussion: """
      Plays the bursts of high, medium and low priority and asks after each. With a
      microphone it measures each tone: pitch, length, harmonics, level above the
      noise of the room.

        ecgclip calibrate audio --profile ads1298-pi --device Headphones
        ecgclip calibrate audio --profile ads1298-pi --device Device \\
          --loopback plughw:CARD=Device

      It is kept with the front-end that this computer monitors with (--source or
      --profile), where the monitor looks for it.

      It sounds like an alarm: tell the people in the room before.
      """)

  @OptionGroup var options: CalibrationOptions

  @Option(help: "Sound device: default, a card's id (/proc/asound/cards), or a name of ALSA's.")
  var device = "default"

  @Option(help: "A microphone that hears the loudspeaker: a device, named in the same way.")
  var loopback: String?

  @Option(help: "The tune: general or cardiac.")
  var melody: AlarmMelody = .general

  @Option(help: .hidden)
  var rate = 48_000.0

  func validate() throws {
    if options.source == nil && options.profile == nil && !options.dryRun {
      throw ValidationError(
        "Name the front-end that this computer monitors with (--source or --profile): the result is kept with it. "
          + "Or say --dry-run.")
    }
  }

  func run() throws {
    let player = try SoundPlayer(device, sampleRateHz: rate)
    let bursts = AlarmPriority.allCases.reversed().map { AlarmBurst($0, melody: melody) }
    try options.run { _ in
      if let loopback {
        let recorder = try SoundRecorder(loopback, sampleRateHz: rate)
        return .audio(
          try bursts.map { ($0, try Self.listen($0, player, recorder)) }, device: device)
      }
      return .audio(try bursts.map { ($0, try ask($0, player)) }, device: device)
    }
  }

  /// Plays a burst between moments of quiet, by which the noise of the room is known.
  static func listen(
    _ burst: AlarmBurst, _ player: SoundPlayer, _ recorder: SoundRecorder
  ) throws -> HeardBurst? {
    let quiet = [Int16](repeating: 0, count: Int(0.5 * player.sampleRateHz))
    let sound = quiet + burst.samples(sampleRateHz: player.sampleRateHz) + quiet
    let heard = try recorder.record(whilePlaying: sound, on: player, tailSeconds: 0.5)
    return HeardBurst(heard, sampleRateHz: recorder.sampleRateHz, expecting: burst)
  }

  private func ask(_ burst: AlarmBurst, _ player: SoundPlayer) throws -> Bool {
    guard isatty(STDIN_FILENO) == 1 else {
      throw CommandFailure(
        "Nobody is at a terminal to hear the bursts: run it on one, or name a microphone (--loopback)."
      )
    }
    try player.play(burst.samples(sampleRateHz: player.sampleRateHz))
    let question =
      "The burst of \(burst.priority.name) priority: \(burst.pulses.count) pulses. Heard clearly? y/n "
    FileHandle.standardError.write(Data(question.utf8))
    return readLine()?.lowercased().hasPrefix("y") == true
  }
}

extension AlarmMelody: ExpressibleByArgument {}
