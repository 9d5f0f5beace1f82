// Bytes of bridge frames to blocks of samples: every sample is delivered once, or counted as lost.

import ECGSignal

/// Decoder of the bridge frame. One thread.
public final class BridgeDecoder: FrameDecoder {
  /// Frames back that a repetition can lie.
  private static let repetitionFrames: UInt32 = 16
  /// Samples after which the ticks begin anew: the clock has nothing to tell while they count.
  private static let turn = 1 << 32

  /// What the front-end last said of its samples.
  public private(set) var hello: BridgeHello?
  /// What the front-end last said of itself.
  public var status: BridgeStatus { health.status }
  public private(set) var counters: FrameCounters {
    get { timeline.counters }
    _modify { yield &timeline.counters }
  }
  public var nextIndex: Int64 { timeline.nextIndex }
  /// Flags of the last frame that the bridge sent.
  private var currentFlags: UInt16 = 0
  /// Whether the last frame's description has arrived: what the samples are is known.
  public var isDescribed: Bool { hello != nil && currentFlags == helloFlags }

  private var timeline: SampleTimeline
  private var queue = ByteQueue(capacity: 2 * BridgeFrame.encodedByteCountMax)
  private let frame = BridgeFrameBuffer()
  /// The last ACK's frame, while `hasAnswer`.
  private let answer: UnsafeMutablePointer<UInt8>
  private var hasAnswer = false
  private let usesHostTime: Bool
  private let diagnosticLeads: LeadSet
  private var health = BridgeHealth()
  private var channelCount = 0
  /// Nominal until arrivals tell the true one.
  private var sampleRate = 0.0
  private var helloFlags: UInt16 = 0
  private var arrival: UInt64 = 0
  private var lastSamplesArrival: UInt64 = 0
  /// Bytes at the front of the queue that hold no delimiter.
  private var searched = 0
  /// A frame was too long: everything up to the next delimiter belongs to it.
  private var isSkipping = false
  private var isInStep = true
  private var expectedTick: UInt32?
  private var expectedSequence: UInt32?
  /// A frame is missing since the last samples.
  private var hasLostFrame = false
  /// The bridge started anew since the last samples.
  private var hasRestarted = false
  /// Samples from the last one before the device went away to the newest of its first frame after it.
  private var absence: Int64?

  public init(_ settings: WireSettings) {
    usesHostTime = settings.usesHostTime
    timeline = SampleTimeline(settings, turn: Self.turn)
    diagnosticLeads = settings.diagnosticLeads
    answer = .allocate(capacity: BridgeFrame.encodedCommandByteCountMax)
    answer.initialize(repeating: 0, count: BridgeFrame.encodedCommandByteCountMax)
  }

  /// A decoder of bytes that come at their own pace. The frames tell everything but the time that a restart took.
  public convenience init() {
    self.init(WireSettings(sampleRate: 0, channelCount: 0, usesHostTime: false))
  }

  deinit { answer.deallocate() }

  public var announcedFormat: SignalFormat? {
    guard var format = hello?.format else { return nil }
    format.diagnosticLeads = diagnosticLeads
    return format
  }

  public var announcedUnit: String? { hello.flatMap { $0.namesUnit ? $0.frontEnd : nil } }

  public func feed(_ bytes: UnsafeRawBufferPointer, arrivalNanoseconds: UInt64) -> Int {
    arrival = arrivalNanoseconds
    return queue.append(bytes)
  }

  public func skip(samples: Int64, cause: GapCause) {
    guard cause == .deviceLost else { return timeline.lose(samples, cause: cause) }
    absence = (absence ?? 0) &+ samples
    counters.reconnects &+= 1
    timeline.restart()
    forgetPlace()
    health.loseSight()
    queue.remove(queue.count)
    searched = 0
    isSkipping = true
  }

  /// What comes next follows on nothing: no gap is told before it.
  private func forgetPlace() {
    expectedTick = nil
    expectedSequence = nil
    hasLostFrame = false
    hasRestarted = false
  }

  public func follow(sampleRate: Double) { self.sampleRate = sampleRate }

  public func takeNews() -> FrontEndNews? { health.takeNews() }

