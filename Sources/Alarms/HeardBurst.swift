// Whether a burst that was played was heard: finds it in a recording, measures each pulse and harmonic, and says in
// sentences what a technician would have to change. Pure: samples in, verdict out.

import Glibc

/// A burst as a microphone heard it.
public struct HeardBurst: Hashable, Sendable {
  /// One pulse of it.
  public struct Pulse: Hashable, Sendable {
    /// Seconds since the recording's start at which it reaches half its level.
    public let startSeconds: Double
    /// From the 90 % mark of its rise to that of its fall, from the half levels, which a room's echo moves less.
    public let seconds: Double
    /// Its fundamental frequency.
    public let frequencyHz: Double
    /// Its level against a sine of full scale.
    public let levelDecibels: Double
    /// Levels of its harmonics against the fundamental's, the second harmonic first.
    public let harmonicDecibels: [Double]
  }

  /// The pulses in the order of the burst.
  public let pulses: [Pulse]
  /// Level of the quiet before, between and after them, against a sine of full scale.
  public let noiseDecibels: Double
  /// What is wrong with it, a sentence each; empty where it passes.
  public let problems: [String]

  /// Level of the pulses above the noise, below which nobody could trust the other numbers.
  public static let signalToNoiseDecibelsMin = 15.0
  /// Timing against the played burst: an echo of a room and the 5 ms of the search.
  public static let timingSecondsMax = 0.025
  /// Pitch against the played burst: two clocks and a loudspeaker change nothing near it.
  public static let pitchShareMax = 0.01
  /// Harmonics that the standard asks for in 300-4000 Hz, and their distance to the fundamental.
  public static let harmonicCountMin = 4
  public static let harmonicDecibelsMax = 15.0

  /// Looks for a burst in a recording; nil where none is in it.
  public init?(_ heard: [Int16], sampleRateHz: Double, expecting burst: AlarmBurst) {
    let envelope = Envelope(heard, sampleRateHz: sampleRateHz)
    guard let start = envelope.start(of: burst) else { return nil }
    let noise = envelope.noise
    pulses = burst.pulses.map { pulse in
      let edges = envelope.edges(of: pulse, in: burst, startingAt: start, noise: noise)
      let tone = ToneLevels(
        heard, sampleRateHz: sampleRateHz,
        from: edges.lowerBound + 0.2 * (edges.upperBound - edges.lowerBound),
        to: edges.upperBound - 0.2 * (edges.upperBound - edges.lowerBound),
        near: pulse.frequencyHz)
      return Pulse(
        startSeconds: edges.lowerBound,
        seconds: edges.upperBound - edges.lowerBound - 2 * burst.halfTo90Seconds,
        frequencyHz: tone.frequencyHz, levelDecibels: decibels(tone.totalAmplitude),
        harmonicDecibels: tone.amplitudes.dropFirst().map {
          decibels($0) - decibels(tone.amplitudes[0])
        })
    }
    noiseDecibels = decibels(noise)
    problems = Self.problems(pulses, noiseDecibels: decibels(noise), burst)
  }

  private static func problems(
    _ pulses: [Pulse], noiseDecibels: Double, _ burst: AlarmBurst
  ) -> [String] {
    var problems: [String] = []
    func tell(_ sentence: String, where isBad: (Int) -> Bool) {
      let bad = pulses.indices.filter(isBad)
      guard !bad.isEmpty else { return }
      problems.append("\(sentence) (pulse \(bad.map { "\($0 + 1)" }.joined(separator: ", ")))")
    }
    tell("too soft against the noise: turn the volume up or come nearer") {
      pulses[$0].levelDecibels - noiseDecibels < signalToNoiseDecibelsMin
    }
    tell("not as long as it was played: another sound, or an echo, lies over it") {
      abs(pulses[$0].seconds - burst.pulseSeconds) > timingSecondsMax
    }
    tell("not when it was played: the sound device dropped or repeated samples") {
      let played = burst.pulses[$0].startSeconds - burst.pulses[0].startSeconds
      let heard = pulses[$0].startSeconds - pulses[0].startSeconds
      return abs(heard - played) > timingSecondsMax
    }
    tell("at another pitch: the sound device runs at another rate") {
      abs(pulses[$0].frequencyHz / burst.pulses[$0].frequencyHz - 1) > pitchShareMax
    }
    tell("fewer than \(harmonicCountMin) harmonics near the fundamental: use a better loudspeaker")
    {
      harmonicsInRange(pulses[$0]) < harmonicCountMin
    }
    return problems
  }

  /// Harmonics of a pulse within 300-4000 Hz whose level is within 15 dB of the fundamental's.
  public static func harmonicsInRange(_ pulse: Pulse) -> Int {
    pulse.harmonicDecibels.enumerated().filter { index, level in
      (300...4000).contains(pulse.frequencyHz * Double(index + 2))
        && abs(level) <= harmonicDecibelsMax
    }.count
  }
}

/// Decibels of an amplitude against full scale.
private func decibels(_ amplitude: Double) -> Double { 20 * log10(max(amplitude, 1e-9)) }

/// How loud a recording is in every 5 ms, as the amplitude of a sine of the same power, against full scale.
private struct Envelope {
  static let stepSeconds = 0.005
  private let levels: [Double]
  /// Level of the quiet: that which a fifth of the recording stays below.
  let noise: Double

