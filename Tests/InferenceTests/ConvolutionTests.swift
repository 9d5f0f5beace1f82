// The convolution of every instruction set that this processor has: against 64-bit integers over random
// shapes, and by hand where rounding and clamping are easily got wrong.

import CKernels
import TestSupport
import Testing

@testable import Inference

/// A layer with arrays of its own, run by a set of kernels and by plain 64-bit integers.
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
  var inputIsSigned = true

  var outputChannels: Int { bias.count }

  private func padded(_ values: [Int32]) -> [Int32] {
    let multiple = conv1d_s8_channel_multiple
    return values + [Int32](repeating: 0, count: (multiple - values.count % multiple) % multiple)
  }

  func run(_ set: KernelSet, _ input: [Int8], skip: [Int8]? = nil, count: Int) -> [Int8] {
    let layout = set.table.pointee.layout
    let multiplier = padded(multiplier)
    let skipMultiplier = padded(skipMultiplier ?? [0])
    // What lies around the output must stay as it is.
    var output = [Int8](repeating: 99, count: count * outputChannels + 64)
    multiplier.withUnsafeBufferPointer { multiplier in
      skipMultiplier.withUnsafeBufferPointer { skipMultiplier in
        var layer = described
        layer.multiplier = multiplier.baseAddress
        layer.skipMultiplier = skip == nil ? nil : skipMultiplier.baseAddress
        let size = conv1d_s8_packed_size(layout, &layer, weight)
        let packed = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        defer { packed.deallocate() }
        #expect(conv1d_s8_pack(layout, weight, bias, packed, &layer) == size)
        if let skip {
          conv1d_s8(set.table, &layer, input, skip, &output, count)
        } else {
          conv1d_s8(set.table, &layer, input, nil, &output, count)
        }
      }
    }
    #expect(output.suffix(64).allSatisfy { $0 == 99 }, "\(set.name) wrote behind its output")
    return Array(output.dropLast(64))
  }

  /// The layer without its constants.
  private var described: conv1d_s8_layer {
    var layer = conv1d_s8_layer()
    layer.kernel = Int32(kernel)
    layer.stride = Int32(stride)
    layer.inputChannels = Int32(inputChannels)
    layer.outputChannels = Int32(outputChannels)
    layer.shift = Int32(shift)
    layer.minimum = Int32(codes.lowerBound)
    layer.maximum = Int32(codes.upperBound)
    layer.inputIsSigned = inputIsSigned
    layer.weightsAreNarrow = weight.allSatisfy { abs(Int($0)) <= 63 }
    return layer
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

@Test("halves round up and negative numbers shift arithmetically", arguments: KernelSet.available)
func roundingOfNegatives(set: KernelSet) {
  // One weight of 1, multiplier 1, shift 2: y = floor((x + 2) / 4).
  let layer = Convolution(weight: [1], bias: [0], multiplier: [1], shift: 2)
  let input: [Int8] = [-127, -7, -6, -5, -3, -2, -1, 0, 1, 2, 3, 6, 127]
  let expected: [Int8] = [-32, -2, -1, -1, -1, 0, 0, 0, 0, 1, 1, 2, 32]
  #expect(layer.run(set, input, count: input.count) == expected)
}

@Test("outputs clamp to the layer's range", arguments: KernelSet.available)
func clamping(set: KernelSet) {
  var layer = Convolution(weight: [127], bias: [5], multiplier: [1 << 20], shift: 20)
  #expect(layer.run(set, [-127, -1, 0, 1, 127], count: 5) == [-127, -122, 5, 127, 127])
  layer.codes = 0...100
  #expect(layer.run(set, [-127, -1, 0, 1, 127], count: 5) == [0, 0, 5, 100, 100])
}

@Test(
  "the largest accumulator and multiplier with the largest shift do not overflow",
  arguments: KernelSet.available)
func extremes(set: KernelSet) {
  let bias = Int32.max - 127 * 127
  let layer = Convolution(
    weight: [127], bias: [bias], multiplier: [.max], skipMultiplier: [.max], shift: 62)
  for code: Int8 in [-127, 127] {
    let output = layer.run(set, [code], skip: [code], count: 1)
    // (2^31 * 2^31 + 2^61) >> 62 = 1
    #expect(output == [1])
    #expect(output == layer.expected([code], skip: [code], count: 1))
  }
}

@Test("the largest codes and weights saturate nowhere", arguments: KernelSet.available)
func nothingSaturates(set: KernelSet) {
  for weight: Int8 in [-127, -63, 63, 127] {
    for isSigned in [false, true] {
      let length = 97
      let layer = Convolution(
        weight: [Int8](repeating: weight, count: length * 9), bias: [Int32](repeating: 0, count: 9),
        multiplier: [Int32](repeating: 1, count: 9), inputChannels: length, shift: 14,
        inputIsSigned: isSigned)
      let input = [Int8](repeating: isSigned ? -127 : 127, count: length * 5)
      #expect(layer.run(set, input, count: 5) == layer.expected(input, count: 5))
    }
  }
}

@Test(
  "windows in pairs are exact up to the largest sums of three weights, and not taken beyond",
  arguments: KernelSet.available)
func pairsAtTheirLimits(set: KernelSet) {
  var generator = SeededRandom(seed: 10)
  let limits: [[Int8]] = [
    [63, 1, 63], [-42, -43, -42], [127, 0, 0], [63, -1, 63], [42, -43, 42], [0, -127, 0],
    [64, 0, 64], [-43, -42, -43], [127, 127, 127], [43, -42, 43],
  ]
  for weights in limits {
    for inputs in [4, 6, 1024, 1025] {
      let outputs = 17
      let row = weights.flatMap { [Int8](repeating: $0, count: inputs) }
      let layer = Convolution(
        weight: (0..<outputs).flatMap { _ in row },
        bias: (0..<Int32(outputs)).map { ($0 - 8) * 1000 },
        multiplier: [Int32](repeating: 1, count: outputs), kernel: 3, inputChannels: inputs,
        shift: 18, inputIsSigned: false)
      // The largest codes and none at all, in every order that four steps can have, some many times over.
      let steps = (0..<22).map { _ in Bool.random(using: &generator) ? Int8(127) : 0 }
      let input = steps.flatMap { [Int8](repeating: $0, count: inputs) }
      for count in [1, 2, 19, 20] {
        #expect(
          layer.run(set, input, count: count) == layer.expected(input, count: count),
          "\(weights), \(inputs) channels, \(count) windows")
      }
    }
  }
}

