// What tells a front-end that lost its power from one that is late or out of reach: only the first one answers.

import FrontEnds

/// Asks a front-end that has fallen silent whether it waits to be started: it lost its power while its port stayed.
struct SilenceWatch {
  /// Silence after which it is asked.
  static let silenceNanoseconds: UInt64 = 1_000_000_000
  /// It is asked again so often: with the start that follows it sends within two seconds of having its power again.
  static let repetitionNanoseconds: UInt64 = 500_000_000
  /// No packet has so much text in a row.
  private static let textByteCountMin = 33

  private let question: [UInt8]
  private var lastBytes: UInt64 = 0
  private var lastAsked: UInt64 = 0
  private var isAsking = false
  private var heard = HeardText()

  init(_ dialogue: StartDialogue) { question = dialogue.question }

  /// The stream begins, or goes on, now.
  mutating func begin(at now: UInt64) {
    lastBytes = now
    isAsking = false
  }

  /// Nothing came; gives what is to be asked, if it is time.
  mutating func isQuiet(at now: UInt64) -> [UInt8]? {
    guard now &- lastBytes >= Self.silenceNanoseconds,
      now &- lastAsked >= Self.repetitionNanoseconds
    else { return nil }
    if !isAsking { heard = HeardText() }
    isAsking = true
    lastAsked = now
    return question
  }

  /// Bytes came; true where they are the answer of a front-end that does not send.
  mutating func hears(_ bytes: UnsafeRawBufferPointer, at now: UInt64) -> Bool {
    guard isAsking else {
      lastBytes = now
      return false
    }
    heard.append(bytes)
    if let answer = heard.answer, answer.utf8.count >= Self.textByteCountMin {
      isAsking = false
      return true
    }
    // The dongle's word for a board that is off: what comes next is another answer.
    if StartDialogue.isFailure(endOf: heard.bytes) { heard = HeardText() }
    // Packets: it was late, or out of reach, and never stopped.
    if bytes.contains(where: { $0 >= 0x80 }) { begin(at: now) }
    return false
  }
}
