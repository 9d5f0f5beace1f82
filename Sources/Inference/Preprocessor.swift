// The model's own preprocessing branch as a stream: twelve leads at any nominal rate from 100 Hz in,
// millivolts at 100 Hz out. Fixed with the model, so that what the net sees on the device is what it
// saw in training, whatever the display filters do.

import ECGSignal

/// Resampler and high-pass of one stream. One thread at a time; allocates only when it is made.
public final class Preprocessor {
  private static let leadCount = 12
  private static let rateLimitsHz = 100.0...10_000.0

  /// The input's nominal rate in Hz.
  public let sampleRate: Double

  private let taps: ResamplerTaps
  private let highPass: HighPass
  /// The newest input samples in millivolts, `[sample & mask][12]`.
  private let history: UnsafeMutablePointer<Double>
  private let mask: Int
  private let sums: UnsafeMutablePointer<Double>
  private let state: UnsafeMutablePointer<HighPass.State>
  private let millivolts: UnsafeMutablePointer<Double>

  private var leads = LeadSet.twelve
  /// Input samples since the restart.
  private var sampleCount = 0
  /// Where the next output lies: input samples, and 1e-5 of them.
  private var position = 0
  private var phase = 0
  /// Whether an output was made since the restart.
  private var isRunning = false

  /// Makes the branch for a nominal rate of 100 Hz to 10 kHz, taken to the nearest millihertz.
  public init(_ preprocessing: Preprocessing, sampleRate: Double) throws(ModelError) {
    guard Self.rateLimitsHz.contains(sampleRate) else {
      throw ModelError(
        """
        The model needs a sample rate of 100 to 10000 Hz and the signal has \(sampleRate) Hz. Run \
        without the model, or set a higher rate.
        """)
    }
    self.sampleRate = sampleRate
    let millihertz = Int((sampleRate * 1000).rounded())
    taps = ResamplerTaps(preprocessing, rateMillihertz: millihertz)
    highPass = HighPass(preprocessing)
    var capacity = 1
    while capacity < taps.countMax { capacity *= 2 }
    mask = capacity - 1
    history = .allocate(capacity: capacity * Self.leadCount)
    history.initialize(repeating: 0, count: capacity * Self.leadCount)
    sums = .allocate(capacity: Self.leadCount)
    sums.initialize(repeating: 0, count: Self.leadCount)
    state = .allocate(capacity: Self.leadCount)
    state.initialize(repeating: HighPass.State(), count: Self.leadCount)
    millivolts = .allocate(capacity: Self.leadCount)
    millivolts.initialize(repeating: 0, count: Self.leadCount)
  }

  deinit {
    history.deallocate()
    sums.deallocate()
    state.deallocate()
    millivolts.deallocate()
  }

  /// Forgets the stream. The next sample is the first of a new one that has lasted forever at that
  /// value; leads outside `leads` come out as exact zeros.
  public func restart(leads: LeadSet) {
    self.leads = leads
    sampleCount = 0
    position = 0
    phase = 0
    isRunning = false
  }

  /// Takes one input sample: `[12]` microvolts, those of missing leads ignored, the others finite.
  /// Returns how many 100 Hz outputs became ready, 0 or 1: the input is never slower than the output.
  public func push(_ microvolts: UnsafePointer<Float>) -> Int {
    store(microvolts)
    sampleCount &+= 1
    let (first, last) = taps.range(phase: phase)
    guard position &+ last < sampleCount else { return 0 }
    resample(first: position &+ first, count: last &- first &+ 1)
    filter()
    position &+= taps.samplesPerOutput
    phase &+= taps.phasePerOutput
    if phase >= ResamplerTaps.phasesPerSample {
      phase &-= ResamplerTaps.phasesPerSample
      position &+= 1
    }
    return 1
  }

  /// Output `index` (0) of the last `push`: `[12]` millivolts, valid until the next call.
  public func output(_ index: Int) -> UnsafePointer<Double> {
    precondition(index == 0, "push makes one output at most")
    return UnsafePointer(millivolts)
  }

  private func store(_ microvolts: UnsafePointer<Float>) {
    let row = history + (sampleCount & mask) &* Self.leadCount
    for lead in 0..<Self.leadCount {
      row[lead] = isPresent(lead) ? Double(microvolts[lead]) / 1000 : 0
    }
    guard sampleCount == 0 else { return }
    // The samples before the first equal it; it went into row 0.
    for sample in 1...mask {
      (history + sample &* Self.leadCount).update(from: row, count: Self.leadCount)
    }
  }

  private func resample(first: Int, count: Int) {
    let weights = taps.weights(phase: phase)
    for lead in 0..<Self.leadCount { sums[lead] = 0 }
    for index in 0..<count {
      let row = history + ((first &+ index) & mask) &* Self.leadCount
      let weight = weights[index]
      for lead in 0..<Self.leadCount { sums[lead] += weight * row[lead] }
    }
  }

  private func filter() {
    for lead in 0..<Self.leadCount {
      if !isRunning { state[lead] = highPass.steadyState(sums[lead]) }
      let output = highPass.step(sums[lead], &state[lead])
      millivolts[lead] = isPresent(lead) ? output : 0
    }
    isRunning = true
  }

  @inline(__always)
  private func isPresent(_ lead: Int) -> Bool { leads.rawValue >> UInt16(lead) & 1 == 1 }
}
