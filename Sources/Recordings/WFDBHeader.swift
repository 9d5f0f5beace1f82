// The header of a WFDB record (physionet.org/physiotools/wag/header-5.htm): record line, signal or segment
// lines, comments. Defaults are those of the specification.

import Foundation

/// A parsed `.hea` file.
struct WFDBHeader {
  /// One signal's line.
  struct Signal: Hashable {
    var file: String
    var format: Int
    var samplesPerFrame = 1
    var skew = 0
    var byteOffset = 0
    /// ADC units per physical unit; 0 means not calibrated, read as 200.
    var gain = 200.0
    var baseline = 0
    var units = "mV"
    var adcResolutionBits = 0
    var adcZero = 0
    var initialValue: Int?
    var checksum: Int?
    var name = ""
  }

  /// One segment's line; "~" is a gap.
  struct Segment: Hashable {
    var name: String
    var sampleCount: Int
  }

  static let byteCountMax = 1 << 20

  var name: String
  var sampleRate = 250.0
  /// Samples a signal, nil where the header does not say.
  var sampleCount: Int?
  var signals: [Signal] = []
  var segments: [Segment] = []
  var comments: [String] = []

  init(path: String) throws(RecordingError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw RecordingError("No header at \(path): a WFDB record is a .hea file and its signals.")
    }
    guard data.count <= Self.byteCountMax else {
      throw RecordingError(
        "\(path) is too long for a header (\(data.count) bytes): it is something else.")
    }
    try self.init(text: String(decoding: data, as: UTF8.self), path: path)
  }

  init(text: String, path: String) throws(RecordingError) {
    var lines: [Substring] = []
    name = ""
    for line in text.split(whereSeparator: \.isNewline) {
      let trimmed = line.trimmingPrefix { $0 == " " || $0 == "\t" }
      if trimmed.hasPrefix("#") {
        comments.append(String(trimmed.dropFirst()).trimmingCharacters(in: .whitespaces))
      } else if !trimmed.isEmpty {
        lines.append(trimmed)
      }
    }
    func damaged(_ what: String) -> RecordingError {
      RecordingError("\(path) is no valid WFDB header (\(what)): fetch it again.")
    }
    guard let first = lines.first else { throw damaged("it is empty") }
    let fields = first.split(separator: " ", omittingEmptySubsequences: true)
    let nameParts = fields[0].split(separator: "/")
    guard fields.count >= 2, let signalCount = Int(fields[1]), (0...1024).contains(signalCount),
      let recordName = nameParts.first
    else { throw damaged("its first line '\(first.prefix(60))'") }
    name = String(recordName)
    if fields.count > 2 {
      let rate = Double(fields[2].split(separator: "/")[0].split(separator: "(")[0])
      guard let rate, rate > 0, rate <= 1e6 else { throw damaged("its sampling frequency") }
      sampleRate = rate
    }
    if fields.count > 3 {
      guard let count = Int(fields[3]), (0...(1 << 40)).contains(count) else {
        throw damaged("its number of samples")
      }
      sampleCount = count == 0 ? nil : count
    }
    if nameParts.count > 1 {
      guard let segmentCount = Int(nameParts[1]), segmentCount == lines.count - 1 else {
        throw damaged("its number of segments")
      }
      for line in lines.dropFirst() {
        let parts = line.split(separator: " ")
        guard parts.count == 2, let count = Int(parts[1]), (0...(1 << 40)).contains(count) else {
          throw damaged("segment line '\(line.prefix(60))'")
        }
        segments.append(Segment(name: String(parts[0]), sampleCount: count))
      }
    } else {
      guard lines.count - 1 == signalCount else { throw damaged("its number of signals") }
      for line in lines.dropFirst() {
        guard let signal = Self.signal(line) else {
          throw damaged("signal line '\(line.prefix(60))'")
        }
        signals.append(signal)
      }
    }
  }

  /// `file format[xN][:skew][+offset] [gain[(baseline)][/units] [bits [zero [initial [checksum [block [name]]]]]]]`
  private static func signal(_ line: Substring) -> Signal? {
    let fields = line.split(separator: " ", maxSplits: 8, omittingEmptySubsequences: true)
    guard fields.count >= 2 else { return nil }
    var signal = Signal(file: String(fields[0]), format: 0)
    guard readFormat(fields[1], into: &signal) else { return nil }
    var hasBaseline = false
    if fields.count > 2 {
      guard readGain(fields[2], into: &signal, hasBaseline: &hasBaseline) else { return nil }
    }
    func number(_ position: Int) -> Int? {
      fields.count > position ? Int(fields[position]) : nil
    }
    if fields.count > 3 {
      guard let bits = number(3), (0...32).contains(bits) else { return nil }
      signal.adcResolutionBits = bits
    }
    if fields.count > 4 {
      guard let zero = number(4), Int32(exactly: zero) != nil else { return nil }
      signal.adcZero = zero
    }
    if !hasBaseline { signal.baseline = signal.adcZero }
    signal.initialValue = number(5)
    signal.checksum = number(6)
    if fields.count > 8 { signal.name = fields[8].trimmingCharacters(in: .whitespaces) }
    return signal
  }

  private static func readFormat(_ field: Substring, into signal: inout Signal) -> Bool {
    var rest = field
    func digits() -> Int? {
      let text = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(text.count)
      return Int(text)
    }
    guard let format = digits() else { return false }
    signal.format = format
    while let mark = rest.first {
      rest = rest.dropFirst()
      guard let value = digits(), value <= 1 << 40 else { return false }
      switch mark {
      case "x":
        guard (1...100_000).contains(value) else { return false }
        signal.samplesPerFrame = value
      case ":": signal.skew = value
      case "+": signal.byteOffset = value
      default: return false
      }
    }
    return true
  }

  private static func readGain(
    _ field: Substring, into signal: inout Signal, hasBaseline: inout Bool
  ) -> Bool {
    let halves = field.split(separator: "/", maxSplits: 1)
    if halves.count > 1 { signal.units = String(halves[1]) }
    let parts = halves[0].split(separator: "(", maxSplits: 1)
    guard let first = parts.first, let gain = Double(first), gain.isFinite else { return false }
    if gain != 0 { signal.gain = gain }
    if parts.count > 1 {
      guard parts[1].last == ")", let baseline = Int(parts[1].dropLast()),
        Int32(exactly: baseline) != nil
      else { return false }
      signal.baseline = baseline
      hasBaseline = true
    }
    return true
  }
}
