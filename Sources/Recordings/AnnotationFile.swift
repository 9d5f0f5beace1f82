// WFDB annotation files in MIT format (annot(5)): 16-bit words of a 6-bit code and a 10-bit interval,
// with words of the format's own for long intervals, numbers and text.

import DurableFiles
import ECGSignal
import Foundation

/// Reads and writes annotation files (".atr", ".qrs", LUDB's ".i" to ".v6").
public enum AnnotationFile {
  private static let byteCountMax = 256 << 20
  private static let auxiliaryMax = 255

  /// The codes that are not annotations.
  private enum Word {
    static let skip: UInt8 = 59
    static let number: UInt8 = 60
    static let subtype: UInt8 = 61
    static let channel: UInt8 = 62
    static let auxiliary: UInt8 = 63
  }

  /// Reads a file. Throws where it ends within an annotation or holds a word that is none.
  ///
  /// A note at sample 0 that states the time resolution, and the "not an annotation" that ends such
  /// notes, are left out, as WFDB's own programs do.
  public static func read(_ path: String) throws(RecordingError) -> [Annotation] {
    try parse(try FileWindow(path: path).contents(limit: byteCountMax), path: path)
  }

  /// Writes a file, replacing one of that name at once: a reader sees the old one or the new one.
  ///
  /// Throws where annotations are not in the order of their samples, a code is above
  /// `Annotation.codeMax`, a text longer than 255 bytes, or the disk refuses.
  public static func write(
    _ annotations: [Annotation], to path: String
  ) throws(RecordingError) {
    let bytes = try encode(annotations, path: path)
    do throws(DurableFileError) { try DurableFile.write(bytes, to: path) } catch {
      throw RecordingError(error.description)
    }
  }

  /// Decodes a file's bytes.
  static func parse(_ bytes: [UInt8], path: String) throws(RecordingError) -> [Annotation] {
    var annotations: [Annotation] = []
    var sample = 0
    var (channel, number) = (Int8(0), Int8(0))
    var offset = 0
    while let (code, interval) = word(bytes, offset), code != 0 || interval != 0 {
      offset += 2
      switch code {
      case Word.skip:
        guard let high = word16(bytes, offset), let low = word16(bytes, offset + 2) else {
          throw damaged(path, offset, "ends within a long interval")
        }
        offset += 4
        sample += Int(Int32(bitPattern: UInt32(high) << 16 | UInt32(low)))
      case Word.number, Word.subtype, Word.channel, Word.auxiliary:
        guard let last = annotations.indices.last else {
          throw damaged(path, offset, "describes an annotation before the first")
        }
        let value = Int8(truncatingIfNeeded: interval)
        switch code {
        case Word.number: (annotations[last].number, number) = (value, value)
        case Word.channel: (annotations[last].channel, channel) = (value, value)
        case Word.subtype: annotations[last].subtype = value
        default:
          let length = Int(interval)
          guard length <= bytes.count - offset else {
            throw damaged(path, offset, "ends within a text of \(length) bytes")
          }
          let text = bytes[offset..<offset + length].prefix { $0 != 0 }
          annotations[last].auxiliary = String(decoding: text, as: UTF8.self)
          offset += length + length % 2
        }
      case ...Annotation.codeMax:
        sample += Int(interval)
        annotations.append(
          Annotation(sample: sample, code: code, channel: channel, number: number))
      default: throw damaged(path, offset, "holds the code \(code), which is none")
      }
      guard sample.magnitude <= WFDBHeader.sampleCountMax else {
        throw damaged(path, offset, "counts more samples than a record can have")
      }
    }
    return annotations.filter { !isDefinition($0) }
  }

  /// Encodes annotations as a file's bytes.
  static func encode(
    _ annotations: [Annotation], path: String
  ) throws(RecordingError) -> [UInt8] {
    var bytes: [UInt8] = []
    func append(_ code: UInt8, _ value: Int) {
      bytes.append(UInt8(value & 0xFF))
      bytes.append(code << 2 | UInt8(value >> 8 & 0x03))
    }
    var sample = 0
    var (channel, number) = (Int8(0), Int8(0))
    for annotation in annotations {
      var interval = annotation.sample - sample
      guard interval >= 0, annotation.code <= Annotation.codeMax,
        annotation.code > 0 || interval > 0
      else {
        throw RecordingError(
          "\(path): the annotation at sample \(annotation.sample) with code \(annotation.code) "
            + "cannot be written; sort annotations by sample and use codes 1 to "
            + "\(Annotation.codeMax)")
      }
      while interval > 1023 {
        // Long intervals in steps that fit, and never the whole: code 0 needs an interval.
        let step = min(interval - 1, Int(Int32.max))
        append(Word.skip, 0)
        for part in [step >> 16, step] {
          bytes += [UInt8(part & 0xFF), UInt8(part >> 8 & 0xFF)]
        }
        interval -= step
      }
      append(annotation.code, interval)
      sample = annotation.sample
      if annotation.subtype != 0 { append(Word.subtype, Int(annotation.subtype) & 0x3FF) }
      if annotation.channel != channel { append(Word.channel, Int(annotation.channel) & 0x3FF) }
      if annotation.number != number { append(Word.number, Int(annotation.number) & 0x3FF) }
      (channel, number) = (annotation.channel, annotation.number)
      let text = Array(annotation.auxiliary.utf8)
      guard text.count <= auxiliaryMax else {
        throw RecordingError(
          "\(path): the text at sample \(annotation.sample) has \(text.count) bytes where "
            + "\(auxiliaryMax) fit; shorten it")
      }
      if !text.isEmpty {
        append(Word.auxiliary, text.count)
        bytes += text + (text.count % 2 == 1 ? [0] : [])
      }
    }
    return bytes + [0, 0]
  }

  private static func word16(_ bytes: [UInt8], _ offset: Int) -> UInt16? {
    offset + 1 < bytes.count ? UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8 : nil
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> (code: UInt8, interval: UInt16)? {
    word16(bytes, offset).map { (UInt8($0 >> 10), $0 & 0x3FF) }
  }

  private static func isDefinition(_ annotation: Annotation) -> Bool {
    annotation.sample == 0
      && (annotation.code == 0 || annotation.auxiliary.hasPrefix("## time resolution:"))
  }

  private static func damaged(_ path: String, _ offset: Int, _ what: String) -> RecordingError {
    RecordingError(
      "\(path): the annotation file \(what) at byte \(offset); fetch it again or make it anew")
  }
}
