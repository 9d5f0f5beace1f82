// What happened to the frames of a stream: every sample is delivered, or counted here under its cause.

/// What happened to the frames of a stream so far. Counts only grow.
public struct FrameCounters: Hashable, Sendable, BitwiseCopyable {
  /// Frames accepted.
  public var framesReceived: Int64 = 0
  /// Frames refused, for whatever reason.
  public var framesCorrupt: Int64 = 0
  /// Those of them whose check sum was wrong; the others had a bad length, framing or content.
  public var framesFailedChecksum: Int64 = 0
  /// Frames that came again and were dropped.
  public var framesRepeated: Int64 = 0
  /// Samples (of all channels together, one count an instant) delivered.
  public var samplesReceived: Int64 = 0
  /// Samples known to be missing, for whatever reason.
  public var samplesLost: Int64 = 0
  /// Those of them that the front-end itself lost: a full FIFO, a conversion that was not read in time.
  public var samplesLostInFrontEnd: Int64 = 0
  /// Those of them that only the host clock tells, because nothing on the wire counts.
  public var samplesLostByClock: Int64 = 0
  /// Samples beyond what the host clock allows: repetitions that nothing on the wire marks, or samples told as lost
  /// that were not.
  public var samplesSurplus: Int64 = 0
  /// Times the decoder had to search for the next frame.
  public var resynchronisations: Int64 = 0
  /// Bytes that belonged to no accepted frame.
  public var bytesDiscarded: Int64 = 0
  /// Datagrams of somebody else than the front-end, not read.
  public var datagramsForeign: Int64 = 0
  /// Times the device went away and came back.
  public var reconnects: Int64 = 0

  /// All zero.
  public init() {}
}
