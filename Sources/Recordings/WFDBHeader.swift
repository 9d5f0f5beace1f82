// The header of a WFDB record (header(5)): one record line, then a line a signal or a segment, and
// comments. Every field that may be left out has the value the format's specification gives it.

import ECGSignal
import Foundation

/// A WFDB header, read and checked; what it promises about other files is checked by the readers.
struct WFDBHeader {
  /// A signal line.
  struct Signal {
    /// Name of the signal file, "~" for a signal without one.
    var fileName: String
    /// The storage format's number.
    var formatNumber: Int
    var samplesPerFrame = 1
    /// Frames by which the signal lies later in its file than the others.
    var skew = 0
    /// Bytes before the first sample.
    var byteOffset = 0
    /// Codes per unit, nil where the header does not say.
    var gain: Double?
    /// The code of 0 physical units.
    var baseline: Int32 = 0
    var units = "mV"
    /// Bits of the ADC, 0 where the header does not say.
    var resolution = 0
    /// The code in the middle of the ADC's range.
    var zero: Int32 = 0
    /// Sum of all stored codes modulo 2^16, nil where the header does not say.
    var checksum: UInt16?
    var description = ""
  }

  /// A segment line.
  struct Segment: Equatable {
    /// The segment's record name, "~" for a gap.
    var name: String
    /// Samples; 0 for the layout segment that describes a record with changing signals.
    var sampleCount: Int
  }

  /// The path of the header, for errors.
  let path: String
  var recordName = ""
  /// Frames per second.
  var frameRate = 250.0
  /// Samples a signal, nil where the header does not say.
  var sampleCount: Int?
  var baseTime: Date?
  var signals: [Signal] = []
  var segments: [Segment] = []
  var comments: [String] = []

  static let byteCountMax = 4 << 20
  /// 2^40 samples, 69 years at 500 Hz: keeps every product of counts below 2^63.
  static let sampleCountMax = 1 << 40
  private static let signalCountMax = 4096

  /// Reads a header file.
  init(contentsOf path: String) throws(RecordingError) {
    try self.init(try FileWindow(path: path).contents(limit: Self.byteCountMax), path: path)
  }

  /// Parses a header's bytes.
  init(_ bytes: [UInt8], path: String) throws(RecordingError) {
    self.path = path
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    comments = lines.filter { $0.hasPrefix("#") }.map {
      $0.trimmingCharacters(in: CharacterSet(charactersIn: "# \t"))
    }
    let fields = lines.filter { !$0.hasPrefix("#") && !$0.isEmpty }
    guard let first = fields.first else { throw damaged("has no record line") }
    let (signalCount, segmentCount) = try parseRecordLine(first)
    let rest = fields.dropFirst()
    let expected = segmentCount ?? signalCount
    guard rest.count >= expected else {
      throw damaged("has \(rest.count) signal or segment lines where \(expected) are announced")
    }
    for line in rest.prefix(expected) {
      if segmentCount == nil {
        signals.append(try parseSignalLine(line))
      } else {
        segments.append(try parseSegmentLine(line))
      }
    }
  }

  /// An error about this header.
  func damaged(_ what: String) -> RecordingError {
    RecordingError("\(path): the WFDB header \(what); fetch the record again or correct the line")
  }

  // MARK: - Record line: name[/segments] signals [rate[/counter[(base)]] [samples [time [date]]]]

