// Whether a row measures a heart, and what keeps it from it: each row gets a grade twice a second over the last
// half second, with the measures behind it. A grade is one thing, trust another: a row of mains hum or of a
// restless patient may still show its beats, and a flat row stays trusted - a heart that has stopped is flat, too,
// and must not hide behind "bad signal".

import Glibc

/// What a row looks like now: the first of these that holds, from the last to the first.
public enum RowGrade: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case good
  /// Mains of more than `SignalQuality.mainsMicrovoltsMax`.
  case mains
  /// More than `SignalQuality.muscleMicrovoltsMax` above 40 Hz that is no mains: muscle, mostly.
  case noisy
  /// The baseline moves by more than `SignalQuality.jumpMicrovoltsMax` from one second to the next.
  case motion
  /// No more than 5 microvolts from top to bottom: a short circuit, a lead that sees nothing, or no heart beat.
  case flat
  /// A tenth of the samples at an end of the ADC's range.
  case saturated
  /// Nothing was measured.
  case missing
  /// The front-end says that an electrode of the row is off.
  case electrodeOff

  /// The word in JSON and on the screen.
  public var name: String { Self.names[Int(rawValue)] }

  private static let names = [
    "good", "mains", "noisy", "motion", "flat", "saturated", "missing", "electrodeOff",
  ]
}

/// The grades of the first 21 rows, three bits each, so that they cross threads as a plain value.
public struct RowGrades: BitwiseCopyable, Sendable, Hashable {
  /// More rows no stream has.
  public static let rowCountMax = 21

  private var bits: UInt64 = 0

  /// All rows are good.
  public init() {}

  /// The grade of a row below `rowCountMax`.
  public subscript(row: Int) -> RowGrade {
    get { RowGrade(rawValue: UInt8(bits &>> UInt64(3 &* row) & 7)) ?? .good }
    set {
      let shift = UInt64(3 &* row)
      bits = bits & ~(7 &<< shift) | UInt64(newValue.rawValue) &<< shift
    }
  }
}

/// Judges every row of a stream. Allocates only at `init`; takes any input. One thread.
public final class SignalQuality {
  /// Root mean square of the mains from which a row is graded `mains`: 100 microvolts from top to bottom.
  public static let mainsMicrovoltsMax: Float = 35
  /// Root mean square of what is left above 40 Hz from which a row is graded `noisy`.
  public static let muscleMicrovoltsMax: Float = 30
  /// Jump of the baseline from which a row is graded `motion`.
  public static let jumpMicrovoltsMax: Float = 500
  /// Beyond these a row is not trusted. Mains lies far above the band in which beats are looked for, muscle does
  /// not.
  private static let trustedMuscleMicrovolts: Float = 150
  private static let trustedMainsMicrovolts: Float = 1000
  private static let flatMicrovoltsMax: Float = 5

  private let rowCount: Int
  private let groupCount: Int
  private let plan: RowMeasurePlan
  private let groups: UnsafeMutablePointer<RowGroup>
  private let histories: UnsafeMutablePointer<RowHistory>
  private let grades: UnsafeMutablePointer<RowGrade>
  private let measures: UnsafeMutablePointer<RowMeasures>
  /// Cosine and sine of 50 and 60 Hz over a window.
  private let waves: UnsafeMutablePointer<SIMD4<Float>>
  private let windowCount: Int
  private var blockPosition = 0
  private var position = 0
  private var electrodesOff: UInt32 = 0
  private var trusted: UInt32
  private var disturbed: UInt32 = 0
  private var measured: UInt32

  /// All rows are good until half a second says otherwise.
  ///
  /// - Parameters:
  ///   - sampleRate: 100 to 2000 Hz. At 110 Hz and below mains cannot be told.
  ///   - rowCount: 1 to 32.
  public init(sampleRate: Double, rowCount: Int) {
    self.rowCount = rowCount
    groupCount = (rowCount + 7) / 8
    plan = RowMeasurePlan(sampleRate: sampleRate)
    windowCount = plan.blockCount * RowMeasurePlan.blocks
    groups = .allocate(capacity: groupCount)
    groups.initialize(repeating: RowGroup(), count: groupCount)
    histories = .allocate(capacity: groupCount)
    histories.initialize(repeating: RowHistory(), count: groupCount)
    grades = .allocate(capacity: rowCount)
    grades.initialize(repeating: .good, count: rowCount)
    measures = .allocate(capacity: rowCount)
    measures.initialize(repeating: RowMeasures(), count: rowCount)
    waves = .allocate(capacity: windowCount)
    for index in 0..<windowCount {
      let turn = 2 * Double.pi * Double(index) / sampleRate
      (waves + index).initialize(
        to: SIMD4(SIMD4(cos(50 * turn), sin(50 * turn), cos(60 * turn), sin(60 * turn))))
    }
    trusted = UInt32.max >> UInt32(32 - rowCount)
    measured = trusted
  }

  deinit {
    groups.deallocate()
    histories.deallocate()
    grades.deallocate()
    measures.deallocate()
    waves.deallocate()
  }

  /// Starts to judge anew.
  public func restart() {
    groups.update(repeating: RowGroup(), count: groupCount)
    histories.update(repeating: RowHistory(), count: groupCount)
    grades.update(repeating: .good, count: rowCount)
    measures.update(repeating: RowMeasures(), count: rowCount)
    trusted = UInt32.max >> UInt32(32 &- rowCount)
    disturbed = 0
    position = 0
    blockPosition = 0
    electrodesOff = 0
  }

