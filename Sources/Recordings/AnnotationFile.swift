// Annotations in the MIT format (physionet.org/physiotools/wag/annot-5.htm): beats and rhythms of a record.

import Foundation

/// One annotation.
public struct Annotation: Hashable, Sendable {
  /// Sample of the record.
  public var sample: Int
  /// The code, 1-49.
  public var code: UInt8
  /// Subtype, channel and number, as the annotator set them.
  public var subtype: Int8 = 0
  /// See `subtype`.
  public var channel: Int8 = 0
  /// See `subtype`.
  public var number: Int8 = 0
  /// Text, as "(AFIB" of a rhythm change.
  public var auxiliary = ""

  /// The code's symbol ("N", "V", "+"), as the field writes it.
  public var symbol: String {
    code < Self.symbols.count ? Self.symbols[Int(code)] : "?"
  }

  /// Whether the annotation is a QRS complex.
  public var isBeat: Bool { Self.beatCodes.contains(code) }

  private static let symbols = [
    " ", "N", "L", "R", "a", "V", "F", "J", "A", "S", "E", "j", "/", "Q", "~", "?", "|", "?", "s",
    "T", "*", "D", "\"", "=", "p", "B", "^", "t", "+", "u", "?", "!", "[", "]", "e", "n", "@", "x",
    "f", "(", ")", "r",
  ]
  private static let beatCodes: Set<UInt8> = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 25, 30, 34, 35, 38, 41,
  ]
}

/// Reads annotation files.
public enum AnnotationFile {
  /// All annotations of a file, as `101.atr`.
  public static func read(_ path: String) throws(RecordingError) -> [Annotation] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw RecordingError("No annotations at \(path): fetch them, or name another file.")
    }
    return try parse([UInt8](data), name: path)
  }

  static func parse(_ bytes: [UInt8], name: String) throws(RecordingError) -> [Annotation] {
    var annotations: [Annotation] = []
    var position = 0
    var sample = 0
    var channel: Int8 = 0
    var number: Int8 = 0
    func word() throws(RecordingError) -> Int {
      guard position + 1 < bytes.count else {
        throw RecordingError("\(name) ends in the middle of an annotation: fetch it again.")
      }
      defer { position += 2 }
      return Int(bytes[position]) | Int(bytes[position + 1]) << 8
    }
    while position < bytes.count {
      let value = try word()
      let code = value >> 10
      let field = value & 0x3FF
      switch code {
      case 0 where field == 0: return annotations
      case 59:
        // The interval is two words, the high one first.
        let high = try word()
        let low = try word()
        sample += Int(Int32(truncatingIfNeeded: high << 16 | low))
      case 60:
        number = Int8(truncatingIfNeeded: field)
        if !annotations.isEmpty { annotations[annotations.count - 1].number = number }
      case 61:
        if !annotations.isEmpty {
          annotations[annotations.count - 1].subtype = Int8(truncatingIfNeeded: field)
        }
      case 62:
        channel = Int8(truncatingIfNeeded: field)
        if !annotations.isEmpty { annotations[annotations.count - 1].channel = channel }
      case 63:
        guard position + field <= bytes.count else {
          throw RecordingError("\(name) ends in the middle of a text: fetch it again.")
        }
        let text = bytes[position..<position + field].prefix { $0 != 0 }
        if !annotations.isEmpty {
          annotations[annotations.count - 1].auxiliary = String(decoding: text, as: UTF8.self)
        }
        position += field + field % 2
      default:
        sample += field
        annotations.append(
          Annotation(sample: sample, code: UInt8(code), channel: channel, number: number))
      }
    }
    return annotations
  }
}