  private mutating func parseRecordLine(
    _ line: String
  ) throws(RecordingError) -> (signalCount: Int, segmentCount: Int?) {
    let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count >= 2, let signalCount = Int(words[1]), 0...Self.signalCountMax ~= signalCount
    else { throw damaged("has no usable number of signals in \"\(excerpt(line))\"") }
    let name = words[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    recordName = name[0]
    var segmentCount: Int?
    if name.count > 1 {
      guard name.count == 2, let count = Int(name[1]), count > 0 else {
        throw damaged("has no usable number of segments in \"\(excerpt(line))\"")
      }
      segmentCount = count
    }
    if words.count > 2 {
      let rate = words[2].prefix { $0 != "/" }
      guard let value = Double(rate), value.isFinite, value >= 0, value <= 1e6 else {
        throw damaged("states the rate \"\(excerpt(words[2]))\", which is no number of hertz")
      }
      frameRate = value == 0 ? 250 : value
    }
    if words.count > 3 {
      guard let count = Int(words[3]), 0...Self.sampleCountMax ~= count else {
        throw damaged("states the length \"\(excerpt(words[3]))\", which is no number of samples")
      }
      sampleCount = count == 0 ? nil : count
    }
    if words.count > 5 { baseTime = WFDBTime.date(time: words[4], date: words[5]) }
    return (signalCount, segmentCount)
  }

  // MARK: - Signal line: file format[xN][:skew][+offset] [gain[(baseline)][/units] [bits [zero
  // [initial [checksum [block [description]]]]]]]

  private func parseSignalLine(_ line: String) throws(RecordingError) -> Signal {
    let words = line.split(maxSplits: 8, whereSeparator: \.isWhitespace).map(String.init)
    guard words.count >= 2 else { throw unreadable(line) }
    var signal = try parseStorage(words[1], fileName: words[0], line: line)
    if words.count > 4 { signal.zero = try number(words[4], line) }
    signal.baseline = signal.zero
    if words.count > 2 { try parseGain(words[2], into: &signal, line: line) }
    if words.count > 3 {
      let bits: Int32 = try number(words[3], line)
      guard 0...32 ~= bits else { throw unreadable(line) }
      signal.resolution = Int(bits)
    }
    if words.count > 6 { signal.checksum = UInt16(truncatingIfNeeded: try integer(words[6], line)) }
    if words.count > 8 { signal.description = words[8] }
    return signal
  }

  /// "212", "16+24", "16x4:2+24".
  private func parseStorage(
    _ word: String, fileName: String, line: String
  ) throws(RecordingError) -> Signal {
    var rest = word[...]
    func part(after mark: Character?) throws(RecordingError) -> Int? {
      if let mark {
        guard rest.first == mark else { return nil }
        rest.removeFirst()
      }
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest.removeFirst(digits.count)
      guard let value = Int(digits) else { throw unreadable(line) }
      return value
    }
    guard let number = try part(after: nil) else { throw unreadable(line) }
    var signal = Signal(fileName: fileName, formatNumber: number)
    signal.samplesPerFrame = try part(after: "x") ?? 1
    signal.skew = try part(after: ":") ?? 0
    signal.byteOffset = try part(after: "+") ?? 0
    if signal.samplesPerFrame == 0 { signal.samplesPerFrame = 1 }
    guard rest.isEmpty, signal.samplesPerFrame <= 1000, signal.skew <= 100_000,
      signal.byteOffset <= Self.sampleCountMax
    else { throw unreadable(line) }
    return signal
  }

  /// "200", "200(1024)", "1000/mV", "1000(0)/mV": in this order, as the specification has it.
  private func parseGain(
    _ word: String, into signal: inout Signal, line: String
  ) throws(RecordingError) {
    let slash = word.firstIndex(of: "/") ?? word.endIndex
    if slash < word.endIndex {
      let units = String(word[word.index(after: slash)...])
      guard !units.contains("(") else {
        throw damaged("writes the units before the baseline in \"\(excerpt(line))\"")
      }
      signal.units = units.isEmpty ? "mV" : units
    }
    var value = word[..<slash]
    if let open = value.firstIndex(of: "(") {
      guard value.last == ")" else { throw unreadable(line) }
      signal.baseline = try number(String(value[value.index(after: open)...].dropLast()), line)
      value = value[..<open]
    }
    guard let gain = Double(value), gain.isFinite else { throw unreadable(line) }
    signal.gain = gain == 0 ? nil : gain
  }

  // MARK: - Segment line: name samples

  private func parseSegmentLine(_ line: String) throws(RecordingError) -> Segment {
    let words = line.split(whereSeparator: \.isWhitespace)
    guard words.count >= 2, let count = Int(words[1]), 0...Self.sampleCountMax ~= count else {
      throw unreadable(line)
    }
    return Segment(name: String(words[0]), sampleCount: count)
  }

  private func integer(_ word: String, _ line: String) throws(RecordingError) -> Int {
    guard let value = Int(word) else { throw unreadable(line) }
    return value
  }

  private func number(_ word: String, _ line: String) throws(RecordingError) -> Int32 {
    guard let value = Int32(word) else { throw unreadable(line) }
    return value
  }

  private func unreadable(_ line: String) -> RecordingError {
    damaged("has a line that is not in the format: \"\(excerpt(line))\"")
  }

  private func excerpt(_ line: String) -> String { String(line.prefix(80)) }
}

extension WFDBHeader.Signal {
  /// Microvolts a code stands for; nil where the signal's units are not a voltage.
  ///
  /// A gain that the header leaves out is 200 codes a unit, as WFDB has it.
  var microvoltsPerCode: Double? {
    guard let unit = Voltage.microvolts(in: units) else { return nil }
    return unit / (gain ?? 200)
  }

  /// The codes between which the ADC is not saturated.
  ///
  /// From resolution and zero where they agree with the baseline; where the header states none, or
  /// ones that cannot be (MIT's noise stress records: 11 bits around 0, baseline 1024), every code
  /// that the storage format can hold.
  func codeRange(storage: WFDBSampleFormat) -> ClosedRange<Int32> {
    guard resolution > 0, resolution < storage.bits else { return storage.codeRange }
    let half = Int64(1) << (resolution - 1)
    let (low, high) = (Int64(zero) - half, Int64(zero) + half - 1)
    guard low <= Int64(baseline), Int64(baseline) <= high, low >= Int64(storage.missing),
      high <= Int64(storage.codeRange.upperBound)
    else { return storage.codeRange }
    return Int32(low)...Int32(high)
  }
}

/// Units of voltage.
enum Voltage {
  /// Microvolts in one of the unit, nil where it is no voltage. Case does not matter: real headers
  /// write "mv" too, and no ECG is in megavolts.
  static func microvolts(in unit: String) -> Double? {
    switch unit.lowercased() {
    case "uv", "\u{B5}v", "\u{3BC}v", "microvolt", "microvolts": 1
    case "mv", "millivolt", "millivolts": 1000
    case "v", "volt", "volts": 1_000_000
    case "nv": 0.001
    default: nil
    }
  }
}
