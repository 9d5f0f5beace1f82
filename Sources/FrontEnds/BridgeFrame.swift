// The layout of our bridge frame, version 2: offsets and limits of firmware-config/bridge-frame.md, and numbers at
// any address.

import ECGSignal

/// Numbers of the frame layout.
public enum BridgeFrame {
  /// The version that this code speaks.
  static let version: UInt8 = 2
  /// Longest encoded frame, delimiter included.
  public static let encodedByteCountMax = 2048
  /// Samples in a frame at most.
  public static let sampleCountMax = SampleBlock.sampleCountMax
  /// Channels at most.
  public static let channelCountMax = SignalFormat.channelCountMax
  static let headerByteCount = 8
  static let samplesHeaderByteCount = 22
  static let helloHeaderByteCount = 53
  static let commandHeaderByteCount = 14
  static let checksumByteCount = 4
  /// Bytes of arguments of a command, or of data of its acknowledgement, at most.
  public static let payloadByteCountMax = 64
  /// Longest encoded COMMAND, delimiter included: shorter than a COBS block, so one code byte is added.
  static let encodedCommandByteCountMax =
    commandHeaderByteCount + payloadByteCountMax + checksumByteCount + 2

  enum Kind: UInt8 { case hello = 1, samples = 2, command = 3, acknowledge = 4 }
}

/// Little-endian numbers at any address.
enum LittleEndian {
  @inline(__always)
  static func read16(_ bytes: UnsafePointer<UInt8>) -> UInt16 {
    UInt16(bytes[0]) | UInt16(bytes[1]) &<< 8
  }

  @inline(__always)
  static func read32(_ bytes: UnsafePointer<UInt8>) -> UInt32 {
    UInt32(read16(bytes)) | UInt32(read16(bytes + 2)) &<< 16
  }

  @inline(__always)
  static func write16(_ value: UInt16, to bytes: UnsafeMutablePointer<UInt8>) {
    bytes[0] = UInt8(truncatingIfNeeded: value)
    bytes[1] = UInt8(truncatingIfNeeded: value &>> 8)
  }

  @inline(__always)
  static func write32(_ value: UInt32, to bytes: UnsafeMutablePointer<UInt8>) {
    write16(UInt16(truncatingIfNeeded: value), to: bytes)
    write16(UInt16(truncatingIfNeeded: value &>> 16), to: bytes + 2)
  }
}

/// Numbers with the most significant byte first, as ADCs send them; those of 24 bits in two's complement.
enum BigEndian {
  /// Three bytes without a sign.
  @inline(__always)
  static func word24(_ bytes: UnsafePointer<UInt8>) -> UInt32 {
    UInt32(bytes[0]) &<< 16 | UInt32(bytes[1]) &<< 8 | UInt32(bytes[2])
  }

  /// Four bytes without a sign.
  @inline(__always)
  static func word32(_ bytes: UnsafePointer<UInt8>) -> UInt32 {
    word24(bytes) &<< 8 | UInt32(bytes[3])
  }

  @inline(__always)
  static func read24(_ bytes: UnsafePointer<UInt8>) -> Int32 {
    Int32(bitPattern: word24(bytes) &<< 8) &>> 8
  }

  @inline(__always)
  static func write24(_ value: Int32, to bytes: UnsafeMutablePointer<UInt8>) {
    bytes[0] = UInt8(truncatingIfNeeded: value &>> 16)
    bytes[1] = UInt8(truncatingIfNeeded: value &>> 8)
    bytes[2] = UInt8(truncatingIfNeeded: value)
  }
}
