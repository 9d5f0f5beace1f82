// What a host asks of a bridge, and what it answers: the bodies of COMMAND and ACK, and the host's side of the line.

/// A command to a bridge. Its id makes a repetition harmless: a bridge executes an id once.
public struct BridgeCommand: Hashable, Sendable {
  /// What can be asked, each with its arguments.
  public enum Operation: UInt8, Sendable, CaseIterable {
    /// Any bytes; they come back.
    case ping = 1
    /// Address and count; the values come back.
    case readRegisters = 2
    /// Address and values.
    case writeRegisters = 3
    /// An opcode of the chip.
    case chipCommand = 4
  }

  /// The host's number of the command.
  public var id: UInt32
  /// The operation's number; a bridge answers one that it does not know.
  public var operation: UInt8
  /// At most 64 bytes.
  public var arguments: [UInt8]

  /// A command of a known operation.
  public init(id: UInt32, _ operation: Operation, _ arguments: [UInt8]) {
    self.init(id: id, operation: operation.rawValue, arguments: arguments)
  }

  init(id: UInt32, operation: UInt8, arguments: [UInt8]) {
    precondition(arguments.count <= BridgeFrame.payloadByteCountMax)
    self.id = id
    self.operation = operation
    self.arguments = arguments
  }

  /// The bytes to send: a delimiter, which ends what another host may have left unfinished, and the frame.
  ///
  /// - Parameter sequence: the host's own count of frames.
  public func encoded(sequence: UInt32) -> [UInt8] {
    let frame = BridgeFrameBuffer()
    frame.begin(.command, flags: 0, sequence: sequence)
    let count = BridgePayload(number: id, code: operation, bytes: arguments).write(to: frame.bytes)
    var output = [UInt8](repeating: 0, count: BridgeFrame.encodedCommandByteCountMax + 1)
    let written = output.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { frame.seal(count, into: $0 + 1) } ?? 0
    }
    return Array(output[...written])
  }
}

/// What a bridge answered.
public struct BridgeAcknowledgement: Hashable, Sendable {
  /// What became of the command.
  public enum Status: UInt8, Sendable, CaseIterable {
    /// Executed.
    case done = 0
    /// The bridge does not know the operation.
    case unknownOperation = 1
    /// The bridge does not do this.
    case refused = 2
    /// The chip did not do it: it does not answer, or a register does not hold what was written.
    case busError = 3
    /// An address, a count or an opcode that the chip has not.
    case badArgument = 4
  }

  /// The command's id.
  public var id: UInt32
  /// The status; nil for a number that is not known.
  public var status: Status?
  /// Values that were read, at most 64 bytes.
  public var data: [UInt8]

  /// An answer.
  public init(id: UInt32, _ status: Status, _ data: [UInt8] = []) {
    precondition(data.count <= BridgeFrame.payloadByteCountMax)
    self.id = id
    self.status = status
    self.data = data
  }

  init(_ payload: BridgePayload) {
    id = payload.number
    status = Status(rawValue: payload.code)
    data = payload.bytes
  }
}

/// The body that COMMAND and ACK share: a number, a code, and counted bytes.
struct BridgePayload {
  var number: UInt32
  var code: UInt8
  var bytes: [UInt8]

  init(number: UInt32, code: UInt8, bytes: [UInt8]) {
    self.number = number
    self.code = code
    self.bytes = bytes
  }

  /// Reads it from a frame for which `isWhole` held.
  init(_ frame: UnsafePointer<UInt8>) {
    number = LittleEndian.read32(frame + 8)
    code = frame[12]
    bytes = (0..<Int(frame[13])).map { frame[BridgeFrame.commandHeaderByteCount + $0] }
  }

  /// Whether a checked frame of `count` bytes has the body that its fields say.
  static func isWhole(_ frame: UnsafePointer<UInt8>, count: Int) -> Bool {
    let header = BridgeFrame.commandHeaderByteCount + BridgeFrame.checksumByteCount
    return count >= header && Int(frame[13]) <= BridgeFrame.payloadByteCountMax
      && count == header + Int(frame[13])
  }

  /// Writes it into a frame; returns the bytes of the frame so far.
  func write(to frame: UnsafeMutablePointer<UInt8>) -> Int {
    LittleEndian.write32(number, to: frame + 8)
    frame[12] = code
    frame[13] = UInt8(bytes.count)
    for (index, byte) in bytes.enumerated() {
      frame[BridgeFrame.commandHeaderByteCount + index] = byte
    }
    return BridgeFrame.commandHeaderByteCount + bytes.count
  }
}
