// The recording as delineation needs it: gaps bridged, pacing spikes cut out, the baseline level.

import Glibc

extension Biquad {
  /// Filters forwards and backwards in place: no delay, and the attenuation twice.
  ///
  /// - Parameter reflected: samples mirrored beyond each end, so that the filter has settled there.
  func filterBothWays(_ values: UnsafeMutablePointer<Float>, count: Int, reflected: Int) {
    guard count > 1 else { return }
    filter(values, count: count, step: 1, reflected: min(reflected, count &- 1))
    filter(values + (count &- 1), count: count, step: -1, reflected: min(reflected, count &- 1))
  }

  private func filter(
    _ values: UnsafeMutablePointer<Float>, count: Int, step: Int, reflected: Int
  ) {
    var state = BiquadState()
    let pivot = 2 * Double(values[0])
    _ = state.settle(self, on: pivot - Double(values[reflected &* step]))
    var place = reflected &- 1
    while place > 0 {
      _ = state.step(self, pivot - Double(values[place &* step]))
      place &-= 1
    }
    for place in 0..<count {
      values[place &* step] = Float(state.step(self, Double(values[place &* step])))
    }
  }
}

/// A copy of the rows in microvolts, `[row][sampleCountMax]`, made ready. Owns its buffers.
final class DelineatorRows {
  /// No electrode gives more than ten volts; beyond, sums of squares would leave Float's range.
  private static let largest: Float = 1e7
  /// A row of which more is missing is left out.
  private static let missingShareMax = 0.05
  /// Slower than any wave: at 60 beats a minute ST is moved by less than 5 microvolts.
  private static let baselineHertz = 0.5
  /// Below this rate a pacing spike is no longer a spike.
  private static let spikeRateMin = 400.0
  /// A spike jumps by more than this a sample (mean over the rows), and four times more than anything in the
  /// 50 ms before it or once it has decayed.
  private static let spikeMicrovolts: Float = 40
  private static let spikeRatio: Float = 4
  /// The tail of a spike lasts about so long.
  private static let spikeSeconds = 0.016

  let rowCount: Int
  let stride: Int
  let values: UnsafeMutablePointer<Float>
  private(set) var sampleCount = 0
  /// Bit n: row n is measured.
  private(set) var usable: UInt32 = 0

  private let sampleRate: Double
  private let baseline: Biquad
  /// Mean step of the rows from the sample before.
  private let steps: UnsafeMutablePointer<Float>
  /// Ends of the cut-out spikes, ascending.
  private let spikeEnds: UnsafeMutablePointer<Int>
  private let spikeCountMax: Int
  private var spikeCount = 0

  init(sampleRate: Double, rowCount: Int, sampleCountMax: Int) {
    self.sampleRate = sampleRate
    self.rowCount = rowCount
    stride = sampleCountMax
    baseline = .highPass(
      hertz: Self.baselineHertz, sampleRate: sampleRate, quality: Biquad.butterworth)
    values = .allocate(capacity: rowCount * stride)
    values.initialize(repeating: 0, count: rowCount * stride)
    steps = .allocate(capacity: stride)
    steps.initialize(repeating: 0, count: stride)
    spikeCountMax = Int(Double(stride) / (Self.spikeSeconds * sampleRate)) + 1
    spikeEnds = .allocate(capacity: spikeCountMax)
    spikeEnds.initialize(repeating: 0, count: spikeCountMax)
  }

  deinit {
    values.deallocate()
    steps.deallocate()
    spikeEnds.deallocate()
  }

  /// The row's samples.
  @inline(__always)
  func row(_ row: Int) -> UnsafeMutablePointer<Float> { values + row &* stride }

  @inline(__always)
  func isUsable(_ row: Int) -> Bool { usable & (1 &<< UInt32(row)) != 0 }

  /// Takes rows `[row][stride]`, of which the first `sampleCount` samples count.
  func load(_ microvolts: UnsafePointer<Float>, stride: Int, sampleCount: Int) {
    self.sampleCount = max(0, min(sampleCount, self.stride))
    usable = 0
    for row in 0..<rowCount where copy(microvolts + row &* stride, to: row) {
      usable |= 1 &<< UInt32(row)
    }
    cutSpikes()
    for row in 0..<rowCount where isUsable(row) {
      baseline.filterBothWays(self.row(row), count: self.sampleCount, reflected: Int(sampleRate))
    }
  }

  /// The end of the last spike before a sample and within `reach` samples of it.
  func spikeEnd(before sample: Int, reach: Int) -> Int? {
    var found: Int?
    for spike in 0..<spikeCount
    where spikeEnds[spike] < sample && spikeEnds[spike] > sample &- reach {
      found = spikeEnds[spike]
    }
    return found
  }

  /// Copies a row; what is missing keeps the value before it. False where too much is missing.
  private func copy(_ source: UnsafePointer<Float>, to row: Int) -> Bool {
    let target = self.row(row)
    var missing = 0
    var last: Float?
    for sample in 0..<sampleCount {
      if source[sample].isFinite {
        last = min(max(source[sample], -Self.largest), Self.largest)
      } else {
        missing &+= 1
      }
      target[sample] = last ?? .nan
    }
    let isEnough = last != nil && Double(missing) <= Self.missingShareMax * Double(sampleCount)
    var sample = 0
    var first: Float = 0
    while sample < sampleCount, target[sample].isNaN { sample &+= 1 }
    if sample < sampleCount { first = target[sample] }
    for place in 0..<sample { target[place] = first }
    if !isEnough { target.update(repeating: 0, count: sampleCount) }
    return isEnough
  }

  private func cutSpikes() {
    spikeCount = 0
    let rows = usable.nonzeroBitCount
    guard sampleRate >= Self.spikeRateMin, rows > 0 else { return }
    let before = Int(0.05 * sampleRate)
    let after = (from: Int(0.01 * sampleRate), to: Int(0.026 * sampleRate))
    let tail = Int(Self.spikeSeconds * sampleRate)
    let gap = Int(0.004 * sampleRate)
    guard sampleCount > before &+ after.to else { return }
    measureSteps(rows: rows)
    var sample = before
    while sample < sampleCount &- after.to {
      let step = steps[sample]
      if step > Self.spikeMicrovolts,
        step > Self.spikeRatio * largestStep(sample &- before, sample &- gap),
        step > Self.spikeRatio * largestStep(sample &+ after.from, sample &+ after.to)
      {
        bridge(from: sample &- gap, to: sample &+ tail)
        if spikeCount < spikeCountMax {
          spikeEnds[spikeCount] = sample &+ tail
          spikeCount &+= 1
        }
        sample &+= tail
      }
      sample &+= 1
    }
  }

  private func measureSteps(rows: Int) {
    steps.update(repeating: 0, count: sampleCount)
    for row in 0..<rowCount where isUsable(row) {
      let values = self.row(row)
      for sample in 1..<sampleCount {
        steps[sample] += abs(values[sample] - values[sample &- 1]) / Float(rows)
      }
    }
  }

  private func largestStep(_ first: Int, _ end: Int) -> Float {
    var largest: Float = 0
    var sample = first
    while sample < end {
      largest = max(largest, steps[sample])
      sample &+= 1
    }
    return largest
  }

  private func bridge(from first: Int, to last: Int) {
    for row in 0..<rowCount where isUsable(row) {
      let values = self.row(row)
      let slope = (values[last] - values[first]) / Float(last &- first)
      for sample in first...last {
        values[sample] = values[first] + slope * Float(sample &- first)
      }
    }
  }
}
