// The true sample rate from when samples arrive. A sample may come late, never early: so the line that lies under all
// arrivals and close to them is the front-end's clock, whatever queues, bursts and stalls are above it (Moon, Skelly
// and Towsley, "Estimation and removal of clock skew from network delay measurements", INFOCOM 1999).

import ECGSignal

/// Fits a front-end's clock against the host's. Allocates only at `init`; one thread.
///
/// Each window keeps the arrival that was least late. The lower convex hull of these has one edge over the
/// middle of the time that they span: the line under them all with the least distance to them. Windows grow
/// from one second to half a minute; with 64 of them the fit looks back half an hour, because a clock drifts
/// with its temperature.
public final class SampleClock {
  /// An arrival: seconds of signal by the nominal rate, and how much later than these it came.
  private struct Arrival: BitwiseCopyable {
    var seconds = 0.0
    var lag = 0.0
  }

  private static let windowCountMax = 64
  /// Windows that make a line.
  private static let windowCountMin = 3
  private static let windowSecondsMax = 32.0
  /// A fit is told from this span and uncertainty on, and up to this difference: no oscillator is further off, so that
  /// is a stream at another speed than real.
  private static let spanSecondsMin = 60.0
  private static let uncertaintyMax = 100.0
  private static let partsPerMillionMax = 20_000.0
  /// What USB frames and the scheduler may hide where nothing else is seen.
  private static let resolutionSeconds = 0.001
  /// When for so long nothing came within so much of the line, samples were lost or invented that nobody counted.
  private static let stretchSeconds = 30.0
  private static let shiftSecondsMax = 0.025

  /// The newest fit, nil while there is none worth telling. It outlasts a restart until there is a new one.
  public private(set) var fit: ClockFit?

  private let sampleRate: Double
  private var origin: (index: Int64, nanoseconds: UInt64)?
  /// The least late arrival of each closed window, in order.
  private let windows: UnsafeMutablePointer<Arrival>
  /// Positions of the windows on the hull.
  private let hull: UnsafeMutablePointer<Int>
  private var windowCount = 0
  private var windowSeconds = 1.0
  private var windowEnd = 0.0
  private var isWindowOpen = false
  /// The least late arrival of the open window.
  private var lowest = Arrival()
  /// The line: lag = `offset` + `slope` x seconds.
  private var slope = 0.0
  private var offset = 0.0
  private var stretch = Stretch()
  private var lateness = 0.0

  /// What came since a while, above the line.
  private struct Stretch: BitwiseCopyable {
    var end = SampleClock.stretchSeconds
    var lowest = Double.infinity
    var sum = 0.0
    var count = 0.0
  }

  /// A clock that is nominally at `sampleRate` samples a second.
  public init(sampleRate: Double) {
    self.sampleRate = sampleRate
    windows = .allocate(capacity: Self.windowCountMax)
    windows.initialize(repeating: Arrival(), count: Self.windowCountMax)
    hull = .allocate(capacity: Self.windowCountMax)
    hull.initialize(repeating: 0, count: Self.windowCountMax)
  }

  deinit {
    windows.deallocate()
    hull.deallocate()
  }

  /// Begins a new line: the next sample's index no longer follows from the last one's, for instance after a gap whose
  /// length is only estimated.
  public func restart() {
    origin = nil
    windowCount = 0
    windowSeconds = 1
    windowEnd = 0
    isWindowOpen = false
    stretch = Stretch()
  }

  /// Samples have arrived.
  ///
  /// - Parameters:
  ///   - endIndex: index after the last of them, gaps counted.
  ///   - nanoseconds: of the host's monotonic clock when it had come.
  public func take(endIndex: Int64, arrivalNanoseconds nanoseconds: UInt64) {
    guard let origin, endIndex >= origin.index, nanoseconds >= origin.nanoseconds else {
      self.origin = (endIndex, nanoseconds)
      return
    }
    let seconds = Double(endIndex &- origin.index) / sampleRate
    let lag = Double(nanoseconds &- origin.nanoseconds) * 1e-9 - seconds
    let arrival = Arrival(seconds: seconds, lag: lag)
    if seconds >= windowEnd { closeWindow(at: seconds) }
    if !isWindowOpen || isEarlier(arrival, than: lowest) { lowest = arrival }
    isWindowOpen = true
    if windowCount >= Self.windowCountMin { watch(arrival) }
  }

