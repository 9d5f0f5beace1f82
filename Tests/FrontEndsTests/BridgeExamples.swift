// The frames of the specification, as firmware-config/frames.py prints them.

/// Frames made by an encoder that shares no code with the product.
enum BridgeExamples {
  static let hello = bytes(
    "040201010101010109656d756c61746564010101010101010420a10701039f240318020101010101010101010101"
      + "0101010101010101026003ff600555fb472400")
  static let samples = bytes(
    "040202010207010103e803010480841e04020202010101010f01ffffff123456edcbaa71e0a9c100")
  static let command = bytes("030203010203010109040302010303050505b5ced82800")
  static let acknowledge = bytes("04020401020901010504030201030292059870386400")
  static let refused = bytes("06020405010a010106050302010205b8c4f33000")
  static let firmware = bytes(
    "06020104030101010d7069636f2d616473313239380101010420a10701039f240318080e01020304050607d4c3b2"
      + "a1020101039202030b60010260030160030760030860030960030a60030660059a9f312700")

  /// Bytes written in hexadecimal.
  static func bytes(_ hexadecimal: some StringProtocol) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }
}
