// How many conversions a converter has finished, from the falling edges of its data-ready line: so that none is lost
// unseen and none is shown twice.

import Devices

/// Counts conversions by their edges. Allocates nothing. One thread.
///
/// A numbered edge tells those before it that found the kernel's queue full. Time tells the rest: edges that no
/// interrupt saw, and on a line without numbers all of them. An edge may come late, never early, so times are compared
/// with the grid of the earliest ones: two edges that one late interrupt saw as one are at least a period behind it.
struct DataReadyCounter {
  /// How far behind its place an edge may be and still be the next one, in periods.
  private static let lateness = 0.9
  /// How much longer than nominal the periods can be that numbers tell: where many are told, time tells no more.
  private static let clockTolerance = 0.03

  private let nominalNanoseconds: Double
  /// The period as the edges themselves tell it, averaged over some 256, within 3 % of the nominal one.
  private var periodNanoseconds: Double
  private var isRunning = false
  private var lastSequence: UInt32 = 0
  /// Time of the last edge.
  private(set) var lastNanoseconds: UInt64 = 0
  /// How late the last edge was on the grid.
  private var lateNanoseconds = 0.0
  /// The window over which the period is watched: its conversions and its start.
  private var windowConversions = 0
  private var windowStart: UInt64 = 0
  /// Whether conversions come at another rate than they should: the chip has lost its settings.
  private(set) var isOffRate = false

  init(sampleRateHz: Double) {
    nominalNanoseconds = 1e9 / sampleRateHz
    periodNanoseconds = nominalNanoseconds
  }

  /// Forgets all: conversions were stopped and start anew.
  mutating func restart() { self = DataReadyCounter(sampleRateHz: 1e9 / nominalNanoseconds) }

  /// Conversions finished since the last edge, this one's included.
  mutating func conversions(_ edge: DataReadyEdge) -> Int {
    defer {
      lastSequence = edge.sequence
      lastNanoseconds = edge.nanoseconds
    }
    guard isRunning else {
      isRunning = true
      windowStart = edge.nanoseconds
      return 1
    }
    let elapsed = Double(edge.nanoseconds &- lastNanoseconds) + lateNanoseconds
    let periods = elapsed / periodNanoseconds
    let numbered = edge.sequence == 0 ? 0 : Int(edge.sequence &- lastSequence)
    let tolerance = Self.clockTolerance * Double(max(0, numbered - 1))
    let isNext = periods - tolerance < 1 + Self.lateness
    let byTime = isNext ? 1 : Int(min(1e9, (periods - tolerance).rounded()))
    let count = max(1, numbered, byTime)
    followGrid(elapsed - Double(count) * periodNanoseconds)
    if count == 1 { average(Double(edge.nanoseconds &- lastNanoseconds)) }
    watchRate(edge.nanoseconds, max(1, numbered))
    return count
  }

  /// Edges that the kernel dropped because its queue was full, on a line without numbers: the clock tells their count.
  mutating func catchUp(to now: UInt64) -> Int {
    let count = Int(Double(now &- lastNanoseconds) / periodNanoseconds)
    lastNanoseconds &+= UInt64(Double(count) * periodNanoseconds)
    windowConversions = 0
    windowStart = lastNanoseconds
    return count
  }

  /// An edge before its place pulls the grid to it; one behind moves it by a sixteenth.
  private mutating func followGrid(_ late: Double) {
    lateNanoseconds = late > 0 ? late * 0.9375 : 0
  }

  private mutating func average(_ period: Double) {
    let new = periodNanoseconds + (period - periodNanoseconds) / 256
    periodNanoseconds = max(0.97 * nominalNanoseconds, min(1.03 * nominalNanoseconds, new))
  }

  /// 256 edges a window: 10 % off is no oscillator's tolerance. Edges that only time tells do not count here, or a chip
  /// that fell back to half its rate would pass for one of which every second edge is missed.
  private mutating func watchRate(_ now: UInt64, _ count: Int) {
    windowConversions &+= count
    guard windowConversions >= 256 else { return }
    let period = Double(now &- windowStart) / Double(windowConversions)
    isOffRate = abs(period / nominalNanoseconds - 1) > 0.1
    windowConversions = 0
    windowStart = now
  }
}
