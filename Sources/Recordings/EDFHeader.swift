// The header of EDF, EDF+ and BDF files: 256 bytes, and 256 more a signal, all ASCII fields of fixed
// width (Kemp et al. 1992, Kemp & Olivan 2003).

import Foundation

/// An EDF header, read and checked against the file's size.
struct EDFHeader {
  /// One signal of the file.
  struct Signal {
    var label: String
    var dimension: String
    var physicalMin: Double
    var physicalMax: Double
    var digitalMin: Int32
    var digitalMax: Int32
    var samplesPerRecord: Int
    /// Bytes before its samples in a data record.
    var offsetInRecord: Int

    /// Whether it holds annotations instead of samples.
    var isAnnotations: Bool { label == "EDF Annotations" || label == "BDF Annotations" }

    /// Microvolts a code; nil where units or ranges say nothing of a voltage.
    var microvoltsPerCode: Double? {
      guard let unit = Voltage.microvolts(in: dimension), digitalMax > digitalMin else {
        return nil
      }
      let codes = Double(digitalMax) - Double(digitalMin)
      let value = unit * (physicalMax - physicalMin) / codes
      return 1e-9...1e9 ~= value.magnitude ? value : nil
    }
  }

  let path: String
  /// 2 bytes a sample (EDF) or 3 (BDF).
  let bytesPerSample: Int
  let byteCount: Int
  /// Whether gaps may lie between data records (EDF+D).
  let isDiscontinuous: Bool
  let recordCount: Int
  /// Seconds of a data record.
  let recordDuration: Double
  let recordSize: Int
  let baseTime: Date?
  let comments: [String]
  let signals: [Signal]

  private static let recordSizeMax = 64 << 20

  /// Reads the header of an open file.
  init(_ file: FileWindow) throws(RecordingError) {
    path = file.path
    func damaged(_ what: String) -> RecordingError {
      RecordingError("\(file.path): the EDF header \(what); fetch or export the file again")
    }
    guard file.size >= 256 else { throw damaged("is shorter than 256 bytes") }
    let fixed = EDFFields(try file.bytes(at: 0, count: 256))
    let isBDF = fixed.bytes[0] == 0xFF && fixed.text(1, 7) == "BIOSEMI"
    guard isBDF || fixed.text(0, 8) == "0" else {
      throw damaged("does not begin with the version of EDF or BDF")
    }
    bytesPerSample = isBDF ? 3 : 2
    let kind = fixed.text(192, 44)
    isDiscontinuous = kind.hasPrefix("EDF+D") || kind.hasPrefix("BDF+D")
    guard let count = fixed.integer(252, 4), 1...4096 ~= count,
      let stated = fixed.integer(184, 8), stated == 256 * (count + 1), stated <= file.size
    else { throw damaged("states no usable number of signals") }
    byteCount = stated
    guard let duration = fixed.number(244, 8), duration >= 0, duration <= 86_400 else {
      throw damaged("states no usable duration of a data record")
    }
    recordDuration = duration
    comments = [(8, "patient"), (88, "recording")].compactMap { offset, name in
      let text = fixed.text(offset, 80)
      return text.isEmpty ? nil : "\(name): \(text)"
    }
    baseTime = Self.date(fixed.text(168, 8), fixed.text(176, 8))

    let fields = EDFFields(try file.bytes(at: 256, count: 256 * count))
    var signals: [Signal] = []
    var offset = 0
    for index in 0..<count {
      // Fields lie together for all signals: every label, then every transducer, and so on.
      func start(_ before: Int, _ width: Int) -> Int { before * count + index * width }
      guard let samples = fields.integer(start(216, 8), 8), 0...Self.recordSizeMax ~= samples,
        let digitalMin = fields.integer(start(120, 8), 8).flatMap(Int32.init(exactly:)),
        let digitalMax = fields.integer(start(128, 8), 8).flatMap(Int32.init(exactly:)),
        let physicalMin = fields.number(start(104, 8), 8),
        let physicalMax = fields.number(start(112, 8), 8)
      else { throw damaged("has a number of signal \(index) that cannot be read") }
      signals.append(
        Signal(
          label: fields.text(start(0, 16), 16), dimension: fields.text(start(96, 8), 8),
          physicalMin: physicalMin, physicalMax: physicalMax, digitalMin: digitalMin,
          digitalMax: digitalMax, samplesPerRecord: samples, offsetInRecord: offset))
      offset += samples * bytesPerSample
    }
    guard 1...Self.recordSizeMax ~= offset else { throw damaged("states no usable record size") }
    self.signals = signals
    recordSize = offset
    let available = (file.size - stated) / offset
    guard let announced = fixed.integer(236, 8), -1...available ~= announced else {
      throw damaged("announces more data records than the \(available) in the file")
    }
    recordCount = announced == -1 ? available : announced
  }

  /// "dd.mm.yy" and "hh.mm.ss": years 85 to 99 are of the 20th century, the others of the 21st.
  private static func date(_ date: String, _ time: String) -> Date? {
    let days = date.split(separator: ".").map { Int($0) }
    guard days.count == 3, let day = days[0], let month = days[1], let year = days[2],
      0...99 ~= year
    else { return nil }
    return WFDBTime.date(
      time: time.replacing(".", with: ":"),
      date: "\(day)/\(month)/\(year + (year >= 85 ? 1900 : 2000))")
  }
}

/// Fixed-width text fields.
private struct EDFFields {
  let bytes: [UInt8]

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = Array(bytes) }

  /// A field without its padding, as Latin-1 so that "µV" of old exporters is read.
  func text(_ offset: Int, _ width: Int) -> String {
    String(String.UnicodeScalarView(bytes[offset..<offset + width].map { UnicodeScalar($0) }))
      .trimmingCharacters(in: .whitespaces.union(.controlCharacters))
  }

  func integer(_ offset: Int, _ width: Int) -> Int? { Int(text(offset, width)) }

  func number(_ offset: Int, _ width: Int) -> Double? {
    Double(text(offset, width)).flatMap { $0.isFinite ? $0 : nil }
  }
}
