// The faults of `ecgclip emulate` as options: shares of the frames, and episodes of seconds in seconds.

import ArgumentParser
import SimulatedDevices

/// An episode on the command line: its mean length and its mean distance in seconds, as 5/60.
struct EpisodeArgument: ExpressibleByArgument {
  let episodes: FaultEpisodes

  init?(argument: String) {
    let numbers = argument.split(separator: "/", omittingEmptySubsequences: false).map {
      Double($0)
    }
    guard numbers.count == 2, let length = numbers[0], let every = numbers[1], length > 0,
      every > 0, length.isFinite, every.isFinite
    else { return nil }
    episodes = FaultEpisodes(lengthSeconds: length, everySeconds: every)
  }
}

struct FaultOptions: ParsableArguments {
  @Option(help: "Share of the frames that never arrive: 0.01 for one in a hundred.")
  var drop = 0.0

  @Option(help: "Share of the frames that arrive with one byte changed.")
  var corrupt = 0.0

  @Option(help: "Share of the frames that arrive twice.")
  var duplicate = 0.0

  @Option(help: "Share of the frames in which a run of 2 to 64 damaged bytes begins.")
  var burst = 0.0

  @Option(help: "Bytes arrive together, once in so many ms, as from a USB adapter (16) or Wi-Fi.")
  var bundleMs = 0.0

  @Option(
    help: ArgumentHelp(
      "Nothing arrives for some seconds, then all of it at once: 1/30 for some 1 s in 30.",
      valueName: "seconds/every"))
  var stall: EpisodeArgument?

  @Option(
    help: ArgumentHelp(
      "Nothing arrives for some seconds, and it is lost (out of radio range).",
      valueName: "seconds/every"))
  var outage: EpisodeArgument?

  @Option(
    help: ArgumentHelp(
      "The device is pulled out, and comes back as after power-on.", valueName: "seconds/every"))
  var unplug: EpisodeArgument?

  @Option(
    help: ArgumentHelp(
      "The board loses its power and has it again, its port stays (a battery is changed).",
      valueName: "seconds/every"))
  var powerCut: EpisodeArgument?

  @Option(help: "With --unplug and --pty: every second time it comes back under this link.")
  var ptyAgain: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The board's oscillator is so many parts in a million too fast; negative: too slow.",
      valueName: "ppm"))
  var driftPpm = 0.0

  @Option(
    help: ArgumentHelp(
      "An electrode falls off: its leads go to the rail, and the format says so if it can.",
      valueName: "seconds/every"))
  var leadOff: EpisodeArgument?

  @Option(
    help: ArgumentHelp(
      "All leads go to a rail, as after a defibrillation.", valueName: "seconds/every"))
  var saturate: EpisodeArgument?

  @Option(
    help: ArgumentHelp(
      "The front-end's memory is full: it measures and loses.", valueName: "seconds/every"))
  var overflow: EpisodeArgument?

  @Option(help: "Seed of the faults: the same seed damages the same bytes.")
  var seed: UInt64 = 1

  func validate() throws {
    let shares = [
      ("drop", drop), ("corrupt", corrupt), ("duplicate", duplicate), ("burst", burst),
    ]
    for (name, share) in shares where !(0...1).contains(share) {
      throw ValidationError("--\(name) is a share of the frames, from 0 to 1.")
    }
    if !(0...10_000).contains(bundleMs) {
      throw ValidationError("--bundle-ms is from 0 to 10000.")
    }
    if !(-100_000...100_000).contains(driftPpm) {
      throw ValidationError("--drift-ppm is from -100000 to 100000.")
    }
    if ptyAgain != nil && unplug == nil {
      throw ValidationError("--pty-again needs --unplug.")
    }
  }

  /// In the words of the simulated devices.
  var line: LineFaults {
    var faults = LineFaults(
      drop: drop, corrupt: corrupt, duplicate: duplicate, burst: burst, seed: seed)
    faults.bundleSeconds = bundleMs / 1000
    faults.stall = stall?.episodes ?? .never
    faults.outage = outage?.episodes ?? .never
    faults.unplug = unplug?.episodes ?? .never
    faults.powerCut = powerCut?.episodes ?? .never
    faults.driftPartsPerMillion = driftPpm
    faults.leadOff = leadOff?.episodes ?? .never
    faults.saturation = saturate?.episodes ?? .never
    faults.overflow = overflow?.episodes ?? .never
    return faults
  }
}
