// ADC codes to microvolts, sample by sample, for every row: what the signal chain is fed with.

import ECGSignal

/// Turns the codes of a block into the microvolts of all rows. Owns its tables, allocates only at `init`; one thread.
public final class RowAssembly {
  /// Rows of the layout.
  public let rowCount: Int
  private let channelCount: Int
  private let microvoltsPerCode: UnsafeMutablePointer<Double>
  private let offsetMicrovolts: UnsafeMutablePointer<Double>
  private let codeMinimum: UnsafeMutablePointer<Int32>
  private let codeMaximum: UnsafeMutablePointer<Int32>
  private let derivations: UnsafeMutableBufferPointer<Derivation>
  /// Rows that need channel `n`, a bit each: which curves an electrode takes with it.
  private let rowsOfChannel: UnsafeMutablePointer<UInt32>
  /// Rows whose last sample stood at an end of the ADC's range, a bit each.
  public private(set) var saturatedRows: UInt32 = 0

  /// `row = row * own + first * a + second * b`.
  private struct Derivation: BitwiseCopyable {
    var row: Int
    /// 1 for a channel that is brought to another reference, 0 for a row that is nothing but derived.
    var own: Float
    var first: Int
    var second: Int
    var a: Float
    var b: Float
  }

  /// Plans the tables of a format whose rows were laid out by `layout`.
  public init(format: SignalFormat, layout: RowLayout) {
    rowCount = layout.rows.count
    channelCount = format.channels.count
    microvoltsPerCode = .allocate(capacity: channelCount)
    offsetMicrovolts = .allocate(capacity: channelCount)
    codeMinimum = .allocate(capacity: channelCount)
    codeMaximum = .allocate(capacity: channelCount)
    rowsOfChannel = .allocate(capacity: channelCount)
    for (index, channel) in format.channels.enumerated() {
      microvoltsPerCode[index] = channel.microvoltsPerCode
      offsetMicrovolts[index] =
        channel.offsetMicrovolts - Double(channel.baseline) * channel.microvoltsPerCode
      codeMinimum[index] = channel.codeRange.lowerBound
      codeMaximum[index] = channel.codeRange.upperBound
      rowsOfChannel[index] = 1 << UInt32(index)
    }
    var derived: [Derivation] = []
    for (index, row) in layout.rows.enumerated() {
      let derivation: Derivation
      switch row.origin {
      case .channel: continue
      case .derived(let first, let second, let a, let b):
        derivation = Derivation(row: index, own: 0, first: first, second: second, a: a, b: b)
      case .chest(_, let first, let second, let a, let b):
        derivation = Derivation(row: index, own: 1, first: first, second: second, a: -a, b: -b)
      }
      derived.append(derivation)
      let (first, second) = (derivation.first, derivation.second)
      rowsOfChannel[first] |= 1 << UInt32(index)
      rowsOfChannel[second] |= 1 << UInt32(index)
    }
    derivations = .allocate(capacity: derived.count)
    _ = derivations.initialize(from: derived)
  }

  deinit {
    microvoltsPerCode.deallocate()
    offsetMicrovolts.deallocate()
    codeMinimum.deallocate()
    codeMaximum.deallocate()
    rowsOfChannel.deallocate()
    derivations.deallocate()
  }

  /// The rows that are lost when the electrodes of these channels are off.
  public func rows(lostWith channels: UInt32) -> UInt32 {
    var rows: UInt32 = 0
    for channel in 0..<channelCount where channels & (1 << UInt32(channel)) != 0 {
      rows |= rowsOfChannel[channel]
    }
    return rows
  }

  /// Writes the microvolts of all rows of one sample; what was not measured is NaN.
  public func assemble(_ block: SampleBlock, sample: Int, into row: UnsafeMutablePointer<Float>) {
    var saturated: UInt32 = 0
    for channel in 0..<channelCount {
      let code = block.channel(channel)[sample]
      if code == SampleBlock.missing {
        row[channel] = .nan
      } else {
        row[channel] = Float(
          Double(code) * microvoltsPerCode[channel] + offsetMicrovolts[channel])
        if code <= codeMinimum[channel] || code >= codeMaximum[channel] {
          saturated |= rowsOfChannel[channel]
        }
      }
    }
    for derivation in derivations {
      let limbs = derivation.a * row[derivation.first] + derivation.b * row[derivation.second]
      row[derivation.row] = derivation.own == 0 ? limbs : row[derivation.row] + limbs
    }
    saturatedRows = saturated
  }
}
