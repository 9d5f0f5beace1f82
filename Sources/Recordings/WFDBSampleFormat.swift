// How WFDB signal files store a sample: the amplitude formats of signal(5), each decoded at any
// position, so that a record can be read from anywhere.

import ECGSignal

/// A format of a WFDB signal file.
enum WFDBSampleFormat: Int {
  case eightBitOffset = 80
  case twelveBitPairs = 212
  case sixteenBit = 16
  case sixteenBitBigEndian = 61
  case sixteenBitOffset = 160
  case twentyFourBit = 24
  case thirtyTwoBit = 32

  /// The formats as an error message lists them.
  static let names = "16, 24, 32, 61, 80, 160 and 212"

  /// Bits of a stored sample.
  var bits: Int {
    switch self {
    case .eightBitOffset: 8
    case .twelveBitPairs: 12
    case .sixteenBit, .sixteenBitBigEndian, .sixteenBitOffset: 16
    case .twentyFourBit: 24
    case .thirtyTwoBit: 32
    }
  }

  /// The stored value that stands for "not measured": the most negative one.
  var missing: Int32 { Int32(truncatingIfNeeded: -1 << (bits - 1)) }

  /// Every code that can be stored and is not `missing`.
  var codeRange: ClosedRange<Int32> { (missing + 1)...Int32(truncatingIfNeeded: ~missing) }

  /// Bytes that `count` consecutive samples take from the start of a file. At most 2^56 samples.
  func byteCount(samples count: Int) -> Int {
    self == .twelveBitPairs ? count / 2 * 3 + count % 2 * 2 : count * (bits / 8)
  }

  /// Samples that `count` bytes hold; a started one is not counted.
  func sampleCount(bytes count: Int) -> Int {
    self == .twelveBitPairs ? count / 3 * 2 + count % 3 / 2 : count / (bits / 8)
  }

  /// Where the bytes that sample `index` is decoded from begin: for pairs, the pair's first byte.
  func byteOffset(sample index: Int) -> Int {
    self == .twelveBitPairs ? index / 2 * 3 : index * (bits / 8)
  }

  /// Decodes `count` samples, every `step`-th from sample `first`, counted from the start of `bytes`,
  /// into every `outputStep`-th place of `codes`.
  ///
  /// The caller has made sure that `bytes` holds sample `first + (count - 1) * step`. Every result is
  /// a code or `SampleBlock.missing`.
  func decode(
    _ bytes: UnsafeRawBufferPointer, first: Int, step: Int, count: Int,
    into codes: UnsafeMutablePointer<Int32>, outputStep: Int
  ) {
    switch self {
    case .sixteenBit:
      fill(codes, outputStep, first, step, count) {
        Int32(Int16(bitPattern: UInt16(bytes[2 &* $0]) | UInt16(bytes[2 &* $0 &+ 1]) << 8))
      }
    case .sixteenBitBigEndian:
      fill(codes, outputStep, first, step, count) {
        Int32(Int16(bitPattern: UInt16(bytes[2 &* $0 &+ 1]) | UInt16(bytes[2 &* $0]) << 8))
      }
    case .sixteenBitOffset:
      fill(codes, outputStep, first, step, count) {
        (Int32(bytes[2 &* $0]) | Int32(bytes[2 &* $0 &+ 1]) << 8) &- 32768
      }
    case .eightBitOffset:
      fill(codes, outputStep, first, step, count) { Int32(bytes[$0]) &- 128 }
    case .twentyFourBit:
      fill(codes, outputStep, first, step, count) {
        let low = UInt32(bytes[3 &* $0]) << 8 | UInt32(bytes[3 &* $0 &+ 1]) << 16
        return Int32(bitPattern: low | UInt32(bytes[3 &* $0 &+ 2]) << 24) >> 8
      }
    case .thirtyTwoBit:
      fill(codes, outputStep, first, step, count) {
        let low = UInt32(bytes[4 &* $0]) | UInt32(bytes[4 &* $0 &+ 1]) << 8
        let high = UInt32(bytes[4 &* $0 &+ 2]) << 16 | UInt32(bytes[4 &* $0 &+ 3]) << 24
        return Int32(bitPattern: low | high)
      }
    case .twelveBitPairs:
      fill(codes, outputStep, first, step, count) {
        // Two samples in three bytes: the middle one holds the upper four bits of both.
        let pair = ($0 >> 1) &* 3
        let middle = UInt32(bytes[pair &+ 1])
        let low = $0 & 1 == 0 ? UInt32(bytes[pair]) : UInt32(bytes[pair &+ 2])
        let high = $0 & 1 == 0 ? middle & 0x0F : middle >> 4
        return Int32(bitPattern: (low | high << 8) << 20) >> 20
      }
    }
  }

  @inline(__always)
  private func fill(
    _ codes: UnsafeMutablePointer<Int32>, _ outputStep: Int, _ first: Int, _ step: Int,
    _ count: Int, _ sample: (Int) -> Int32
  ) {
    let missing = missing
    var index = first
    var position = 0
    for _ in 0..<count {
      let code = sample(index)
      codes[position] = code == missing ? SampleBlock.missing : code
      index &+= step
      position &+= outputStep
    }
  }
}
