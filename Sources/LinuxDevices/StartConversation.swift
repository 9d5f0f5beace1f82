// Says a start dialogue to a front-end and hears its answers: before the stream, and so without the decoder.

import CLinux
import Devices
import FrontEnds

/// A dialogue over an open channel. One thread.
struct StartConversation<Channel: ByteChannel> {
  let channel: Channel
  let dialogue: StartDialogue

  /// All steps in order. Throws where an answer does not come, or refuses.
  func hold(whileWaiting: () -> Void) throws(SourceError) {
    for step in dialogue.steps {
      try channel.write(step.bytes)
      if let word = step.answer { try hear(word, of: step, whileWaiting) }
    }
  }

  /// Waits for an answer. What the board did not hear, as its dongle says, is said again: it may have been switched on
  /// just now, and must not wait for the end of this attempt and for the next one.
  private func hear(
    _ word: String, of step: StartDialogue.Step, _ whileWaiting: () -> Void
  ) throws(SourceError) {
    var heard = HeardText()
    var piece = [UInt8](repeating: 0, count: channel.readByteCountMax)
    let begin = clinux_monotonic_nanoseconds()
    var (said, now) = (begin, begin)
    var isUnheard = false
    var wasUnheard = false
    while now &- said < Self.answerNanoseconds {
      whileWaiting()
      switch piece.withUnsafeMutableBytes({ channel.read(into: $0, waitMilliseconds: 100) }) {
      case .nothing: break
      case .gone: throw SourceError("\(channel.name) went away: check its plug.")
      case .bytes(let count): heard.append(piece[..<count])
      }
      now = clinux_monotonic_nanoseconds()
      if let answer = heard.answer, try isMeant(answer, word, step) { return }
      if StartDialogue.isFailure(endOf: heard.bytes) {
        (isUnheard, wasUnheard) = (true, true)
        heard = HeardText()
      }
      guard isUnheard else { continue }
      if now &- begin >= Self.answerNanoseconds { break }
      if now &- said >= Self.repetitionNanoseconds {
        try channel.write(step.bytes)
        (isUnheard, said) = (false, now)
      }
    }
    throw silence(step, isUnheard: wasUnheard)
  }

  private static var answerNanoseconds: UInt64 { UInt64(StartDialogue.answerSeconds * 1e9) }
  private static var repetitionNanoseconds: UInt64 {
    UInt64(StartDialogue.repetitionSeconds * 1e9)
  }

  /// Whether an answer is the one that is waited for; throws where it says no.
  private func isMeant(
    _ answer: String, _ word: String, _ step: StartDialogue.Step
  ) throws(SourceError) -> Bool {
    if let refusal = step.refusal,
      answer.hasSuffix(refusal.ending + StartDialogue.endOfAnswer)
    {
      throw SourceError("\(channel.name) \(refusal.meaning)")
    }
    return word.isEmpty || answer.contains(word)
  }

  private func silence(_ step: StartDialogue.Step, isUnheard: Bool) -> SourceError {
    let said = String(decoding: step.bytes, as: UTF8.self)
    let what = isUnheard ? "says that it does not hear the board" : "does not answer '\(said)'"
    return SourceError(
      "\(channel.name) \(what): \(dialogue.remedy) Its inputs could be on anything, so nothing is shown."
    )
  }
}