  /// Allocates.
  public func beginStream() {
    forgetPlace()
    health.loseSight()
    timeline.begin(sampleRate: Double(hello?.rateMillihertz ?? 0) / 1000)
    absence = nil
  }

  /// The last ACK that arrived, once. Allocates: for whoever waits for an answer.
  public func takeAnswer() -> BridgeAcknowledgement? {
    guard hasAnswer else { return nil }
    hasAnswer = false
    return BridgeAcknowledgement(BridgePayload(answer))
  }

  public func next(into block: SampleBlock, isQuiet: Bool) -> DecodeOutcome {
    while let length = delimitedByteCount() {
      let outcome = length > 0 ? decode(length, into: block) : nil
      queue.remove(length &+ 1)
      searched = 0
      if let outcome { return outcome }
    }
    return .needsBytes
  }

  /// Bytes before the next delimiter, nil when there is none yet. Overlong frames are dropped here.
  private func delimitedByteCount() -> Int? {
    while true {
      let bytes = queue.bytes
      let count = queue.count
      while searched < count && bytes[searched] != 0 { searched &+= 1 }
      let isComplete = searched < count
      if isSkipping || (!isComplete && searched >= BridgeFrame.encodedByteCountMax) {
        if !isSkipping { refuse(0) }
        counters.bytesDiscarded &+= Int64(searched)
        queue.remove(searched)
        searched = 0
        isSkipping = !isComplete
        if !isComplete { return nil }
        continue
      }
      guard isComplete else { return nil }
      if searched < BridgeFrame.encodedByteCountMax { return searched }
      isSkipping = true
      refuse(0)
    }
  }

  /// A frame between two delimiters; nil when it holds nothing for the caller.
  private func decode(_ length: Int, into block: SampleBlock) -> DecodeOutcome? {
    let count: Int
    switch frame.open(queue.bytes, count: length) {
    case .frame(let opened): count = opened
    case .failedChecksum:
      counters.framesFailedChecksum &+= 1
      return refuse(length)
    case .refused: return refuse(length)
    }
    let kind = BridgeFrame.Kind(rawValue: frame.bytes[1])
    // A line that gives back what it was told.
    if kind == .command { return nil }
    currentFlags = frame.flags
    let outcome: DecodeOutcome?
    switch kind {
    case .samples:
      isInStep = true
      return acceptSamples(count, length, into: block)
    case .hello: outcome = acceptHello(count, length)
    case .acknowledge: outcome = acceptAnswer(count, length)
    case .command, nil: return refuse(length)
    }
    noteSequence()
    isInStep = true
    return outcome
  }

  /// Takes note of the place that a frame without samples has.
  private func noteSequence() {
    let sequence = frame.sequence
    if let expectedSequence, sequence &- expectedSequence &- 1 < 1 << 31 { hasLostFrame = true }
    expectedSequence = sequence &+ 1
  }

  @discardableResult
  private func refuse(_ length: Int) -> DecodeOutcome? {
    counters.framesCorrupt &+= 1
    counters.bytesDiscarded &+= Int64(length)
    if isInStep { counters.resynchronisations &+= 1 }
    isInStep = false
    return nil
  }

  /// The rare frame: it may allocate, once a second at most.
  private func acceptHello(_ count: Int, _ length: Int) -> DecodeOutcome? {
    guard let new = BridgeHello(frame.bytes, count: count) else { return refuse(length) }
    counters.framesReceived &+= 1
    if health.take(BridgeStatus(frame.bytes), isStreaming: expectedTick != nil),
      expectedTick != nil
    {
      forgetPlace()
      hasRestarted = true
      counters.resynchronisations &+= 1
    }
    countOwnLoss()
    helloFlags = frame.flags
    if new == hello { return nil }
    if new.rateMillihertz != hello?.rateMillihertz {
      sampleRate = Double(new.rateMillihertz) / 1000
      timeline.learnClock(sampleRate: sampleRate)
    }
    hello = new
    channelCount = new.leads.count
    return .format
  }

  /// Of the samples that are missing, those that the bridge lost itself: counted once, when ticks and HELLO tell it.
  private func countOwnLoss() { counters.samplesLostInFrontEnd &+= health.takeOwnLoss() }