  init(_ samples: [Int16], sampleRateHz: Double) {
    let step = Int(Self.stepSeconds * sampleRateHz)
    levels = (0..<samples.count / step).map { index in
      var sum = 0.0
      for sample in samples[(index * step)..<((index + 1) * step)] {
        sum += Double(sample) * Double(sample)
      }
      return (2 * sum / Double(step)).squareRoot() / 32_768
    }
    noise = levels.sorted()[min(levels.count - 1, levels.count / 5), default: 0]
  }

  /// Seconds at which the burst's samples begin: where its pattern of sound and silence fits best.
  func start(of burst: AlarmBurst) -> Double? {
    let count = Int(burst.seconds / Self.stepSeconds)
    guard levels.count > count else { return nil }
    let pattern = (0..<count).map { step -> Double in
      burst.isSounding(atSeconds: (Double(step) + 0.5) * Self.stepSeconds) ? 1 : 0
    }
    var best = (offset: 0, fit: 0.0)
    for offset in 0...(levels.count - count) {
      let fit = correlation(pattern, levels[offset..<(offset + count)])
      if fit > best.fit { best = (offset, fit) }
    }
    // Noise alone fits a pattern of hundreds of steps far worse, and another burst worse, too.
    return best.fit > 0.7 ? Double(best.offset) * Self.stepSeconds : nil
  }

  private func correlation(_ pattern: [Double], _ levels: ArraySlice<Double>) -> Double {
    let count = Double(pattern.count)
    let patternMean = pattern.reduce(0, +) / count
    let levelMean = levels.reduce(0, +) / count
    var product = 0.0
    var patternPower = 0.0
    var levelPower = 0.0
    for (p, l) in zip(pattern, levels) {
      product += (p - patternMean) * (l - levelMean)
      patternPower += (p - patternMean) * (p - patternMean)
      levelPower += (l - levelMean) * (l - levelMean)
    }
    let power = (patternPower * levelPower).squareRoot()
    return power > 0 ? product / power : 0
  }

  /// Where a pulse passes half its level, in seconds since the recording's start.
  func edges(
    of pulse: AlarmBurst.Pulse, in burst: AlarmBurst, startingAt start: Double, noise: Double
  ) -> ClosedRange<Double> {
    let middle = step(start + pulse.startSeconds + burst.pulseSeconds / 2)
    let plateau = levels[step(start + pulse.startSeconds)...max(middle, 0)].sorted()
    let half = max(plateau[plateau.count / 2] / 2, noise)
    return crossing(from: middle, by: -1, half)...crossing(from: middle, by: 1, half)
  }

  private func step(_ seconds: Double) -> Int {
    min(max(Int(seconds / Self.stepSeconds), 0), levels.count - 1)
  }

  /// Seconds at which the level falls through a threshold, walking outwards, between the middles of two steps.
  private func crossing(from middle: Int, by direction: Int, _ threshold: Double) -> Double {
    var index = middle
    while levels.indices.contains(index + direction), levels[index] > threshold {
      index += direction
    }
    let inner = levels[min(max(index - direction, 0), levels.count - 1)]
    let outer = levels[index]
    let share = inner > outer ? min(max((inner - threshold) / (inner - outer), 0), 1) : 0
    return (Double(index - direction) + Double(direction) * share + 0.5) * Self.stepSeconds
  }
}

/// The harmonics of a stretch of sound, by its spectrum at them.
private struct ToneLevels {
  private(set) var frequencyHz = 0.0
  /// Amplitudes of the fundamental and its harmonics against full scale.
  private(set) var amplitudes: [Double] = []

  init(
    _ samples: [Int16], sampleRateHz: Double, from: Double, to: Double, near expectedHz: Double
  ) {
    let first = min(max(Int(from * sampleRateHz), 0), samples.count)
    let end = min(max(Int(to * sampleRateHz), first), samples.count)
    let window = Self.windowed(samples[first..<end])
    var best = 0.0
    // A wrong pitch must be seen as such: the search goes to a half tone (6 %) beside the right one.
    for step in -12...12 {
      let candidate = expectedHz * (1 + Double(step) * 0.005)
      let levels = AlarmBurst.harmonicLevels.indices.map {
        Self.amplitude(window, candidate * Double($0 + 1) / sampleRateHz)
      }
      let power = levels.reduce(0) { $0 + $1 * $1 }
      if power > best { (best, frequencyHz, amplitudes) = (power, candidate, levels) }
    }
    if amplitudes.isEmpty {
      frequencyHz = expectedHz
      amplitudes = AlarmBurst.harmonicLevels.map { _ in 0 }
    }
  }

  /// Amplitude of a sine with the power of all harmonics.
  var totalAmplitude: Double { amplitudes.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  /// Samples against full scale under Hann's window, scaled so that a sine keeps its amplitude.
  private static func windowed(_ samples: ArraySlice<Int16>) -> [Double] {
    let count = Double(samples.count)
    return samples.enumerated().map { index, sample in
      let weight = 1 - cos(2 * Double.pi * (Double(index) + 0.5) / count)
      return Double(sample) / 32_768 * weight * 2 / count
    }
  }

  /// Magnitude of the spectrum at a frequency in periods a sample (Goertzel 1958).
  private static func amplitude(_ samples: [Double], _ frequency: Double) -> Double {
    let factor = 2 * cos(2 * Double.pi * frequency)
    var last = 0.0
    var previous = 0.0
    for sample in samples { (last, previous) = (sample + factor * last - previous, last) }
    return max(0, last * last + previous * previous - factor * last * previous).squareRoot()
  }
}

extension Array {
  fileprivate subscript(_ index: Int, default fallback: Element) -> Element {
    indices.contains(index) ? self[index] : fallback
  }
}
