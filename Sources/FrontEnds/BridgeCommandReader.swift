// The bridge's side of commands, for the emulator: finds them among the bytes that a host sends, executes each once
// and answers again when the answer was lost.

/// Finds commands in bytes and remembers the last answer.
public struct BridgeCommandReader: ~Copyable {
  /// Ids so far behind the last one are repetitions that came late.
  private static let lateCommands: UInt32 = 64

  private let frame = BridgeFrameBuffer()
  private var received: [UInt8] = []
  /// What comes is longer than any command: everything up to the next delimiter belongs to it.
  private var isSkipping = false
  private var last: BridgeAcknowledgement?

  /// A bridge that has heard nothing yet.
  public init() { received.reserveCapacity(BridgeFrame.encodedCommandByteCountMax) }

  /// Takes bytes; gives the answers to what they asked, in its order.
  ///
  /// - Parameter execute: does what a command says; called once for each id.
  public mutating func take(
    _ bytes: some Sequence<UInt8>, execute: (BridgeCommand) -> BridgeAcknowledgement
  ) -> [BridgeAcknowledgement] {
    var answers: [BridgeAcknowledgement] = []
    for byte in bytes {
      if byte != 0 {
        isSkipping = isSkipping || received.count == BridgeFrame.encodedCommandByteCountMax - 1
        if !isSkipping { received.append(byte) }
        continue
      }
      if !isSkipping, let command = command(), let answer = answer(command, execute) {
        answers.append(answer)
      }
      received.removeAll(keepingCapacity: true)
      isSkipping = false
    }
    return answers
  }

  private func command() -> BridgeCommand? {
    guard !received.isEmpty, case .frame(let count) = frame.open(received, count: received.count),
      frame.bytes[1] == BridgeFrame.Kind.command.rawValue,
      BridgePayload.isWhole(frame.bytes, count: count)
    else { return nil }
    let payload = BridgePayload(frame.bytes)
    return BridgeCommand(id: payload.number, operation: payload.code, arguments: payload.bytes)
  }

  private mutating func answer(
    _ command: BridgeCommand, _ execute: (BridgeCommand) -> BridgeAcknowledgement
  ) -> BridgeAcknowledgement? {
    if let last {
      if last.id == command.id { return last }
      if last.id &- command.id <= Self.lateCommands { return nil }
    }
    let answer = execute(command)
    last = answer
    return answer
  }
}
