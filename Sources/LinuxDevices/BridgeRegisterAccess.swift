// The registers of a converter behind a bridge: each access is a COMMAND, repeated until its ACK comes
// (firmware-config/bridge-frame.md).

import Devices
import FrontEnds

/// The chip behind a bridge. All calls come from the thread that reads the source.
///
/// Samples that arrive while an answer is waited for are kept for the next reads, unless the command may switch the
/// inputs or change a setting: then they are let go and told (`FramedSource.readOn`).
public final class BridgeRegisterAccess<Channel: ByteChannel>: RegisterAccess {
  private static var answerSeconds: Double { 0.25 }
  private static var attempts: Int { 5 }
  /// A HELLO that was lost is followed by the next one within a second.
  private static var descriptionSeconds: Double { 2.5 }

  private unowned let source: FramedSource<Channel, BridgeDecoder>
  /// The last command's id. The first is drawn, so that the answer to a host that died is not taken for ours.
  private var id = UInt32.random(in: .min ... .max)
  private var sequence: UInt32 = 0

  /// The access for a source, which must outlive it: it belongs to the source's control.
  public init(_ source: FramedSource<Channel, BridgeDecoder>) { self.source = source }

  /// Asks the bridge for a sign of life.
  public func ping() throws(SourceError) {
    let sent: [UInt8] = [0x70, 0x69, 0x6E, 0x67]
    guard try perform(.ping, sent) == sent else {
      throw SourceError("The bridge answers a ping with something else: update its firmware.")
    }
  }

  public func readRegisters(
    from address: UInt8, count: Int
  ) throws(SourceError) -> [UInt8] {
    let values = try perform(.readRegisters, [address, UInt8(count)])
    guard values.count == count else {
      throw SourceError(
        "The bridge reads \(values.count) registers where \(count) were asked for: update its firmware."
      )
    }
    return values
  }

  public func writeRegisters(_ values: [UInt8], at address: UInt8) throws(SourceError) {
    _ = try perform(.writeRegisters, [address] + values)
  }

  public func command(_ opcode: UInt8) throws(SourceError) {
    _ = try perform(.chipCommand, [opcode])
  }

  /// Sends a command until it is answered, and waits until what the samples now are is described.
  private func perform(
    _ operation: BridgeCommand.Operation, _ arguments: [UInt8]
  ) throws(SourceError) -> [UInt8] {
    id &+= 1
    let command = BridgeCommand(id: id, operation, arguments)
    for _ in 0..<Self.attempts {
      try source.send(command.encoded(sequence: sequence))
      sequence &+= 1
      guard let answer = try answer(to: id, switchesInputs: operation.switchesInputs) else {
        continue
      }
      try waitForDescription()
      return try Self.data(of: answer, to: operation)
    }
    throw SourceError(
      "The bridge sends samples but answers no command: is its receive line connected, its firmware of version 2?"
    )
  }

  /// The answer to a command, nil when it does not come in time.
  private func answer(
    to id: UInt32, switchesInputs: Bool
  ) throws(SourceError) -> BridgeAcknowledgement? {
    var found: BridgeAcknowledgement?
    _ = try source.readOn(
      seconds: Self.answerSeconds, switchesInputs: switchesInputs
    ) { decoder in
      if let answer = decoder.takeAnswer(), answer.id == id { found = answer }
      return found != nil
    }
    return found
  }

  private func waitForDescription() throws(SourceError) {
    if source.decoder.isDescribed { return }
    let isDescribed = try source.readOn(
      seconds: Self.descriptionSeconds, switchesInputs: true, until: { $0.isDescribed })
    guard isDescribed else {
      throw SourceError(
        "The bridge changed its inputs and does not say to what: its line loses too much, check it."
      )
    }
  }

  private static func data(
    of answer: BridgeAcknowledgement, to operation: BridgeCommand.Operation
  ) throws(SourceError) -> [UInt8] {
    switch answer.status {
    case .done: return answer.data
    case .busError:
      throw SourceError(
        "The bridge's chip does not answer, or does not keep what is written to it: check its supply and the wires "
          + "between bridge and chip.")
    case .badArgument:
      throw SourceError(
        "The bridge's chip has no such register, value or command (operation \(operation.rawValue)): correct 'chip' "
          + "and 'registers' in the profile.")
    case .refused:
      throw SourceError(
        "The bridge refuses operation \(operation.rawValue): it has no chip that takes commands, or not at this rate."
      )
    case .unknownOperation, nil:
      throw SourceError(
        "The bridge does not know operation \(operation.rawValue): update its firmware.")
    }
  }
}

extension BridgeCommand.Operation {
  /// Whether the inputs or a setting may be others after it.
  fileprivate var switchesInputs: Bool {
    switch self {
    case .ping, .readRegisters: false
    case .writeRegisters, .chipCommand: true
    }
  }
}