  private func acceptAnswer(_ count: Int, _ length: Int) -> DecodeOutcome? {
    guard BridgePayload.isWhole(frame.bytes, count: count) else { return refuse(length) }
    counters.framesReceived &+= 1
    answer.update(from: frame.bytes, count: count)
    hasAnswer = true
    return nil
  }

  private func acceptSamples(
    _ count: Int, _ length: Int, into block: SampleBlock
  ) -> DecodeOutcome? {
    let channels = Int(frame.bytes[16])
    let samples = Int(frame.bytes[17])
    let expectedCount =
      BridgeFrame.samplesHeaderByteCount + 3 * channels * samples + BridgeFrame.checksumByteCount
    guard count == expectedCount, samples >= 1, samples <= BridgeFrame.sampleCountMax else {
      return refuse(length)
    }
    guard channelCount > 0 else { return nil }
    // Flags of another HELLO: who these samples are of, and their scale, is not known. They will be a gap.
    guard frame.flags == helloFlags else { return nil }
    guard channels == channelCount, channels == block.channelCount else { return refuse(length) }
    let tick = LittleEndian.read32(frame.bytes + 8)
    guard placeInTime(tick, frame.sequence, samples) else { return nil }
    fill(block, channels: channels, samples: samples)
    return .samples
  }

  /// Compares tick and sequence with what is expected; false for a repetition.
  private func placeInTime(_ tick: UInt32, _ sequence: UInt32, _ samples: Int) -> Bool {
    if let expectedTick, let expectedSequence {
      let framesBack = expectedSequence &- sequence
      let samplesBack = expectedTick &- tick
      if framesBack >= 1 && framesBack <= Self.repetitionFrames && samplesBack >= 1
        && samplesBack <= Self.repetitionFrames &* UInt32(BridgeFrame.sampleCountMax)
      {
        counters.framesRepeated &+= 1
        return false
      }
      let gap = tick &- expectedTick
      if gap >= 1 << 31 {
        counters.resynchronisations &+= 1
        hasRestarted = true
      } else if gap > 0 {
        // With every frame here, it was the bridge that lost them.
        let isComplete = !hasLostFrame && sequence == expectedSequence
        timeline.miss(Int64(gap), cause: isComplete ? .frontEndOverflow : .framesLost)
        health.noteGap(Int64(gap), isComplete: isComplete)
        countOwnLoss()
      }
    }
    if hasRestarted { loseToRestart(samples) }
    if let absence {
      timeline.lose(missed(atMost: absence &- Int64(samples), samples), cause: .deviceLost)
      self.absence = nil
    }
    expectedTick = tick &+ UInt32(samples)
    expectedSequence = sequence &+ 1
    hasLostFrame = false
    hasRestarted = false
    return true
  }

  /// What a restarted bridge did not measure only the clock tells; it is never nothing.
  private func loseToRestart(_ samples: Int) {
    let seconds = usesHostTime ? Double(arrival &- lastSamplesArrival) / 1e9 : 0
    timeline.restart()
    let estimate = Int64((seconds * sampleRate).rounded()) &- Int64(samples)
    let lost = max(1, missed(atMost: estimate, samples))
    counters.samplesLostByClock &+= lost
    timeline.lose(lost, cause: .clockEstimate)
  }

  /// How many samples are missing before the first frame after an absence, as far as that is known now: the line
  /// under the arrivals makes it right some seconds later.
  private func missed(atMost estimate: Int64, _ samples: Int) -> Int64 {
    timeline.absence(
      estimate: max(0, estimate), before: samples, arrivalNanoseconds: arrival)
  }

  private func fill(_ block: SampleBlock, channels: Int, samples: Int) {
    var bytes = UnsafePointer(frame.bytes) + BridgeFrame.samplesHeaderByteCount
    for sample in 0..<samples {
      for channel in 0..<channels {
        block.channel(channel)[sample] = BigEndian.read24(bytes)
        bytes += 3
      }
    }
    lastSamplesArrival = arrival
    counters.framesReceived &+= 1
    timeline.deliver(
      samples: samples,
      leadOff: UInt32(
        LittleEndian.read16(frame.bytes + 18) | LittleEndian.read16(frame.bytes + 20)),
      arrivalNanoseconds: arrival, in: block)
  }
}
