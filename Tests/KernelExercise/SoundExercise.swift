// Sound on a real kernel: what is played to the Loopback card (snd-aloop) comes back at its other side, so the alarm
// bursts are played by our player, recorded by our recorder, and measured as a microphone's would be.

import Alarms
import Devices
import LinuxDevices

/// Plays to `plughw:0,0` and records from `plughw:0,1`.
struct SoundExercise {
  func run() throws {
    for melody in AlarmMelody.allCases {
      for priority in AlarmPriority.allCases.reversed() {
        try exercise(AlarmBurst(priority, melody: melody))
      }
    }
    try AnnunciatorExercise().run()
    guard SoundMixer.controls(card: "Loopback") != nil else {
      throw SourceError("The mixer of card Loopback cannot be asked: see Sources/CALSA.")
    }
    try refused("NoSuchCard")
  }

  private func exercise(_ burst: AlarmBurst) throws {
    let rate = 16_000.0
    let recorder = try SoundRecorder("plughw:0,1", sampleRateHz: rate)
    let player = try SoundPlayer("plughw:0,0", sampleRateHz: rate)
    let quiet = [Int16](repeating: 0, count: 8000)
    let sound = quiet + burst.samples(sampleRateHz: rate) + quiet
    let recording = try recorder.record(whilePlaying: sound, on: player, tailSeconds: 0.5)
    let name = "\(burst.priority.name), \(burst.pulses.count) pulses"
    guard let heard = HeardBurst(recording, sampleRateHz: rate, expecting: burst) else {
      throw SourceError("The burst (\(name)) is not in \(recording.count) recorded samples.")
    }
    guard heard.problems.isEmpty, player.underruns == 0, recorder.overruns == 0 else {
      throw SourceError(
        "The burst (\(name)): \(heard.problems), \(player.underruns) underruns, "
          + "\(recorder.overruns) overruns.")
    }
    let pitches = heard.pulses.map { "\(Int($0.frequencyHz.rounded()))" }
    say("sound: \(name) played and heard, \(pitches.joined(separator: " ")) Hz")
  }

  private func refused(_ card: String) throws {
    switch Result(catching: { () throws(SourceError) in try SoundPlayer(card) }) {
    case .success: throw SourceError("The sound device \(card), which is not there, was opened.")
    case .failure(let error): say("sound: \(error)")
    }
  }
}
