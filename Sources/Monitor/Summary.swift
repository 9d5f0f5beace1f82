// The last word of a monitoring session: what arrived, what was lost, how fast it was understood.

import ECGSignal
import Pipeline

/// Result of a run.
public struct Summary: Sendable {
  /// Samples of all channels together that the pipeline received.
  public var samplesReceived: Int64
  /// Samples known to be missing.
  public var samplesLost: Int64
  /// What happened to the frames that brought them.
  public var counters: FrameCounters
  /// Share of the stream that was received, 0-1.
  public var completeness: Double
  /// Median of the rates told once a second, nil when none could be told.
  public var heartRateBPM: Float?
  /// Windows that the model read.
  public var windows: Int
  /// From the arrival of a sample at the host to the event being written, median and 99th percentile.
  public var latencyMillisecondsP50: Double?
  /// See `latencyMillisecondsP50`.
  public var latencyMillisecondsP99: Double?
  /// Processor time of the whole process over the signal's duration, as a share of one core.
  public var cpuShare: Double?
  /// Resident memory at the end, in bytes.
  public var residentBytes: Int
  /// The leads that were there, derived ones included.
  public var leads: LeadSet
  /// Seconds of signal.
  public var durationSeconds: Double
  /// The nominal rate.
  public var sampleRate: Double
  /// What the true rate was found to be, nil where arrivals did not tell.
  public var clock: ClockFit?
  /// Why the source ended the stream, nil where it did not.
  public var endReason: String?
  /// What the calibration could not be relied on for, and what of the front-end is not known; one sentence each.
  public var warnings: [String] = []

  /// Frames refused, times that the decoder lost its place and that the device went away.
  public var framesCorrupt: Int64 { counters.framesCorrupt }
  public var resynchronisations: Int64 { counters.resynchronisations }
  public var reconnects: Int64 { counters.reconnects }
}

/// Collects a summary from the events of a run.
struct SummaryCollector {
  private var heartRates: [Float] = []
  private var windows = 0
  private var durationSeconds = 0.0
  private var clock: ClockFit?
  private(set) var tally = SampleTally()

  mutating func take(_ event: PipelineEvent) {
    durationSeconds = max(durationSeconds, event.seconds)
    switch event.kind {
    case .heartRate(let rate?): heartRates.append(rate)
    case .window: windows += 1
    case .tally(let tally): self.tally = tally
    case .clock(let fit): clock = fit
    default: break
    }
  }

  func summary(
    context: SessionContext, latency: LatencyHistogram, cpuSeconds: Double, wallSeconds: Double,
    residentBytes: Int, endReason: String?
  ) -> Summary {
    Summary(
      samplesReceived: tally.samplesReceived, samplesLost: tally.samplesLost,
      counters: tally.counters, completeness: tally.completeness,
      heartRateBPM: heartRates.isEmpty ? nil : heartRates.sorted()[heartRates.count / 2],
      windows: windows, latencyMillisecondsP50: latency.milliseconds(percentile: 50),
      latencyMillisecondsP99: latency.milliseconds(percentile: 99),
      cpuShare: wallSeconds > 0 ? cpuSeconds / wallSeconds : nil, residentBytes: residentBytes,
      leads: context.leads, durationSeconds: durationSeconds,
      sampleRate: context.format.sampleRate, clock: clock, endReason: endReason)
  }
}
