// Numbers in network byte order.

extension Array where Element == UInt8 {
  /// Appends a number, most significant byte first.
  mutating func append(bigEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}

/// Reads bytes from the front; nil where there are not enough.
struct ByteReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// Whether everything was read.
  var isAtEnd: Bool { rest.isEmpty }

  mutating func number<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
    let count = Value.bitWidth / 8
    guard rest.count >= count else { return nil }
    let value = rest.prefix(count).reduce(Value.zero) { ($0 << 8) | Value($1) }
    rest = rest.dropFirst(count)
    return value
  }

  mutating func bytes(_ count: Int) -> [UInt8]? {
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func position() -> AlertPosition? {
    guard let epoch = number(UInt64.self), let sequence = number(UInt64.self) else { return nil }
    return AlertPosition(epoch: epoch, sequence: sequence)
  }
}

extension Array where Element == UInt8 {
  /// Appends a position: epoch, then sequence.
  mutating func append(_ position: AlertPosition) {
    append(bigEndian: position.epoch)
    append(bigEndian: position.sequence)
  }
}
