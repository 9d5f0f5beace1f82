// What a front-end said lately, in which the end of an answer is looked for.

import FrontEnds

/// The last bytes that came from a front-end that was asked something.
struct HeardText {
  private static let byteCountMax = 4096

  private(set) var bytes: [UInt8] = []

  mutating func append(_ new: some Sequence<UInt8>) {
    bytes += new
    bytes.removeFirst(max(0, bytes.count - Self.byteCountMax))
  }

  /// The answer that the bytes end with, where they do.
  var answer: String? { StartDialogue.answer(endOf: bytes) }
}
