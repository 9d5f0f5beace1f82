// From the codes of the emulated 24-bit converter to those of the converter that a wire format has.

import ECGSignal
import FrontEnds

/// Rescales codes, clamping as a converter does: rail to rail.
struct CodeScale {
  /// The codes of the wire format's converter.
  let range: ClosedRange<Int32>
  private let factor: Double
  private let baseline: Double

  init(_ converter: WireConverter) {
    range = converter.codeRange
    factor = EmulatedConverter.microvoltsPerCode / converter.microvoltsPerCode
    baseline = Double(converter.baseline)
  }

  /// Converts the chosen channels of a block.
  func convert(_ block: SampleBlock, channels: [Int], into scaled: SampleBlock) {
    scaled.header.pointee = block.header.pointee
    let samples = Int(block.header.pointee.sampleCount)
    for (place, channel) in channels.enumerated() {
      for sample in 0..<samples {
        scaled.channel(place)[sample] = code(block.channel(channel)[sample])
      }
    }
  }

  private func code(_ code: Int32) -> Int32 {
    if code >= EmulatedConverter.codeMax { return range.upperBound }
    if code <= EmulatedConverter.codeMin { return range.lowerBound }
    let value = (Double(code) * factor).rounded() + baseline
    return Int32(max(Double(range.lowerBound), min(Double(range.upperBound), value)))
  }
}
