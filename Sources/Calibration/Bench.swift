// The front-end on the technician's bench: connects its inputs, waits until they have settled, takes a stretch of
// signal, and puts everything back, whatever happens.

import Devices
import ECGSignal

/// Why a measurement could not be made: one sentence that names the thing, the reason and the remedy.
public struct CalibrationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  /// Creates the error from its sentence.
  public init(_ description: String) { self.description = description }
}

/// What the technician is asked to do before a stretch is taken.
public struct GuidedStep: Hashable, Sendable {
  /// What to do, in plain words.
  public let instruction: String
  /// What is measured then.
  public let measures: String

  /// Describes a step.
  public init(_ instruction: String, measures: String) {
    self.instruction = instruction
    self.measures = measures
  }
}

/// An open source and its front-end. One thread.
public final class Bench {
  /// What a front-end and its filters need after a change of its inputs; its reference is long since stable.
  public static let settlingSeconds = 1.0
  /// A source that says nothing for so many reads (100 ms each at most) is gone.
  private static let idleReadsMax = 50
  private static let restartsMax = 3

  /// The format of the samples with the inputs as they are now; nominal, without calibration.
  public private(set) var format: SignalFormat
  /// The electrodes of each channel.
  public let electrodes: [ChannelElectrodes]
  let source: any SampleSource
  private let isStopped: () -> Bool
  private let ask: (GuidedStep, _ whileWaiting: () throws -> Void) throws -> Void
  private let storage: SampleBlockStorage

  /// Opens a source with its inputs on the electrodes, whatever a program that died left them on. It belongs to the
  /// bench from here on; `close` closes it.
  ///
  /// - Parameters:
  ///   - electrodes: what the board's profile says of each channel, by its name; what follows from its lead where it
  ///     says nothing.
  ///   - isStopped: whether the technician wants to stop; asked at least ten times a second.
  ///   - ask: shows a step and returns when it is done; throws where nobody can do it. Calls `whileWaiting` again
  ///     and again, each of which takes 100 ms at most, so that the source does not overflow; it throws when the source
  ///     is gone.
  public init(
    source: any SampleSource, electrodes: [String: ChannelElectrodes] = [:],
    isStopped: @escaping () -> Bool,
    ask: @escaping (GuidedStep, _ whileWaiting: () throws -> Void) throws -> Void
  ) throws(SourceError) {
    let format = try source.openOnElectrodes()
    self.format = format
    self.electrodes = format.channels.map { electrodes[$0.name] ?? ChannelElectrodes($0) }
    self.source = source
    self.isStopped = isStopped
    self.ask = ask
    storage = SampleBlockStorage(channelCount: format.channels.count)
  }

  /// Connects the inputs, runs `body` and puts the front-end back as its profile wants it: also where `body` throws
  /// or the technician stops. `body` is told what is on the inputs then.
  public func with<Result>(
    _ selection: InputSelection, _ body: (InputStimulus) throws -> Result
  ) throws -> Result {
    let control = try control(for: selection)
    let result: Result
    do {
      try control.select(selection)
      format = try source.open()
      result = try body(control.stimulus(of: selection))
    } catch {
      try putBack(control, after: error)
      throw error
    }
    try control.restore()
    format = try source.open()
    return result
  }

  /// Refuses what the front-end cannot connect, before anything is done.
  func control(for selection: InputSelection) throws(CalibrationError) -> any FrontEndControl {
    guard let control = source.control, control.selections.contains(selection) else {
      throw CalibrationError(
        "\(format.sourceName) cannot connect its inputs to '\(selection.rawValue)': "
          + "it takes no such command. \(Self.otherWay(than: selection))")
    }
    return control
  }

  /// What a technician can do instead.
  private static func otherWay(than selection: InputSelection) -> String {
    switch selection {
    case .testSignal: "Measure with a source of known voltage: --external 1mV."
    default: "This board cannot be measured so; the monitor does not ask for it."
    }
  }

  /// What went wrong first is told first; a front-end that could not be put back must be told, too.
  private func putBack(_ control: any FrontEndControl, after reason: any Error) throws {
    do { try control.restore() } catch {
      throw CalibrationError(
        "\(reason) \(format.sourceName) could not be put back: \(error) Do not monitor with it before "
          + "it was switched off and on.")
    }
  }

  /// Asks the technician for a step.
  public func guide(_ step: GuidedStep) throws {
    try ask(step) { try next { _ in } }
    try checkStop()
  }

  /// Lets the inputs settle and takes so many seconds of signal without a gap. Some front-ends give no values of a
  /// channel whose electrode is off: that is refused, unless electrodes are what is asked for.
  public func capture(seconds: Double, withElectrodesOff: Bool = false) throws -> Capture {
    try discard(seconds: Self.settlingSeconds)
    var collector = CaptureCollector(
      format: format, sampleCount: Int((seconds * format.sampleRate).rounded()))
    while !collector.isComplete {
      try next { collector.take($0) }
      guard collector.restarts <= Self.restartsMax else {
        throw CalibrationError(
          "\(format.sourceName) loses samples: no \(seconds) s without a gap. "
            + "Put the link in order first (cable, baud rate, load of the machine).")
      }
    }
    let capture = collector.capture()
    if !withElectrodesOff, let channel = capture.unmeasured.first {
      throw CalibrationError(
        "\(format.sourceName) gives no values of \(capture.names[channel]): it says that its electrode is off. "
          + "Connect it, or the cable between them, and measure again.")
    }
    return capture
  }

  /// Hands every block of so many seconds of signal to `take`, gaps or not.
  public func stream(seconds: Double, _ take: (SampleBlock) -> Void) throws {
    var first: Int64?
    var isOver = false
    while !isOver {
      try next { block in
        take(block)
        let header = block.header.pointee
        let start = first ?? header.firstIndex
        first = start
        let passed = header.firstIndex + Int64(header.sampleCount) - start
        isOver = Double(passed) >= seconds * format.sampleRate
      }
    }
  }

  /// Closes the source.
  public func close() { source.close() }

  private func discard(seconds: Double) throws {
    var left = Int((seconds * format.sampleRate).rounded())
    while left > 0 { try next { left -= Int($0.header.pointee.sampleCount) } }
  }

  /// Reads until a block comes.
  private func next(_ take: (SampleBlock) -> Void) throws {
    for _ in 0..<Self.idleReadsMax {
      try checkStop()
      let block = storage.block
      block.header.pointee = SampleBlock.Header()
      switch source.read(into: block) {
      case .samples: return take(block)
      case .idle: continue
      case .ended:
        throw CalibrationError(
          "\(format.sourceName) ended before the measurement was done: let it run longer.")
      case .disconnected:
        throw CalibrationError(
          "\(format.sourceName) went away during the measurement: connect it and measure again.")
      }
    }
    throw CalibrationError(
      "\(format.sourceName) sends nothing: check its supply, its cable and its profile.")
  }

  private func checkStop() throws {
    if isStopped() {
      throw CalibrationError("Stopped, nothing written.")
    }
  }
}
