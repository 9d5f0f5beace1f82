// The convolution kernel alone: against 64-bit integers over random shapes, and by hand where rounding
// and clamping are easily got wrong.

import CKernels
import TestSupport
import Testing

/// A layer with arrays of its own, run by the kernel and by plain 64-bit integers.
private struct Convolution {
  var weight: [Int8]
  var bias: [Int32]
  var multiplier: [Int32]
  var skipMultiplier: [Int32]?
  var kernel = 1
  var stride = 1
  var inputChannels = 1
  var shift = 1
  var codes = -127...127

  var outputChannels: Int { bias.count }

  func run(_ input: [Int8], skip: [Int8]? = nil, count: Int) -> [Int8] {
    var output = [Int8](repeating: 99, count: count * outputChannels)
    weight.withUnsafeBufferPointer { weight in
      bias.withUnsafeBufferPointer { bias in
        multiplier.withUnsafeBufferPointer { multiplier in
          (skipMultiplier ?? []).withUnsafeBufferPointer { skipMultiplier in
            var layer = conv1d_s8_layer(
              weight: weight.baseAddress, bias: bias.baseAddress,
              multiplier: multiplier.baseAddress,
              skipMultiplier: skip == nil ? nil : skipMultiplier.baseAddress,
              kernel: Int32(kernel), stride: Int32(stride), inputChannels: Int32(inputChannels),
              outputChannels: Int32(outputChannels), shift: Int32(shift),
              minimum: Int32(codes.lowerBound), maximum: Int32(codes.upperBound))
            if let skip {
              conv1d_s8(&layer, input, skip, &output, count)
            } else {
              conv1d_s8(&layer, input, nil, &output, count)
            }
          }
        }
      }
    }
    return output
  }

  func expected(_ input: [Int8], skip: [Int8]? = nil, count: Int) -> [Int8] {
    var output: [Int8] = []
    for time in 0..<count {
      for channel in 0..<outputChannels {
        var value = Int(bias[channel])
        for tap in 0..<kernel {
          for source in 0..<inputChannels {
            value +=
              Int(weight[(channel * kernel + tap) * inputChannels + source])
              * Int(input[(time * stride + tap) * inputChannels + source])
          }
        }
        value *= Int(multiplier[channel])
        if let skip, let skipMultiplier {
          value += Int(skip[time * outputChannels + channel]) * Int(skipMultiplier[channel])
        }
        // floor((value + half) / 2^shift), without a shift of a negative number
        value += 1 << (shift - 1)
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 1 << shift)
        let floor = remainder < 0 ? quotient - 1 : quotient
        output.append(Int8(min(max(floor, codes.lowerBound), codes.upperBound)))
      }
    }
    return output
  }
}

@Test("halves round up and negative numbers shift arithmetically")
func roundingOfNegatives() {
  // One weight of 1, multiplier 1, shift 2: y = floor((x + 2) / 4).
  let layer = Convolution(weight: [1], bias: [0], multiplier: [1], shift: 2)
  let input: [Int8] = [-127, -7, -6, -5, -3, -2, -1, 0, 1, 2, 3, 6, 127]
  let expected: [Int8] = [-32, -2, -1, -1, -1, 0, 0, 0, 0, 1, 1, 2, 32]
  #expect(layer.run(input, count: input.count) == expected)
}

@Test("outputs clamp to the layer's range")
func clamping() {
  var layer = Convolution(weight: [127], bias: [5], multiplier: [1 << 20], shift: 20)
  #expect(layer.run([-127, -1, 0, 1, 127], count: 5) == [-127, -122, 5, 127, 127])
  layer.codes = 0...100
  #expect(layer.run([-127, -1, 0, 1, 127], count: 5) == [0, 0, 5, 100, 100])
}

@Test("the largest accumulator and multiplier with the largest shift do not overflow")
func extremes() {
  let bias = Int32.max - 127 * 127
  let layer = Convolution(
    weight: [127], bias: [bias], multiplier: [.max], skipMultiplier: [.max], shift: 62)
  for code: Int8 in [-127, 127] {
    let output = layer.run([code], skip: [code], count: 1)
    // (2^31 * 2^31 + 2^61) >> 62 = 1
    #expect(output == [1])
    #expect(output == layer.expected([code], skip: [code], count: 1))
  }
}

@Test("random layers of every shape agree with 64-bit integers")
func randomLayers() {
  var generator = SeededRandom(seed: 7)
  func codes(_ count: Int) -> [Int8] {
    (0..<count).map { _ in Int8.random(in: -127...127, using: &generator) }
  }
  for _ in 0..<200 {
    let kernel = Int.random(in: 1...7, using: &generator)
    let stride = Int.random(in: 1...3, using: &generator)
    let inputs = Int.random(in: 1...19, using: &generator)
    let outputs = Int.random(in: 1...11, using: &generator)
    let count = Int.random(in: 1...9, using: &generator)
    let shift = Int.random(in: 1...30, using: &generator)
    func numbers(_ range: ClosedRange<Int32>) -> [Int32] {
      (0..<outputs).map { _ in Int32.random(in: range, using: &generator) }
    }
    let top = Int32(clamping: (1 << shift) / 300)
    let layer = Convolution(
      weight: codes(outputs * kernel * inputs), bias: numbers(-40_000...40_000),
      multiplier: numbers(0...top), skipMultiplier: numbers(0...Int32(clamping: 1 << shift)),
      kernel: kernel, stride: stride, inputChannels: inputs, shift: shift,
      codes: Int.random(in: -127...0, using: &generator)...127)
    let input = codes(((count - 1) * stride + kernel) * inputs)
    let skip = codes(count * outputs)
    #expect(layer.run(input, count: count) == layer.expected(input, count: count))
    #expect(
      layer.run(input, skip: skip, count: count) == layer.expected(input, skip: skip, count: count))
  }
}

@Test("the sum over time is exact")
func sums() {
  let input: [Int8] = [1, -127, 3, -127, 5, -127]
  var sums: [Int32] = [9, 9]
  sum_s8(input, 3, 2, &sums)
  #expect(sums == [9, -381])
  sum_s8(input, 0, 2, &sums)
  #expect(sums == [0, 0])
  sum_squares_s8(input, 3, 2, &sums)
  #expect(sums == [35, 3 * 127 * 127])
  sum_squares_s8(input, 0, 2, &sums)
  #expect(sums == [0, 0])
}
