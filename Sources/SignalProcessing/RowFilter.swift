// The filters of what is shown and measured: high-pass, low-pass and mains notch over every row, one sample at a
// time. Not the model's: that has its own, fixed with it.

/// Which filters.
public struct FilterSettings: Hashable, Sendable {
  /// Second-order Butterworth high-pass.
  public var highPassHz: Double
  /// Fourth-order Butterworth low-pass; below a rate of 2.2 times this it is left out.
  public var lowPassHz: Double
  /// Mains frequency for a notch of 1.7 Hz width, nil for none.
  public var mainsHz: Double?

  /// Monitoring, 0.67-40 Hz (IEC 60601-2-27).
  public static let monitoring = FilterSettings(highPassHz: 0.67, lowPassHz: 40, mainsHz: 50)
  /// Diagnostic, 0.05-150 Hz (IEC 60601-2-25).
  public static let diagnostic = FilterSettings(highPassHz: 0.05, lowPassHz: 150, mainsHz: 50)

  /// The settings in words, as screens and reports print them.
  public var text: String {
    "\(highPassHz)-\(Int(lowPassHz)) Hz" + (mainsHz.map { ", notch \(Int($0)) Hz" } ?? "")
  }
}

/// Filters all rows. A row that is NaN gives NaN and settles anew on its next value. Double precision: at
/// 0.05 Hz and 1 kHz the poles lie 3e-4 from 1, where Float would lose the signal.
public final class RowFilter {
  private static let notchQuality = 30.0

  private let rowCount: Int
  private let sectionCount: Int
  private let sections: UnsafeMutablePointer<Biquad>
  private let states: UnsafeMutablePointer<BiquadState>
  private let isSettled: UnsafeMutablePointer<Bool>

  /// Plans the filters for a rate.
  public init(settings: FilterSettings, sampleRate: Double, rowCount: Int) {
    var list = [
      Biquad.highPass(
        hertz: settings.highPassHz, sampleRate: sampleRate, quality: Biquad.butterworth)
    ]
    if settings.lowPassHz * 2.2 < sampleRate {
      list += Biquad.lowPass4(hertz: settings.lowPassHz, sampleRate: sampleRate)
    }
    if let mains = settings.mainsHz, mains * 2.2 < sampleRate {
      list.append(.notch(hertz: mains, sampleRate: sampleRate, quality: Self.notchQuality))
    }
    self.rowCount = rowCount
    sectionCount = list.count
    sections = .allocate(capacity: list.count)
    sections.initialize(from: list, count: list.count)
    states = .allocate(capacity: rowCount * list.count)
    states.initialize(repeating: BiquadState(), count: rowCount * list.count)
    isSettled = .allocate(capacity: rowCount)
    isSettled.initialize(repeating: false, count: rowCount)
  }

  deinit {
    sections.deallocate()
    states.deallocate()
    isSettled.deallocate()
  }

  /// Every row settles anew on its next value.
  public func restart() { isSettled.update(repeating: false, count: rowCount) }

  /// Filters one sample of all rows, microvolts.
  public func process(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rowCount {
      var value = Double(input[row])
      guard value.isFinite else {
        output[row] = .nan
        isSettled[row] = false
        continue
      }
      let state = states + row &* sectionCount
      if isSettled[row] {
        for section in 0..<sectionCount {
          value = state[section].step(sections[section], value)
        }
      } else {
        for section in 0..<sectionCount {
          value = state[section].settle(sections[section], on: value)
        }
        isSettled[row] = true
      }
      output[row] = Float(value)
    }
  }
}
