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

  private func hear(
    _ word: String, of step: StartDialogue.Step, _ whileWaiting: () -> Void
  ) throws(SourceError) {
    var heard = HeardText()
    var piece = [UInt8](repeating: 0, count: channel.readByteCountMax)
    let deadline =
      clinux_monotonic_nanoseconds() &+ UInt64(StartDialogue.answerSeconds * 1e9)
    while clinux_monotonic_nanoseconds() < deadline {
      whileWaiting()
      switch piece.withUnsafeMutableBytes({ channel.read(into: $0, waitMilliseconds: 100) }) {
      case .nothing: continue
      case .gone: throw SourceError("\(channel.name) went away: check its plug.")
      case .bytes(let count): heard.append(piece[..<count])
      }
      guard let answer = heard.answer else { continue }
      if let refusal = step.refusal,
        answer.hasSuffix(refusal.ending + StartDialogue.endOfAnswer)
      {
        throw SourceError("\(channel.name) \(refusal.meaning)")
      }
      if word.isEmpty || answer.contains(word) { return }
    }
    throw silence(step, heard.bytes)
  }

  private func silence(_ step: StartDialogue.Step, _ heard: [UInt8]) -> SourceError {
    let said = String(decoding: step.bytes, as: UTF8.self)
    let isHeard = String(decoding: heard, as: UTF8.self).contains(StartDialogue.failure)
    let what = isHeard ? "says that it does not hear the board" : "does not answer '\(said)'"
    return SourceError(
      "\(channel.name) \(what): \(dialogue.remedy) Its inputs could be on anything, so nothing is shown."
    )
  }
}
