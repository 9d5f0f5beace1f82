// The frame of ProtoCentral's boards: 0A FA | length LSB MSB | type | payload | 00 0B, without counter or check sum
// (firmware of HealthyPi v4 and 5, CES_CMDIF_PKT_START_1 and the following).

import ECGSignal

/// Numbers of the frame.
enum CESFrame {
  static let start: (UInt8, UInt8) = (0x0A, 0xFA)
  static let end: (UInt8, UInt8) = (0x00, 0x0B)
  static let headerByteCount = 5
  static let footerByteCount = 2
  static let overheadByteCount = headerByteCount + footerByteCount

  /// The frame's payload, to fill in.
  static func open(
    type: UInt8, payloadByteCount: Int, in frame: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    frame[0] = start.0
    frame[1] = start.1
    LittleEndian.write16(UInt16(truncatingIfNeeded: payloadByteCount), to: frame + 2)
    frame[4] = type
    let payload = frame + headerByteCount
    for index in 0..<payloadByteCount { payload[index] = 0 }
    payload[payloadByteCount] = end.0
    payload[payloadByteCount + 1] = end.1
    return payload
  }
}

/// What a board puts into its frames. Offsets are within the payload, numbers little-endian.
enum CESPayload {
  /// HealthyPi v4: ECG int16 @0, respiration int16 @2, lead status @19. Between them oximeter, temperature and rates of
  /// the board's own; 80 and 120 @17 are constants that the firmware sends as blood pressure, and nobody shows them.
  case healthyPi4
  /// HealthyPi 5: ECG int32 @0, BioZ int32 @4, @8 whether the BioZ value is an old one; oximeter and rates after it.
  case healthyPi5
  /// HealthyPi 5 in its "OpenView 3" format: eight samples of the one ECG channel @0 and four of BioZ, which has half
  /// the rate, @32; rates after them.
  case openView3

  var type: UInt8 {
    switch self {
    case .healthyPi4, .healthyPi5: 2
    case .openView3: 3
    }
  }

  var byteCount: Int {
    switch self {
    case .healthyPi4: 20
    case .healthyPi5: 22
    case .openView3: 50
    }
  }

  var samplesPerFrame: Int {
    switch self {
    case .healthyPi4, .healthyPi5: 1
    case .openView3: 8
    }
  }

  /// Whether the board sends frames of this type and length that hold no ECG: the oximeter's, beside OpenView 3.
  func isOther(type: UInt8, byteCount: Int) -> Bool {
    switch self {
    case .healthyPi4, .healthyPi5: false
    case .openView3: type == 4 && byteCount == 19
    }
  }

  /// Whether the content can be what the firmware writes: all that stands in for a check sum. Codes of a converter of
  /// at most 24 bits, a flag with two values, five status bits.
  func isPlausible(_ payload: UnsafePointer<UInt8>) -> Bool {
    switch self {
    case .healthyPi4: return payload[19] < 0x20
    case .healthyPi5:
      return isCode(payload) && isCode(payload + 4) && (payload[8] == 0 || payload[8] == 0xFF)
    case .openView3:
      for sample in 0..<12 where !isCode(payload + 4 * sample) { return false }
      return true
    }
  }

  private func isCode(_ bytes: UnsafePointer<UInt8>) -> Bool {
    let code = read(bytes)
    return code >= -0x80_0000 && code <= 0x7F_FFFF
  }

  private func read(_ bytes: UnsafePointer<UInt8>) -> Int32 {
    Int32(bitPattern: LittleEndian.read32(bytes))
  }

  /// Bit 0: an electrode of the ECG is off, bit 1: one of respiration. Only v4 tells it, in the status bits of its
  /// ADS1292R: IN1P, IN1N (respiration), IN2P, IN2N (ECG), RLD (both).
  func leadOff(_ payload: UnsafePointer<UInt8>) -> UInt32 {
    guard case .healthyPi4 = self else { return 0 }
    let status = payload[19]
    return (status & 0b11100 != 0 ? 1 : 0) | (status & 0b10011 != 0 ? 2 : 0)
  }

  /// Reads the samples into `block` from `position` on: ECG, then respiration if the block has two channels.
  func read(_ payload: UnsafePointer<UInt8>, into block: SampleBlock, at position: Int) {
    let ecg = block.channel(0) + position
    let respiration = block.channelCount > 1 ? block.channel(1) + position : nil
    switch self {
    case .healthyPi4:
      // With an electrode off the firmware writes zeros that nobody measured.
      let isMeasured = payload[19] == 0
      ecg[0] = isMeasured ? Int32(read16(payload)) : SampleBlock.missing
      respiration?[0] = isMeasured ? Int32(read16(payload + 2)) : SampleBlock.missing
    case .healthyPi5:
      ecg[0] = read(payload)
      respiration?[0] = payload[8] == 0 ? read(payload + 4) : SampleBlock.missing
    case .openView3:
      for sample in 0..<8 {
        ecg[sample] = read(payload + 4 * sample)
        respiration?[sample] = read(payload + 32 + 4 * (sample / 2))
      }
    }
  }

  private func read16(_ bytes: UnsafePointer<UInt8>) -> Int16 {
    Int16(bitPattern: LittleEndian.read16(bytes))
  }
}
