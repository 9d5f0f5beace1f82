// What is said to a front-end before its samples may be shown as a patient's, and what it must answer: a board that
// cannot tell its settings is put to known ones, whoever had it before.

/// The commands that start a front-end, in order, with the answers that must come.
///
/// An answer is text that ends with `endOfAnswer` and holds the step's word. Text that says `failure` is none: a dongle
/// says it of a board that it does not hear.
public struct StartDialogue: Hashable, Sendable {
  /// Bytes to send, and what must come before the next ones are sent.
  public struct Step: Hashable, Sendable {
    /// The commands.
    public var bytes: [UInt8]
    /// A word that the answer must hold, empty for any; nil where none comes.
    public var answer: String?
    /// What an answer ends with that refuses the command, and what to do about it.
    public var refusal: Refusal?
  }

  /// An answer that means no.
  public struct Refusal: Hashable, Sendable {
    /// The end of the answer, `endOfAnswer` left out.
    public var ending: String
    /// Why, and the remedy: the rest of a sentence that begins with the channel's name.
    public var meaning: String
  }

  /// What every answer ends with.
  public static let endOfAnswer = "$$$"
  /// What an answer says that is none.
  public static let failure = "Failure"
  /// An answer is awaited so long: a Cyton's reset takes less than one second.
  public static let answerSeconds = 2.0
  /// What a dongle says that a board did not hear is said again after so long.
  public static let repetitionSeconds = 0.25

  /// The steps; the last one makes the front-end send.
  public var steps: [Step]
  /// Asked while nothing comes: a front-end answers it only while it does not send, because it lost its power and came
  /// back, and one that is merely late is not disturbed.
  public var question: [UInt8]
  /// What to check where no answer comes.
  public var remedy: String

  /// The text that bytes end with, where it is an answer; nil where it is none, or not complete.
  public static func answer(endOf bytes: [UInt8]) -> String? {
    text(endOf: bytes).flatMap { $0.contains(failure) ? nil : $0 }
  }

  /// Whether bytes end with a dongle's word that it does not hear its board.
  public static func isFailure(endOf bytes: [UInt8]) -> Bool {
    text(endOf: bytes)?.contains(failure) == true
  }

  /// The text that bytes end with, where it is complete.
  private static func text(endOf bytes: [UInt8]) -> String? {
    guard bytes.suffix(3).elementsEqual(endOfAnswer.utf8) else { return nil }
    let text = bytes.reversed().prefix { $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A || $0 == 0x0D }
    return String(decoding: text.reversed(), as: UTF8.self)
  }
}

extension StartDialogue {
  /// A Cyton's, whose packets say neither input, gain, rate nor how many channels are meant: every setting is put to
  /// its default first (docs.openbci.com/Cyton/CytonSDK). The sample rate outlasts a reset and `c` is answered by a
  /// board with a Daisy only, so both go with the next command; where a firmware before 3.0.0 takes `~6` for a channel
  /// to switch off, the defaults switch it on again.
  static func cyton(hasDaisy: Bool) -> StartDialogue {
    let rate = Array("~6".utf8)
    let noDaisy = Refusal(
      ending: "8", meaning: "has no Daisy: check how it is plugged, or name --profile cyton.")
    var steps = [
      Step(bytes: bytes(.stop)),
      Step(bytes: bytes(.reset), answer: ""),
    ]
    if hasDaisy {
      steps.append(Step(bytes: bytes(.sixteenChannels), answer: "16", refusal: noDaisy))
      steps.append(Step(bytes: rate + bytes(.defaultChannels), answer: "default"))
    } else {
      steps.append(
        Step(bytes: rate + bytes(.eightChannels, .defaultChannels), answer: "default"))
    }
    steps.append(Step(bytes: bytes(.start)))
    return cyton(steps)
  }

  /// Puts the inputs of all channels of a Cyton that was started on something else: a command of `0 - = p [ ]`, which
  /// a board that does not stream answers with "Success: Configured internal test signal.$$$".
  public static func cyton(connecting inputs: CytonCommand) -> StartDialogue {
    cyton([
      Step(bytes: bytes(.stop)), Step(bytes: bytes(inputs), answer: "test signal"),
      Step(bytes: bytes(.start)),
    ])
  }

  private static func cyton(_ steps: [Step]) -> StartDialogue {
    StartDialogue(
      steps: steps, question: bytes(.queryRegisters),
      remedy: "is the board on, its switch at PC, and the dongle's at GPIO 6?")
  }

  private static func bytes(_ commands: CytonCommand...) -> [UInt8] { commands.map(\.rawValue) }
}
