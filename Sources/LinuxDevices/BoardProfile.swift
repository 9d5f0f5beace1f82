// What is known about a board before it says a word: firmware-config/*.yaml. Every number has its unit in its
// key, and a key that nobody knows is an error, because a misspelt gain is a wrong voltage.

import Devices
import ECGSignal
import Foundation
import FrontEnds
import Yams

/// A board's profile.
public struct BoardProfile: Sendable {
  /// One channel of the board.
  public struct BoardChannel: Sendable, Hashable {
    /// The lead that its electrodes make, nil where they make none of the twelve.
    public let lead: Lead?
    /// The name to print.
    public let name: String
  }

  /// The board's name.
  public let board: String
  /// What it sends.
  public let format: WireFormat
  /// Bits a second of its serial line.
  public let baud: UInt32
  /// Samples a second and channel; nil where the frames tell.
  public let sampleRateHz: Double?
  /// Reference voltage of the ADC.
  public let referenceMicrovolts: Double?
  /// Gain before the ADC.
  public let gain: Double?
  /// The channels in the order of the wire.
  public let channels: [BoardChannel]

  /// The format of the samples, nil where the front-end tells it itself.
  public var signalFormat: SignalFormat? {
    guard let sampleRateHz, let referenceMicrovolts, let gain else { return nil }
    return SignalFormat(
      sampleRate: sampleRateHz,
      channels: channels.map {
        Channel(
          name: $0.name, lead: $0.lead,
          microvoltsPerCode: referenceMicrovolts / gain / Double((1 << 23) - 1))
      }, provenance: .live, sourceName: board)
  }

  /// Loads a profile.
  public static func load(_ path: String) throws(SourceError) -> BoardProfile {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw SourceError("No board profile at \(path): name one of firmware-config, or a path.")
    }
    return try parse(text, name: URL(filePath: path).lastPathComponent)
  }

  static func parse(_ text: String, name: String) throws(SourceError) -> BoardProfile {
    let document: Any?
    do { document = try Yams.load(yaml: text) } catch {
      throw SourceError("\(name) is no YAML (\(error)): correct it.")
    }
    guard let fields = document as? [String: Any] else {
      throw SourceError("\(name) is no list of keys and values: compare it with bridge.yaml.")
    }
    let reader = ProfileReader(fields: fields, name: name)
    try reader.allowOnly([
      "schemaVersion", "board", "format", "baud", "sampleRateHz", "referenceMicrovolts", "gain",
      "channels",
    ])
    guard try reader.number("schemaVersion") == 1 else {
      throw SourceError(
        "\(name) has another schemaVersion than 1: update ECGCLIP Edge or the file.")
    }
    let formatName = try reader.text("format")
    guard let format = WireFormat(rawValue: formatName) else {
      throw SourceError("\(name): format '\(formatName)' is unknown: bridge or cyton.")
    }
    return BoardProfile(
      board: try reader.text("board"), format: format,
      baud: UInt32(try reader.number("baud", in: 1...10_000_000)),
      sampleRateHz: try reader.optionalNumber("sampleRateHz", in: 1...100_000),
      referenceMicrovolts: try reader.optionalNumber("referenceMicrovolts", in: 1...1e8),
      gain: try reader.optionalNumber("gain", in: 0.01...10_000),
      channels: try reader.channels())
  }
}

/// Reads the fields of a profile and names what is wrong with them.
private struct ProfileReader {
  let fields: [String: Any]
  let name: String

  func allowOnly(_ known: [String]) throws(SourceError) {
    for key in fields.keys.sorted() where !known.contains(key) {
      let nearest = known.min { Self.distance($0, key) < Self.distance($1, key) } ?? ""
      throw SourceError("\(name): unknown key '\(key)': did you mean '\(nearest)'?")
    }
  }

  func text(_ key: String) throws(SourceError) -> String {
    guard let value = fields[key] as? String else {
      throw SourceError("\(name): '\(key)' is missing or no text: write it.")
    }
    return value
  }

  func optionalNumber(
    _ key: String, in range: ClosedRange<Double>
  ) throws(SourceError) -> Double? {
    fields[key] == nil ? nil : try number(key, in: range)
  }

  func number(
    _ key: String, in range: ClosedRange<Double> = -1e12...1e12
  ) throws(SourceError) -> Double {
    let value = (fields[key] as? Double) ?? (fields[key] as? Int).map(Double.init)
    guard let value, range.contains(value) else {
      throw SourceError(
        "\(name): '\(key)' is missing or no number from \(range.lowerBound) to \(range.upperBound)."
      )
    }
    return value
  }

  func channels() throws(SourceError) -> [BoardProfile.BoardChannel] {
    guard let names = fields["channels"] as? [String], names.count <= SignalFormat.channelCountMax
    else {
      throw SourceError(
        "\(name): 'channels' must list at most \(SignalFormat.channelCountMax) lead names.")
    }
    return names.map { BoardProfile.BoardChannel(lead: Lead(signalName: $0), name: $0) }
  }

  /// Levenshtein's edit distance, to suggest the key that was meant.
  static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a.lowercased())
    let b = Array(b.lowercased())
    var row = Array(0...b.count)
    for i in a.indices {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let substitution = diagonal + (a[i] == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}
