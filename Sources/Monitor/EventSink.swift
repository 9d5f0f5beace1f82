// Where events go: the screen, JSON lines, alert datagrams. Sinks run on the monitor's own thread, after the
// real-time threads; a slow one delays the others, never the pipeline.

import Alarms
import ECGSignal
import Inference
import Pipeline
import SignalProcessing

/// What a sink must know to put names and units on events. Constant while a monitor runs.
public struct SessionContext: Sendable {
  /// The stream's format.
  public let format: SignalFormat
  /// Its rows.
  public let layout: RowLayout
  /// The leads that a finding can count on: those of the source and those that follow from them.
  public let leads: LeadSet
  /// The model's name and SHA-256.
  public let modelName: String
  /// SHA-256 of the model file, hexadecimal.
  public let modelSHA256: String
  /// The model's statements, in the order of `PipelineEvent.finding`.
  public let statements: [Statement]
  /// The alarms, in the order of `AlarmTransition.alarm`.
  public let alarms: [AlarmDefinition]

  /// Whether what is shown comes from no patient's electrodes now.
  public var isSimulated: Bool { format.provenance != .live }

  /// Seconds of signal at a sample.
  public func seconds(_ index: Int64) -> Double { Double(index) / format.sampleRate }
}

/// Something that takes a monitor's events.
public protocol EventSink: AnyObject {
  /// The stream is about to start.
  func begin(_ context: SessionContext) throws
  /// One event, in order.
  func take(_ event: PipelineEvent)
  /// Points of the curves that the screen shows; most sinks need none.
  func take(_ point: InlineArray<12, Float>)
  /// Something that is no event of the signal and that people must know.
  func tell(problem: String)
  /// Called about twenty times a second, after the events that were there.
  func refresh()
  /// The stream is over.
  func end(_ summary: Summary)
}

extension EventSink {
  /// Most sinks show no curves.
  public func take(_ point: InlineArray<12, Float>) {}
  /// Most sinks need no refresh.
  public func refresh() {}
}