/// A random layer and what it takes.
private func randomLayer(
  _ generator: inout SeededRandom, kernel: Int, stride: Int, inputs: Int, outputs: Int, count: Int
) -> (layer: Convolution, input: [Int8], skip: [Int8]) {
  let isSigned = Bool.random(using: &generator)
  // With weights up to 42 all sums of three fit, and windows can be computed in pairs.
  let limit = [Int8(42), 63, 127].randomElement(using: &generator)!
  let shift = Int.random(in: 1...45, using: &generator)
  func numbers(_ range: ClosedRange<Int32>) -> [Int32] {
    (0..<outputs).map { _ in Int32.random(in: range, using: &generator) }
  }
  func codes(_ count: Int, _ range: ClosedRange<Int8>) -> [Int8] {
    (0..<count).map { _ in Int8.random(in: range, using: &generator) }
  }
  // Outputs of some hundreds, so that both sides of the clamp and what lies between are met.
  let top = Int32(clamping: (1 << shift) / 300)
  let layer = Convolution(
    weight: codes(outputs * kernel * inputs, -limit...limit), bias: numbers(-40_000...40_000),
    multiplier: numbers(0...top), skipMultiplier: numbers(0...Int32(clamping: 1 << shift)),
    kernel: kernel, stride: stride, inputChannels: inputs, shift: shift,
    codes: Int.random(in: -127...0, using: &generator)...127, inputIsSigned: isSigned)
  let input = codes(
    ((max(count, 1) - 1) * stride + kernel) * inputs, isSigned ? -127...127 : 0...127)
  return (layer, input, codes(count * outputs, -127...127))
}

@Test("random layers of every shape agree with 64-bit integers", arguments: KernelSet.available)
func randomLayers(set: KernelSet) {
  var generator = SeededRandom(seed: 7)
  for _ in 0..<200 {
    let count = Int.random(in: 0...20, using: &generator)
    let (layer, input, skip) = randomLayer(
      &generator, kernel: Int.random(in: 1...7, using: &generator),
      stride: Int.random(in: 1...3, using: &generator),
      inputs: Int.random(in: 1...40, using: &generator),
      outputs: Int.random(in: 1...70, using: &generator), count: count)
    #expect(layer.run(set, input, count: count) == layer.expected(input, count: count))
    #expect(
      layer.run(set, input, skip: skip, count: count)
        == layer.expected(input, skip: skip, count: count))
  }
}

@Test("sizes around whole vectors and tiles, and primes", arguments: KernelSet.available)
func sizesAroundVectors(set: KernelSet) {
  var generator = SeededRandom(seed: 8)
  let sizes = [1, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 31, 32, 33, 63, 64, 65]
  for size in sizes {
    for count in [0, 1, 3, 4, 5, 6, 7, 11, 12, 13] {
      let (layer, input, skip) = randomLayer(
        &generator, kernel: 3, stride: 1, inputs: size, outputs: size, count: count)
      #expect(
        layer.run(set, input, skip: skip, count: count)
          == layer.expected(input, skip: skip, count: count), "\(size) channels, \(count) steps")
    }
  }
}

@Test("an unknown name of kernels is refused with those that run here")
func unknownKernels() throws {
  #expect(KernelSet.available.last?.name == "c")
  #expect(try KernelSet.named("c").name == "c")
  #expect(throws: ModelError.self) { try KernelSet.named("mmx") }
}

@Test("the sums over time are exact", arguments: KernelSet.available)
func sums(set: KernelSet) {
  var generator = SeededRandom(seed: 9)
  for channels in [1, 2, 15, 16, 17, 33, 240] {
    for count in [0, 1, 2, 3, 49, 1001] {
      let extreme = Bool.random(using: &generator)
      let input = (0..<count * channels).map { _ in
        extreme ? -127 : Int8.random(in: -127...127, using: &generator)
      }
      var sums = [Int32](repeating: 9, count: channels)
      var squares = sums
      frame_sums_s8(set.table, input, count, channels, &sums, &squares)
      for channel in 0..<channels {
        let codes = stride(from: channel, to: count * channels, by: channels).map { Int(input[$0]) }
        #expect(Int(sums[channel]) == codes.reduce(0, +))
        #expect(Int(squares[channel]) == codes.reduce(0) { $0 + $1 * $1 })
      }
      let before = squares
      frame_sums_s8(set.table, input, count, channels, &sums, nil)
      #expect(squares == before)
    }
  }
}
