// The header of an EDF, EDF+ or BDF file (edfplus.info/specs): 256 bytes, and 256 more a signal, in ASCII.

import ECGSignal

/// A parsed header.
struct EDFHeader {
  struct Signal: Hashable {
    var label: String
    var unit: String
    var physicalMinimum: Double
    var physicalMaximum: Double
    var digitalMinimum: Int
    var digitalMaximum: Int
    var samplesPerRecord: Int
    /// Bytes before the signal in a data record.
    var byteOffset: Int

    var isAnnotations: Bool { label == "EDF Annotations" || label == "BDF Annotations" }
  }

  let byteCount: Int
  let recordCount: Int
  let recordSeconds: Double
  let recordByteCount: Int
  /// Bytes of a sample: 2 in EDF, 3 in BDF.
  let sampleByteCount: Int
  /// Whether the data records may leave gaps (EDF+D).
  let isDiscontinuous: Bool
  let comments: [String]
  let signals: [Signal]

  init(_ file: ByteFile) throws(RecordingError) {
    func damaged(_ what: String) -> RecordingError {
      RecordingError("\(file.path) is no valid EDF file (\(what)): export it again.")
    }
    guard file.byteCount >= 256 else { throw damaged("it is shorter than its header") }
    var fixed = Fields(try file.bytes(at: 0, count: 256), count: 256)
    let version = fixed.bytes(8)
    let isBDF = version[0] == 0xFF && Fields.text(version.dropFirst()) == "BIOSEMI"
    guard isBDF || Fields.text(version[...]) == "0" else { throw damaged("its version") }
    sampleByteCount = isBDF ? 3 : 2
    comments = [fixed.text(80), fixed.text(80)].filter { !$0.isEmpty }
    _ = fixed.text(16)
    let statedByteCount = Int(fixed.text(8))
    let reserved = fixed.text(44)
    isDiscontinuous = reserved.hasPrefix("EDF+D") || reserved.hasPrefix("BDF+D")
    let statedRecords = Int(fixed.text(8))
    guard let duration = Double(fixed.text(8)), duration >= 0, duration.isFinite else {
      throw damaged("the duration of its data records")
    }
    recordSeconds = duration
    guard let signalCount = Int(fixed.text(4)), (1...512).contains(signalCount),
      statedByteCount == 256 * (signalCount + 1), file.byteCount >= 256 * (signalCount + 1)
    else { throw damaged("its number of signals") }
    byteCount = 256 * (signalCount + 1)
    var fields = Fields(
      try file.bytes(at: 256, count: 256 * signalCount), count: 256 * signalCount)
    let columns = [16, 80, 8, 8, 8, 8, 8, 80, 8, 32].map { width in
      (0..<signalCount).map { _ in fields.text(width) }
    }
    var signals: [Signal] = []
    var offset = 0
    for index in 0..<signalCount {
      guard let physicalMinimum = Double(columns[3][index]),
        let physicalMaximum = Double(columns[4][index]),
        let digitalMinimum = Int(columns[5][index]), let digitalMaximum = Int(columns[6][index]),
        let samples = Int(columns[8][index]), (0...10_000_000).contains(samples),
        abs(digitalMinimum) <= 1 << 31, abs(digitalMaximum) <= 1 << 31
      else { throw damaged("signal \(index + 1)") }
      signals.append(
        Signal(
          label: columns[0][index], unit: columns[2][index], physicalMinimum: physicalMinimum,
          physicalMaximum: physicalMaximum, digitalMinimum: digitalMinimum,
          digitalMaximum: digitalMaximum, samplesPerRecord: samples, byteOffset: offset))
      offset += samples * sampleByteCount
    }
    guard offset > 0 else { throw damaged("its data records are empty") }
    self.signals = signals
    recordByteCount = offset
    let available = (file.byteCount - byteCount) / offset
    guard let statedRecords else { throw damaged("its number of data records") }
    guard statedRecords <= available else {
      throw RecordingError(
        "\(file.path) holds \(available) of \(statedRecords) data records: it is truncated, copy it again."
      )
    }
    recordCount = statedRecords < 0 ? available : statedRecords
  }

  /// Reads fields of fixed width one after the other.
  private struct Fields {
    private let storage: [UInt8]
    private var position = 0

    init(_ bytes: UnsafePointer<UInt8>, count: Int) {
      storage = Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    mutating func bytes(_ width: Int) -> [UInt8] {
      defer { position += width }
      return Array(storage[position..<position + width])
    }

    mutating func text(_ width: Int) -> String { Self.text(bytes(width)[...]) }

    static func text(_ bytes: ArraySlice<UInt8>) -> String {
      String(decoding: bytes, as: UTF8.self).trimmingSpaces
    }
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    let kept = drop { $0 == " " || $0 == "\0" }
    guard let last = kept.lastIndex(where: { $0 != " " && $0 != "\0" }) else { return "" }
    return String(kept[...last])
  }
}