  /// Takes one sample of all rows in microvolts, NaN where nothing was measured.
  ///
  /// - Parameters:
  ///   - saturated: bit n: row n stands at its ADC's end.
  ///   - electrodesOff: bit n: an electrode of row n is off; at any time of half a second counts.
  public func process(
    _ raw: UnsafePointer<Float>, saturated: UInt32, filtered: UnsafePointer<Float>,
    electrodesOff off: UInt32 = 0
  ) {
    electrodesOff |= off
    measured = 0
    for group in 0..<groupCount {
      let shift = UInt32(firstRow(group))
      let lanes = groups[group].add(
        values(raw, group), saturated: saturated &>> shift, wave: waves[position], plan: plan)
      measured |= lanes &<< shift
    }
    measured &= UInt32.max &>> UInt32(32 &- rowCount)
    position &+= 1
    blockPosition &+= 1
    guard blockPosition == plan.blockCount else { return }
    blockPosition = 0
    for group in 0..<groupCount { groups[group].endBlock(plan, into: &histories[group]) }
    guard position == windowCount else { return }
    position = 0
    judge()
  }

  /// The last group reaches back over rows of the one before, so that it is full, too.
  @inline(__always)
  private func firstRow(_ group: Int) -> Int { max(0, min(8 &* group, rowCount &- 8)) }

  /// Eight rows of a sample; of fewer the rest are 0.
  @inline(__always)
  private func values(_ raw: UnsafePointer<Float>, _ group: Int) -> SIMD8<Float> {
    if rowCount >= 8 {
      return UnsafeRawPointer(raw + firstRow(group)).loadUnaligned(as: SIMD8<Float>.self)
    }
    var values = SIMD8<Float>.zero
    for row in 0..<rowCount { values[row] = raw[row] }
    return values
  }

  private func judge() {
    trusted = 0
    disturbed = 0
    for group in 0..<groupCount {
      let found = groups[group].endWindow(plan, &histories[group])
      for lane in 0..<min(8, rowCount) {
        let row = firstRow(group) &+ lane
        measures[row] = RowMeasures(
          rangeMicrovolts: found.range[lane], muscleMicrovolts: found.muscle[lane],
          mainsMicrovolts: found.mains[lane], jumpMicrovolts: found.jump[lane])
        grades[row] = grade(
          row, missing: Int(found.missing[lane]), saturated: Int(found.saturated[lane]))
        if isTrusted(row) { trusted |= 1 &<< UInt32(row) }
        if grades[row] == .noisy || grades[row] == .motion { disturbed |= 1 &<< UInt32(row) }
      }
    }
    electrodesOff = 0
  }

  private func grade(_ row: Int, missing: Int, saturated: Int) -> RowGrade {
    let now = measures[row]
    return if electrodesOff & (1 &<< UInt32(row)) != 0 {
      .electrodeOff
    } else if missing &* 2 > windowCount {
      .missing
    } else if saturated &* 10 > windowCount {
      .saturated
    } else if now.rangeMicrovolts <= Self.flatMicrovoltsMax {
      .flat
    } else if now.jumpMicrovolts > Self.jumpMicrovoltsMax {
      .motion
    } else if now.muscleMicrovolts > Self.muscleMicrovoltsMax {
      .noisy
    } else if now.mainsMicrovolts > Self.mainsMicrovoltsMax {
      .mains
    } else {
      .good
    }
  }

  private func isTrusted(_ row: Int) -> Bool {
    switch grades[row] {
    case .electrodeOff, .missing, .saturated: false
    case .flat: true
    case .good, .mains, .noisy, .motion:
      measures[row].muscleMicrovolts <= Self.trustedMuscleMicrovolts
        && measures[row].mainsMicrovolts <= Self.trustedMainsMicrovolts
    }
  }

  /// Rows that may be trusted and were measured just now, a bit each.
  public var usableMask: UInt32 { trusted & measured }

  /// Rows whose muscle noise or motion can pass for complexes, a bit each.
  public var disturbedMask: UInt32 { disturbed }

  /// What a row looks like.
  public func grade(row: Int) -> RowGrade { grades[row] }

  /// What the first rows look like.
  public var rowGrades: RowGrades {
    var all = RowGrades()
    for row in 0..<min(rowCount, RowGrades.rowCountMax) { all[row] = grades[row] }
    return all
  }

  /// The numbers behind a row's grade, of the same half second.
  public func measures(row: Int) -> RowMeasures { measures[row] }

  /// 0 for nothing usable to 100 for every row clean: the mean over rows of 1 for a clean row, less what is worst
  /// of its muscle, mains and jumps, each by the limit beyond which it is graded; half a row at the limit, none at
  /// twice.
  public var index: Int {
    var sum: Float = 0
    for row in 0..<rowCount where usableMask & (1 &<< UInt32(row)) != 0 && grades[row] != .flat {
      let now = measures[row]
      let worst = max(
        now.muscleMicrovolts / Self.muscleMicrovoltsMax,
        now.mainsMicrovolts / Self.mainsMicrovoltsMax,
        now.jumpMicrovolts / Self.jumpMicrovoltsMax)
      sum += 1 - min(1, 0.5 * worst)
    }
    return Int((100 * sum / Float(rowCount)).rounded())
  }
}
