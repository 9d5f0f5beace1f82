// The annotations inside EDF+ files: time-stamped lists (TAL) that lie in a signal of their own and, in
// files with gaps, also say when each data record was taken.

import Foundation

/// An annotation of an EDF+ or BDF+ file.
public struct EDFEvent: Hashable, Sendable {
  /// Seconds since the file's start.
  public var onsetSeconds: Double
  /// Seconds it lasts, nil where the file does not say.
  public var durationSeconds: Double?
  /// The sample it begins at, counted like the reader's samples; may lie outside of them.
  public var sample: Int
  /// The annotation's text.
  public var text: String
}

/// One time-stamped list: an onset, perhaps a duration, and texts.
struct EDFTimeStampedList: Equatable {
  var onset: Double
  var duration: Double?
  var texts: [String]

  /// Parses the lists of one data record: "+onset[0x15 duration]0x14 text 0x14 … 0x14 0x00".
  ///
  /// Stops at the first byte that begins no list; damage in one record does not reach the next.
  static func parse(_ bytes: UnsafeRawBufferPointer) -> [EDFTimeStampedList] {
    bytes.split(separator: 0).map { list in
      let parts = list.split(separator: 0x14, omittingEmptySubsequences: false)
      let stamp = parts[0].split(separator: 0x15, omittingEmptySubsequences: false)
      let texts = parts.dropFirst().filter { !$0.isEmpty }
      return (stamp.map { number($0) }, texts.map { String(decoding: $0, as: UTF8.self) })
    }
    .prefix { stamp, _ in stamp.first.flatMap(\.self) != nil }
    .map { stamp, texts in
      EDFTimeStampedList(
        onset: stamp[0] ?? 0, duration: stamp.count > 1 ? stamp[1] : nil, texts: texts)
    }
  }

  /// A number of seconds of at most 30 years.
  private static func number(_ bytes: some Collection<UInt8>) -> Double? {
    guard bytes.count <= 32 else { return nil }
    return Double(String(decoding: bytes, as: UTF8.self))
      .flatMap { -1e9...1e9 ~= $0 ? $0 : nil }
  }
}
