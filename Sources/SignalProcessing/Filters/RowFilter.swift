// The filters of what is shown and measured: high-pass, low-pass and mains notch over every row, one sample at a
// time, four rows in a vector.

/// Where the filters stand now.
public struct FilterState: BitwiseCopyable, Hashable, Sendable {
  /// Frequency of the notch, nil where there is none.
  public var mainsHz: Double?
  /// Whether the notch stands where mains was found in the signal.
  public var isMainsDetected: Bool
  /// What the filters delay a wave of 10 Hz by, in milliseconds.
  public var delayMilliseconds: Double

  /// Creates a state.
  public init(mainsHz: Double?, isMainsDetected: Bool, delayMilliseconds: Double) {
    self.mainsHz = mainsHz
    self.isMainsDetected = isMainsDetected
    self.delayMilliseconds = delayMilliseconds
  }
}

/// Filters all rows. A row that is NaN gives NaN and settles anew on its next value; so does one whose baseline
/// jumped or stands beside the paper (`BaselineWatch`). Double precision: at 0.05 Hz and 1 kHz the poles lie 3e-4
/// from 1, where Float would lose the signal. Allocates only at `init`. One thread.
public final class RowFilter {
  /// No electrode gives more than ten volts, microvolts.
  private static let largest: Float = 1e7
  /// How often the baseline is looked at.
  private static let checksPerSecond = 50.0

  /// Where the filters stand; changes when another mains frequency is heard.
  public private(set) var state: FilterState

  private let sampleRate: Double
  private let rowCount: Int
  private let groupCount: Int
  /// High-pass, low-pass and notch, in this order; the notch passes everything where there is none.
  private let sections: UnsafeMutablePointer<Biquad>
  private let sectionCount: Int
  /// `[group][section]`
  private let states: UnsafeMutablePointer<LaneState>
  private let isSettled: UnsafeMutablePointer<Bool>
  private let watches: UnsafeMutablePointer<BaselineWatch>
  private let bandDelayMilliseconds: Double
  private let mains: MainsDetector
  /// Whether the notch goes where mains is heard.
  private let isAutomatic: Bool
  private let samplesPerCheck: Int
  private var untilCheck: Int

  /// Plans the filters for a rate.
  public init(settings: FilterSettings, sampleRate: Double, rowCount: Int) {
    self.sampleRate = sampleRate
    self.rowCount = rowCount
    groupCount = (rowCount + 3) / 4
    let notch = FilterSettings.notch(hertz: settings.initialMainsHz, sampleRate: sampleRate)
    let list = settings.bandSections(sampleRate: sampleRate) + [notch ?? .unity]
    let mainsHz = notch == nil ? nil : settings.initialMainsHz
    bandDelayMilliseconds = settings.delayMilliseconds(sampleRate: sampleRate, mainsHz: nil)
    state = FilterState(
      mainsHz: mainsHz, isMainsDetected: false,
      delayMilliseconds: settings.delayMilliseconds(sampleRate: sampleRate, mainsHz: mainsHz))
    isAutomatic = if case .automatic = settings.mains { true } else { false }
    mains = MainsDetector(sampleRate: sampleRate, rowCount: rowCount)
    sectionCount = list.count
    sections = .allocate(capacity: sectionCount)
    sections.initialize(from: list, count: sectionCount)
    states = .allocate(capacity: groupCount * sectionCount)
    states.initialize(repeating: LaneState(), count: groupCount * sectionCount)
    isSettled = .allocate(capacity: 4 * groupCount)
    isSettled.initialize(repeating: false, count: 4 * groupCount)
    watches = .allocate(capacity: rowCount)
    watches.initialize(repeating: BaselineWatch(), count: rowCount)
    samplesPerCheck = max(1, Int((sampleRate / Self.checksPerSecond).rounded()))
    untilCheck = samplesPerCheck
  }

  deinit {
    sections.deallocate()
    states.deallocate()
    isSettled.deallocate()
    watches.deallocate()
  }

  /// Every row settles anew on its next value. The mains frequency stays.
  public func restart() {
    isSettled.update(repeating: false, count: 4 &* groupCount)
    watches.update(repeating: BaselineWatch(), count: rowCount)
    mains.restart()
  }

