// The words of `--source`: what stands before the colon says which door, the rest says what is behind it.

import ArgumentParser
import Foundation
import FrontEnds

/// A source as written on the command line.
enum SourceSpecification: ExpressibleByArgument, Equatable {
  /// `sim:RHYTHM?hr=72&onset=20`
  case simulation(script: String)
  /// `file:PATH`
  case recording(path: String)
  /// `serial:DEVICE?format=cyton`
  case serial(device: String, options: [String: String])
  /// `spi:DEVICE?drdy=26`
  case spi(device: String, options: [String: String])
  /// `udp:PORT?format=bridge` or `udp:ADDRESS:PORT`
  case udp(address: String?, port: UInt16, options: [String: String])

  /// Whether a patient may be at the other end: no simulation, no recording, and no program that plays a front-end.
  var mayBeLive: Bool {
    switch self {
    case .simulation, .recording: false
    case .serial(let device, _):
      !URL(filePath: device).resolvingSymlinksInPath().path(percentEncoded: false)
        .hasPrefix("/dev/pts/")
    case .spi: true
    case .udp(let address, _, _): address?.hasPrefix("127.") != true
    }
  }

  init?(argument: String) {
    guard let colon = argument.firstIndex(of: ":") else { return nil }
    let rest = String(argument[argument.index(after: colon)...])
    guard !rest.isEmpty else { return nil }
    switch argument[..<colon] {
    case "sim": self = .simulation(script: rest)
    case "file": self = .recording(path: rest)
    case "serial":
      guard let (device, options) = Self.parts(rest) else { return nil }
      self = .serial(device: device, options: options)
    case "spi":
      guard let (device, options) = Self.parts(rest) else { return nil }
      self = .spi(device: device, options: options)
    case "udp":
      guard let (place, options) = Self.parts(rest) else { return nil }
      let words = place.split(separator: ":", omittingEmptySubsequences: false)
      guard words.count <= 2, let port = words.last.flatMap({ UInt16($0) }) else { return nil }
      self = .udp(
        address: words.count == 2 ? String(words[0]) : nil, port: port, options: options)
    default: return nil
    }
  }

  /// What is behind the door, and the options after its question mark.
  private static func parts(_ text: String) -> (String, [String: String])? {
    let parts = text.split(separator: "?", maxSplits: 1)
    guard let place = parts.first, let options = options(parts.count > 1 ? String(parts[1]) : "")
    else { return nil }
    return (String(place), options)
  }

  private static let formats = WireFormat.allCases.map(\.rawValue).joined(separator: ", ")

  static let help = ArgumentHelp(
    "Where the samples come from.",
    discussion: """
      sim:RHYTHM?hr=72&onset=20    the simulated patient behind an emulated front-end: nsr, brady,
                                   tachy, af, flutter, vt, vf, asystole, AV blocks, pacing and
                                   more, with premature beats, blocks, infarcts and noise; test
                                   waveforms of monitors (ec13-3a and others). docs/simulation.md
                                   has all; an unknown word is answered with those that are known
      file:RECORD                  a WFDB or EDF recording played back
      serial:DEVICE?format=F       a front-end on a serial port; F is \(formats).
                                   Name it by its link in /dev/serial/by-id, which it keeps; baud=N
                                   for another rate than the profile's
      spi:DEVICE?drdy=N            a converter on an SPI bus, as /dev/spidev0.0, wired and set up as
                                   --profile says (ads1298-pi where none is named); drdy where its
                                   data-ready is on another GPIO line than the profile's
      udp:PORT?format=F            a front-end that sends its frames as datagrams, one or several
      udp:ADDRESS:PORT?format=F    in each: the first that sends, or the one at an address. Nothing
                                   on this way is authenticated: for a network of its own only
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

  /// Seconds of signal in a second, 1 where there is no pace.
  var factor: Double { if case .times(let factor) = self { factor } else { 1 } }
}
