// What the signal chain says of a whole recording: the chain that a monitor runs, over a file, from its first sample
// to its last.

import ECGSignal
import Recordings
import SignalProcessing

/// Everything that was told of a recording without the model.
public struct Detections: Sendable {
  /// Which signals were not to be trusted from a sample on.
  public struct NoiseChange: Hashable, Sendable {
    /// The first sample of which it holds.
    public var sample: Int
    /// Channels that do not measure a heart, a bit each; derived rows are not among them.
    public var noisyChannels: UInt32
    /// Nothing measures: nothing is analysed.
    public var isShutdown: Bool
  }

  /// Samples a second.
  public let sampleRate: Double
  /// Samples of the recording.
  public private(set) var sampleCount = 0
  /// Beats, by the sample of their R peak.
  public private(set) var beats: [Beat] = []
  /// Rhythms that began or ended, as they were told.
  public private(set) var rhythmChanges: [RhythmChange] = []
  /// Changes of what may be trusted.
  public private(set) var noiseChanges: [NoiseChange] = []
  /// The heart rate told at each full second, nil where none could be.
  public private(set) var heartRates: [Float?] = []

  /// A monitor waits for what comes after a beat; after a record's end it gets this much of the last sample again, so
  /// that it tells the last beat, too (eval0.tex: the input may be padded).
  private static let paddingSeconds = 1.0
  static let sampleRates = 100.0...2000.0

  /// Runs the chain over the recording at a path.
  ///
  /// Throws where it cannot be read or has a rate that the chain cannot take.
  public init(path: String) throws(RecordingError) {
    let reader = try Recordings.open(path)
    let format = reader.format
    sampleRate = format.sampleRate
    guard Self.sampleRates.contains(sampleRate) else {
      throw RecordingError(
        "\(path): has \(sampleRate) samples a second; resample it to 100 to 2000 a second")
    }
    let layout = RowLayout(format)
    let assembly = RowAssembly(format: format, layout: layout)
    let chain = SignalChain(sampleRate: sampleRate, rowCount: layout.rows.count)
    let storage = SampleBlockStorage(channelCount: format.channels.count)
    var row = [Float](repeating: .nan, count: layout.rows.count)
    while true {
      let step = SampleBlock.sampleCountMax
      let count = try reader.read(into: storage.block.codes, stride: step, count: step)
      if count == 0 { break }
      for sample in 0..<count {
        assembly.assemble(storage.block, sample: sample, into: &row)
        take(chain, row, saturated: assembly.saturatedRows, channelCount: format.channels.count)
      }
    }
    finish(chain, row)
  }

  /// Puts together what was told elsewhere, for tests.
  init(
    sampleRate: Double, sampleCount: Int, beats: [Beat] = [], rhythmChanges: [RhythmChange] = [],
    noiseChanges: [NoiseChange] = []
  ) {
    self.sampleRate = sampleRate
    self.sampleCount = sampleCount
    self.beats = beats
    self.rhythmChanges = rhythmChanges
    self.noiseChanges = noiseChanges
  }

  private mutating func take(
    _ chain: SignalChain, _ row: [Float], saturated: UInt32, channelCount: Int
  ) {
    let index = Int64(sampleCount)
    if let beat = chain.step(row, saturated: saturated, lost: 0, at: index) { beats.append(beat) }
    for position in 0..<chain.rhythmChangeCount {
      rhythmChanges.append(chain.rhythmChange(position))
    }
    let change = NoiseChange(
      sample: sampleCount, noisyChannels: ~chain.usableRows & ((1 << UInt32(channelCount)) - 1),
      isShutdown: chain.usableRows == 0)
    let last = noiseChanges.last
    if change.noisyChannels != last?.noisyChannels ?? 0
      || change.isShutdown != last?.isShutdown ?? false
    {
      noiseChanges.append(change)
    }
    if sampleCount == Int((Double(heartRates.count) * sampleRate).rounded()) {
      heartRates.append(chain.heartRate(at: index))
    }
    sampleCount += 1
  }

  /// Of what the padding brings only beats of the recording count.
  private mutating func finish(_ chain: SignalChain, _ row: [Float]) {
    for padded in 0..<Int(Self.paddingSeconds * sampleRate) {
      let index = Int64(sampleCount + padded)
      if let beat = chain.step(row, saturated: 0, lost: 0, at: index) { beats.append(beat) }
    }
    let end = Int64(sampleCount)
    beats.removeAll { $0.sampleIndex < 0 || $0.sampleIndex >= end }
    beats.sort { $0.sampleIndex < $1.sampleIndex }
  }
}