  /// Filters one sample of all rows, microvolts. Bit n of `usable`: row n may be asked for the mains frequency.
  public func process(
    _ input: UnsafePointer<Float>, usable: UInt32 = .max,
    into output: UnsafeMutablePointer<Float>
  ) {
    for group in 0..<groupCount {
      let first = 4 &* group
      if first &+ 4 <= rowCount {
        let filtered = step(group, UnsafeRawPointer(input + first).loadUnaligned(as: SIMD4.self))
        UnsafeMutableRawPointer(output + first).storeBytes(of: filtered, as: SIMD4<Float>.self)
      } else {
        var values = SIMD4<Float>.zero
        for lane in 0..<rowCount &- first { values[lane] = input[first &+ lane] }
        let filtered = step(group, values)
        for lane in 0..<rowCount &- first { output[first &+ lane] = filtered[lane] }
      }
    }
    untilCheck &-= 1
    if untilCheck == 0 { check(output) }
    if isAutomatic, mains.process(input, usable: usable), let hertz = mains.hertz {
      follow(hertz, from: output)
    }
  }

  /// Four rows through every section.
  @inline(__always)
  private func step(_ group: Int, _ values: SIMD4<Float>) -> SIMD4<Float> {
    let settled = UnsafeRawPointer(isSettled + 4 &* group).loadUnaligned(as: UInt32.self)
    guard settled == 0x0101_0101, values.isWithin(Self.largest) else {
      return stepCarefully(group, values)
    }
    return run(group, RowLanes(values))
  }

  @inline(__always)
  private func run(_ group: Int, _ input: RowLanes) -> SIMD4<Float> {
    var value = input
    let state = states + group &* sectionCount
    for section in 0..<sectionCount { value = state[section].step(sections[section], value) }
    return SIMD4<Float>(value)
  }

  /// The same where a row is missing, extreme or not settled.
  @inline(never)
  private func stepCarefully(_ group: Int, _ values: SIMD4<Float>) -> SIMD4<Float> {
    var input = RowLanes.zero
    for lane in 0..<4 {
      let value = values[lane]
      guard value.isFinite else { continue }
      input[lane] = Double(min(max(value, -Self.largest), Self.largest))
      if !isSettled[4 &* group &+ lane] { settle(4 &* group &+ lane, on: input[lane]) }
    }
    var output = run(group, input)
    for lane in 0..<4 where !values[lane].isFinite {
      isSettled[4 &* group &+ lane] = false
      output[lane] = .nan
    }
    return output
  }

  /// The row's filters are where this value as a constant would have brought them.
  private func settle(_ row: Int, on input: Double) {
    let state = states + row / 4 &* sectionCount
    var value = input
    for section in 0..<sectionCount {
      value = state[section].settle(sections[section], lane: row % 4, on: value)
    }
    isSettled[row] = true
  }

  /// Brings back rows whose baseline is lost, and sets to zero what has died away.
  private func check(_ output: UnsafePointer<Float>) {
    untilCheck = samplesPerCheck
    for row in 0..<rowCount {
      switch watches[row].look(at: output[row]) {
      case .leave: break
      case .settle: isSettled[row] = false
      case .lower(let microvolts):
        states[row / 4 &* sectionCount].raiseBaseline(
          sections[0], lane: row % 4, by: Double(microvolts))
      }
    }
    for index in 0..<groupCount &* sectionCount { states[index].sweep() }
  }

  /// Moves the notch. It goes on from what was shown last, so that nothing jumps by more than the mains itself.
  private func follow(_ hertz: Double, from output: UnsafePointer<Float>) {
    guard let notch = FilterSettings.notch(hertz: hertz, sampleRate: sampleRate) else { return }
    state.isMainsDetected = true
    if hertz == state.mainsHz { return }
    state.mainsHz = hertz
    let delaySamples = notch.groupDelay(hertz: 10, sampleRate: sampleRate)
    state.delayMilliseconds = bandDelayMilliseconds + delaySamples / sampleRate * 1000
    let section = sectionCount &- 1
    sections[section] = notch
    for row in 0..<rowCount where isSettled[row] {
      _ = states[row / 4 &* sectionCount &+ section].settle(
        notch, lane: row % 4, on: Double(output[row]))
    }
  }
}
