// Samples that nothing on the wire counts, counted by the host's clock: where the delay of the freshest sample steps
// by whole periods and stays there, samples are missing or came twice.

/// Tells lost and repeated samples of a stream whose frames carry no counter, and whole turns of one whose frames carry
/// a small one. Allocates only at `init`. One thread.
///
/// Sample `n` of a stream arrives at `start + n * period + delay`. Bursts, stalls and a late reader only make the delay
/// larger, so its minimum over a second follows the device's clock. A lost sample raises it by one period for good, a
/// repeated one lowers it. A clock off nominal makes it a slope, which is followed: the median of the slopes between
/// points half a history apart, so that neither a wrong point nor a step bends it.
///
/// What it can tell, and what not:
/// - A step is believed when three seconds in a row show it, and told at the first frame after them: 3 to 5 s after the
///   loss, at most 32 s where the points scatter and each takes 8 s. The samples between stand too early by the loss.
///   Faults at least 12 s apart are told one by one; a loss and a repetition closer than that can cancel out.
/// - A stall whose bytes come later is no step, however long: the freshest sample is on time again after it. While a
///   backlog drains the delay falls, and nothing is believed.
/// - Half a period is the limit of every decision. Frames that come one by one may be late at random by three periods
///   (5 ms at 500 Hz, 20 ms at 125 Hz).
/// - Reads of several frames tell the phase of the last one only while they are not in step with the samples. A timer
///   of a multiple of the period (16 ms at 125, 250 or 500 Hz) and a device clock off by less than some periods a
///   second look like a sample lost or repeated at each slip. A port with low latency (`setserial low_latency`) has no
///   such timer.
/// - The rate may be 1 % off nominal; what is farther off is told as loss or surplus, second by second. A steady loss
///   below 1 % from the first second on looks like a slow clock.
/// - A device that comes back has the same clock: the line goes on, only its phase is learnt anew. What was lost
///   before the plug was pulled, and how long it was away, is so known to half a sample once three seconds agree.
/// - The slope is known after sixteen seconds, where much went missing in them after thirty-two; it is told then.
struct HostClockLedger: ~Copyable {
  private typealias Point = ArrivalLine.Point

  private static let secondNanoseconds = 1e9
  /// Seconds of a point at most.
  private static let spanSecondsMax = 8.0
  /// Points that the first line needs at least, and undecided points after which it is drawn anew.
  private static let startCount = ArrivalLine.capacity / 2
  /// Scatter, in periods, above which points cannot be told from steps, and below which they are needlessly good.
  private static let scatterMax = 0.15
  private static let scatterMin = 0.04
  /// Seconds in a row that must show a step.
  private static let patience = 3

  private let period: Double
  /// Samples by which the stream may be off, and their time.
  private let step: Int64
  private let stepTime: Double
  private let isActive: Bool
  private var line = ArrivalLine()
  private var isStarted = false
  /// The device came back: where its samples lie between those that it had sent is not known yet.
  private var isPhaseNew = false

  private var origin: UInt64?
  /// The read whose samples are being counted, and the index behind its last one.
  private var arrival: UInt64 = 0
  private var index: Int64 = 0
  /// Samples known to be missing before the next ones.
  private var passed: Int64 = 0
  /// Samples of the read that are at hand and not delivered yet.
  private var waiting: Int64 = 0
  /// Whether the read is not finished.
  private var isReadOpen = false
  private var spanStart = 0.0
  private var lowest = Point(time: 0, delay: .infinity)
  private var lowestAboveSlope = Double.infinity

  /// Seconds of a point, and how far points lie from whole steps on average, in steps.
  private var spanSeconds = 1.0
  private var scatter = 0.1
  /// The last points off the line, the newest last; `pendingCount` of them.
  private var pending: (Point, Point, Point)
  private var pendingCount = 0
  /// Points since the last one on the line, which is the anchor.
  private var undecided = 0
  private var anchor: Point?
  /// The least delay while there is no line.
  private var leastDelay = Double.infinity