  private func isEarlier(_ one: Arrival, than other: Arrival) -> Bool {
    one.lag - slope * one.seconds < other.lag - slope * other.seconds
  }

  private func closeWindow(at seconds: Double) {
    if isWindowOpen {
      if windowCount == Self.windowCountMax { makeRoom() }
      windows[windowCount] = lowest
      windowCount &+= 1
      if windowCount >= Self.windowCountMin { fitLine() }
    }
    isWindowOpen = false
    windowEnd = (seconds / windowSeconds).rounded(.down) * windowSeconds + windowSeconds
  }

  /// Two windows become one of twice the length; at the longest, the oldest one goes.
  private func makeRoom() {
    if windowSeconds >= Self.windowSecondsMax {
      for position in 1..<windowCount { windows[position &- 1] = windows[position] }
      windowCount &-= 1
      return
    }
    for pair in 0..<windowCount / 2 {
      let (first, second) = (windows[2 &* pair], windows[2 &* pair &+ 1])
      windows[pair] = isEarlier(first, than: second) ? first : second
    }
    windowCount /= 2
    windowSeconds *= 2
  }

  /// The edge of the lower hull over the middle of the span.
  private func fitLine() {
    findLowerHull()
    let first = windows[0].seconds
    let span = windows[windowCount &- 1].seconds - first
    var edge = 1
    while windows[hull[edge]].seconds < first + span / 2 { edge &+= 1 }
    let (start, end) = (windows[hull[edge &- 1]], windows[hull[edge]])
    slope = (end.lag - start.lag) / (end.seconds - start.seconds)
    offset = start.lag - slope * start.seconds
    tell(span: span)
  }

  /// The windows on the lower convex hull, in order (Andrew's monotone chain).
  private func findLowerHull() {
    var count = 0
    for position in 0..<windowCount {
      while count >= 2,
        isAbove(
          windows[hull[count &- 1]], from: windows[hull[count &- 2]], to: windows[position])
      {
        count &-= 1
      }
      hull[count] = position
      count &+= 1
    }
  }

  private func isAbove(_ middle: Arrival, from start: Arrival, to end: Arrival) -> Bool {
    (middle.lag - start.lag) * (end.seconds - start.seconds)
      >= (end.lag - start.lag) * (middle.seconds - start.seconds)
  }

  private func above(_ arrival: Arrival) -> Double {
    arrival.lag - offset - slope * arrival.seconds
  }

  /// The line's ends may be wrong by as much as the windows' earliest arrivals scatter above it.
  private func tell(span: Double) {
    var sum = 0.0
    for position in 0..<windowCount { sum += above(windows[position]) }
    let excess = sum / Double(windowCount)
    let uncertainty = (2 * excess + Self.resolutionSeconds) / span * 1e6
    let partsPerMillion = (1 / (1 + slope) - 1) * 1e6
    guard span >= Self.spanSecondsMin, uncertainty <= Self.uncertaintyMax,
      abs(partsPerMillion) <= Self.partsPerMillionMax
    else { return }
    fit = ClockFit(
      partsPerMillion: partsPerMillion, uncertaintyPartsPerMillion: uncertainty,
      residualMilliseconds: lateness * 1000, spanSeconds: span)
  }

  /// Looks whether the line still is where samples come.
  private func watch(_ arrival: Arrival) {
    let late = above(arrival)
    stretch.lowest = min(stretch.lowest, late)
    stretch.sum += late
    stretch.count += 1
    guard arrival.seconds >= stretch.end else { return }
    lateness = stretch.sum / stretch.count
    let hasShifted = abs(stretch.lowest) > Self.shiftSecondsMax
    stretch = Stretch(end: arrival.seconds + Self.stretchSeconds)
    if hasShifted { restart() }
  }
}
