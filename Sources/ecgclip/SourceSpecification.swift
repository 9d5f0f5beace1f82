// The words of `--source`: what stands before the colon says which door, the rest says what is behind it.

import ArgumentParser

/// A source as written on the command line.
enum SourceSpecification: ExpressibleByArgument, Equatable {
  /// `sim:RHYTHM?hr=72&onset=20`
  case simulation(script: String)
  /// `file:PATH`
  case recording(path: String)
  /// `serial:DEVICE?format=cyton`
  case serial(device: String, options: [String: String])

  init?(argument: String) {
    guard let colon = argument.firstIndex(of: ":") else { return nil }
    let rest = String(argument[argument.index(after: colon)...])
    guard !rest.isEmpty else { return nil }
    switch argument[..<colon] {
    case "sim": self = .simulation(script: rest)
    case "file": self = .recording(path: rest)
    case "serial":
      let parts = rest.split(separator: "?", maxSplits: 1)
      guard let options = Self.options(parts.count > 1 ? String(parts[1]) : "") else { return nil }
      self = .serial(device: String(parts[0]), options: options)
    default: return nil
    }
  }

  static let help = ArgumentHelp(
    "Where the samples come from.",
    discussion: """
      sim:RHYTHM?hr=72&onset=20    the simulated patient behind an emulated front-end: nsr, brady,
                                   tachy, af, flutter, vt, vf, asystole, AV blocks, pacing and
                                   more, with premature beats, blocks, infarcts and noise; test
                                   waveforms of monitors (ec13-3a and others). docs/simulation.md
                                   has all; an unknown word is answered with those that are known
      file:RECORD                  a WFDB or EDF recording played back
      serial:DEVICE?format=F       a front-end on a serial port; F is bridge or cyton
      """, valueName: "source")

  private static func options(_ text: String) -> [String: String]? {
    var options: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { return nil }
      options[String(parts[0])] = String(parts[1])
    }
    return options
  }
}

/// How fast a recording or a simulation runs.
enum Speed: ExpressibleByArgument, Equatable {
  case real
  case times(Double)
  case maximum

  init?(argument: String) {
    switch argument {
    case "real": self = .real
    case "max": self = .maximum
    default:
      guard let factor = Double(argument), factor > 0, factor.isFinite else { return nil }
      self = .times(factor)
    }
  }
}