  /// - Parameters:
  ///   - usesHostTime: false where arrival times are not those of a live device: nothing is told then.
  ///   - step: samples that are lost or repeated at once: 1 where nothing counts, a turn where a counter does.
  init(sampleRate: Double, usesHostTime: Bool, step: Int = 1) {
    period = Self.secondNanoseconds / sampleRate
    self.step = Int64(step)
    stepTime = Double(step) * period
    isActive = usesHostTime && sampleRate > 0
    let none = Point(time: 0, delay: 0)
    pending = (none, none, none)
  }

  /// The device comes back. Its clock is the same, its phase is not; a clock that was not learnt is learnt from here.
  mutating func restart() {
    isReadOpen = false
    pendingCount = 0
    undecided = 0
    if isStarted || anchor != nil {
      isPhaseNew = true
      if !isStarted { line.removeAll() }
      return
    }
    origin = nil
    passed = 0
    line.removeAll()
    leastDelay = .infinity
  }

  /// By how many samples the last of so many more would be late that arrive now, as far as that is known. The first of
  /// what comes late is later than the last.
  func lateness(of samples: Int64, arrivalNanoseconds: UInt64) -> Double? {
    guard isActive, let origin, arrivalNanoseconds >= origin else { return nil }
    let time = Double(arrivalNanoseconds &- origin)
    let delay = time - Double(index &+ passed &+ samples) * period
    let onTime = isStarted ? line.delay(at: time) : min(leastDelay, readDelay)
    return (delay - onTime) / period
  }

  /// How many samples are missing before these, which are the first of a device that was away for about `estimate`:
  /// fewer where the line says so, as they cannot come early.
  func absence(estimate: Int64, before samples: Int64, arrivalNanoseconds: UInt64) -> Int64 {
    guard isStarted, let late = lateness(of: samples, arrivalNanoseconds: arrivalNanoseconds) else {
      return estimate
    }
    return min(estimate, max(Int64(late.rounded()), 0))
  }

  /// So many samples are missing before the next ones for another, known reason: they are not the clock's to find.
  mutating func pass(_ samples: Int64) { passed &+= samples }

  /// Counts samples that came with the read at `arrivalNanoseconds` (CLOCK_MONOTONIC). Returns how many are missing
  /// before them by the clock; negative: how many came too much.
  ///
  /// - Parameter waiting: samples at hand behind these, which wait for what follows them to be believed.
  mutating func accept(
    _ samples: Int64, waiting: Int64 = 0, arrivalNanoseconds: UInt64
  ) -> Int64 {
    guard isActive else { return 0 }
    defer {
      passed = 0
      self.waiting = waiting
    }
    guard let origin else {
      self.origin = arrivalNanoseconds
      arrival = arrivalNanoseconds
      index = samples
      isReadOpen = true
      beginSpan(0)
      return 0
    }
    var missing: Int64 = 0
    if !isReadOpen {
      arrival = arrivalNanoseconds
      isReadOpen = true
      beginSpan(Double(arrivalNanoseconds &- origin))
    } else if arrivalNanoseconds > arrival {
      missing = finishRead(next: Double(arrivalNanoseconds &- origin))
      arrival = arrivalNanoseconds
    }
    // Known only now, but it lies behind the read that was just finished.
    index &+= passed &+ samples
    return missing
  }

  /// Of the read as it is so far.
  private var readDelay: Double {
    Double(arrival &- (origin ?? arrival)) - Double(index &+ waiting) * period
  }

  private mutating func beginSpan(_ time: Double) {
    spanStart = time
    lowestAboveSlope = .infinity
  }

  /// The read is complete: of its samples the last sample is the one with the least delay.
  private mutating func finishRead(next: Double) -> Int64 {
    let time = Double(arrival &- (origin ?? arrival))
    let delay = readDelay
    if !isStarted { leastDelay = min(leastDelay, delay) }
    let aboveSlope = delay - line.slope * time
    if aboveSlope < lowestAboveSlope {
      lowestAboveSlope = aboveSlope
      lowest = Point(time: time, delay: delay)
    }
    guard next - spanStart >= spanSeconds * Self.secondNanoseconds else { return 0 }
    beginSpan(next)
    return isStarted ? judge(lowest) : collect(lowest)
  }

