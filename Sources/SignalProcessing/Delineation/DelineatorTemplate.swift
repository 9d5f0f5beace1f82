// The median beat of a form: each sample of each row is the median over the beats of that form, so that what is
// not in step with the complexes (noise, fibrillation, a chance extrasystole) is gone.

import Glibc

/// A median beat. Owns its buffers.
final class DelineatorTemplate {
  /// Before and after the sample on which the beats are aligned.
  private static let beforeSeconds = 0.6
  private static let afterSeconds = 0.8
  /// A row's level is taken over so long around the complex before beats are compared.
  private static let levelSeconds = 0.12

  private static let lanes = 16

  let rowCount: Int
  /// Samples before the complex's centre.
  let before: Int
  let length: Int
  /// `[row][length]` microvolts in the full band.
  let values: UnsafeMutablePointer<Float>
  /// Speed of all rows together in microvolts a sample, `[length]`, from `measureSlope`.
  let slope: UnsafeMutablePointer<Float>

  private let sampleRate: Double
  private let levelReach: Int
  private let smooth: UnsafeMutablePointer<Float>
  /// For sorting: values, and values of neighbouring samples side by side.
  private let column: UnsafeMutablePointer<Float>
  private let columns: UnsafeMutablePointer<SIMD16<Float>>
  /// Centres and levels (`[row][beatCountMax]`) of the members.
  private let centres: UnsafeMutablePointer<Int>
  private let levels: UnsafeMutablePointer<Float>
  private let beatCountMax: Int

  init(sampleRate: Double, rowCount: Int, beatCountMax: Int) {
    self.sampleRate = sampleRate
    self.rowCount = rowCount
    self.beatCountMax = beatCountMax
    before = Int(Self.beforeSeconds * sampleRate)
    let span = before + Int(Self.afterSeconds * sampleRate)
    length = (span + Self.lanes - 1) / Self.lanes * Self.lanes
    levelReach = Int(Self.levelSeconds * sampleRate)
    values = .allocate(capacity: rowCount * length)
    values.initialize(repeating: 0, count: rowCount * length)
    smooth = .allocate(capacity: rowCount * length)
    smooth.initialize(repeating: 0, count: rowCount * length)
    slope = .allocate(capacity: length)
    slope.initialize(repeating: 0, count: length)
    column = .allocate(capacity: length)
    column.initialize(repeating: 0, count: length)
    columns = .allocate(capacity: beatCountMax)
    columns.initialize(repeating: SIMD16(), count: beatCountMax)
    centres = .allocate(capacity: beatCountMax)
    centres.initialize(repeating: 0, count: beatCountMax)
    levels = .allocate(capacity: rowCount * beatCountMax)
    levels.initialize(repeating: 0, count: rowCount * beatCountMax)
  }

  deinit {
    values.deallocate()
    smooth.deallocate()
    slope.deallocate()
    column.deallocate()
    columns.deallocate()
    centres.deallocate()
    levels.deallocate()
  }

  @inline(__always)
  func row(_ row: Int) -> UnsafeMutablePointer<Float> { values + row &* length }

  /// Takes the median of the beats of a form.
  func average(form: Int, of forms: DelineatorForms, in rows: DelineatorRows) {
    var members = 0
    for beat in 0..<forms.beatCount where forms.beats[beat].form == form {
      centres[members] = forms.beats[beat].centre
      for row in 0..<rowCount {
        var sum: Float = 0
        let first = rows.row(row) + (centres[members] &- levelReach)
        for place in 0..<2 &* levelReach { sum += first[place] }
        levels[row &* beatCountMax &+ members] = sum / Float(2 &* levelReach)
      }
      members &+= 1
    }
    for row in 0..<rowCount {
      let source = rows.row(row)
      let levels = levels + row &* beatCountMax
      var place = 0
      while place < length {
        var count = 0
        for member in 0..<members {
          let sample = centres[member] &- before &+ place
          guard sample >= 0, sample &+ Self.lanes <= rows.sampleCount else { continue }
          let values = UnsafeRawPointer(source + sample).loadUnaligned(as: SIMD16<Float>.self)
          insert(values - levels[member], at: count)
          count &+= 1
        }
        let target = UnsafeMutableRawPointer(self.row(row) + place)
        target.storeBytes(of: median(count), as: SIMD16<Float>.self)
        place &+= Self.lanes
      }
    }
  }

  /// Puts each lane's value into its place among the first `count` of the columns.
  @inline(__always)
  private func insert(_ values: SIMD16<Float>, at count: Int) {
    var rising = values
    for place in 0..<count {
      let isLess = rising .< columns[place]
      let lower = columns[place].replacing(with: rising, where: isLess)
      rising.replace(with: columns[place], where: isLess)
      columns[place] = lower
    }
    columns[count] = rising
  }

  /// Of nothing, the baseline.
  @inline(__always)
  private func median(_ count: Int) -> SIMD16<Float> {
    if count == 0 { return SIMD16(repeating: 0) }
    let middle = count / 2
    return count & 1 == 1 ? columns[middle] : (columns[middle] + columns[middle &- 1]) * 0.5
  }

  /// Fills `slope`: the root of the rows' summed squares of the change over `2 * reach` samples, of the template
  /// without what is faster than `hertz`.
  func measureSlope(hertz: Double, reachSeconds: Double) {
    let section = Biquad.lowPass(
      hertz: min(hertz, 0.4 * sampleRate), sampleRate: sampleRate, quality: Biquad.butterworth)
    let reach = max(1, Int((reachSeconds * sampleRate).rounded()))
    slope.update(repeating: 0, count: length)
    smooth.update(from: values, count: rowCount &* length)
    for row in 0..<rowCount {
      let values = smooth + row &* length
      section.filterBothWays(values, count: length, reflected: Int(0.1 * sampleRate))
      for place in reach..<length &- reach {
        let change = values[place &+ reach] - values[place &- reach]
        slope[place] += change * change
      }
    }
    let scale = 1 / Float(2 &* reach)
    for place in 0..<length { slope[place] = slope[place].squareRoot() * scale }
  }

  /// The value below which a share of `slope` lies between two places.
  func slopeQuantile(_ share: Double, from first: Int, to end: Int) -> Float {
    guard end > first else { return 0 }
    for place in first..<end {
      var free = place &- first
      while free > 0, column[free &- 1] > slope[place] {
        column[free] = column[free &- 1]
        free &-= 1
      }
      column[free] = slope[place]
    }
    return column[min(end &- first &- 1, Int(share * Double(end &- first)))]
  }

  /// Distance of all rows together from the line between their values at two places.
  func distance(at place: Int, from first: Int, to last: Int) -> Float {
    var sum: Float = 0
    let share = last > first ? Float(place &- first) / Float(last &- first) : 0
    for row in 0..<rowCount {
      let values = smooth + row &* length
      let away = values[place] - values[first] - share * (values[last] - values[first])
      sum += away * away
    }
    return sum
  }
}