  /// Until the slope is known, points are kept; then they are judged, oldest first.
  private mutating func collect(_ point: Point) -> Int64 {
    line.append(point)
    // A first slope, so that it does not bend the lowest delays of the points to come.
    if line.count == Self.startCount / 2 { line.drawSlope(lag: 1) }
    guard line.count >= Self.startCount else { return 0 }
    line.drawSlope(lag: 1)
    let isSound = line.scatter(ofSteps: stepTime) < Self.scatterMax
    guard line.count == ArrivalLine.capacity || isSound else { return 0 }
    isStarted = true
    line.lead(through: anchor ?? line[0])
    let collected = line.count
    line.removeAll()
    undecided = 0
    var missing: Int64 = 0
    for position in 0..<collected {
      // A point is overwritten only by one that was judged before it.
      var point = line[position]
      point.delay -= Double(missing) * period
      missing &+= judge(point)
    }
    return missing
  }

  /// Compares a point with the line: on it, or so many steps off it for long enough.
  private mutating func judge(_ point: Point) -> Int64 {
    var point = point
    let distance = point.delay - line.delay(at: point.time)
    let deviation = distance / stepTime
    point.steps = isPhaseNew ? distance / period : deviation.rounded()
    if !isPhaseNew { adaptSpan(scatter: (deviation - point.steps).magnitude) }
    if point.steps == 0 && !isPhaseNew {
      pendingCount = 0
      remember(point)
      return 0
    }
    undecided &+= 1
    if undecided > Self.startCount {
      // The line leads nowhere: a new one is drawn, through the last point that was on it.
      isStarted = false
      line.removeAll()
      pendingCount = 0
      leastDelay = .infinity
      return 0
    }
    let hasTurned = (pending.2.steps > 0) != (point.steps > 0)
    if pendingCount > 0 && hasTurned && !isPhaseNew { pendingCount = 0 }
    pending = (pending.1, pending.2, point)
    pendingCount = min(pendingCount &+ 1, Self.patience)
    guard pendingCount == Self.patience else { return 0 }
    if isPhaseNew { return learnPhase() }
    return scatter < Self.scatterMax ? settle() : 0
  }

  /// The last points are off the line by whole steps: how many samples are missing, 0 while that is not clear.
  private mutating func settle() -> Int64 {
    let steps = (pending.0.steps, pending.1.steps, pending.2.steps)
    // A delay that falls is a backlog on its way out.
    if steps.2 > 0 && (steps.0 > steps.1 || steps.1 > steps.2) { return 0 }
    let missing = steps.2 > 0 ? steps.0 : max(steps.0, steps.1, steps.2)
    pendingCount = 0
    let samples = Int64(missing) &* step
    index &+= samples
    rememberPending(pending.0, missing)
    rememberPending(pending.1, missing)
    rememberPending(pending.2, missing)
    return samples
  }

  /// The device came back: points that agree tell its phase, and how many samples were missed or told too many.
  private mutating func learnPhase() -> Int64 {
    let distances = (pending.0.steps, pending.1.steps, pending.2.steps)
    let least = min(distances.0, distances.1, distances.2)
    guard max(distances.0, distances.1, distances.2) - least < 0.5 else { return 0 }
    let missing = least.rounded()
    line.raise(by: (least - missing) * period)
    isPhaseNew = false
    pendingCount = 0
    index &+= Int64(missing)
    pending.2.delay -= missing * period
    remember(pending.2)
    return Int64(missing)
  }

  private mutating func rememberPending(_ point: Point, _ missing: Double) {
    guard point.steps == missing else { return }
    remember(Point(time: point.time, delay: point.delay - missing * stepTime))
  }

  /// Lengthens the span of a point where points scatter, and shortens it where they do not.
  private mutating func adaptSpan(scatter latest: Double) {
    scatter += (latest - scatter) / 8
    if scatter > Self.scatterMax && spanSeconds < Self.spanSecondsMax {
      spanSeconds *= 2
    } else if scatter < Self.scatterMin && spanSeconds > 1 {
      spanSeconds /= 2
    } else {
      return
    }
    scatter = 0.1
    pendingCount = 0
  }

  /// Adds a point on the line, and draws the line anew.
  private mutating func remember(_ point: Point) {
    line.append(point)
    anchor = point
    undecided = 0
    line.draw()
  }
}
