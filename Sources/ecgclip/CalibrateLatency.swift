// `ecgclip calibrate latency`: from the sample that decides an alarm to its lamp, through the whole monitor.

import ArgumentParser
import CLinux
import Calibration
import Devices
import ECGSignal
import Inference
import LinuxDevices
import Monitor
import SimulatedDevices

struct CalibrateLatency: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "latency",
    abstract: "The time from the sample that decides an alarm to the lamp's line.",
    discussion: """
      Runs the monitor as it is - acquisition, pipeline, alarm system, the lamp's thread - on a \
      source whose first electrode is told to be off every five seconds, and times each alarm from \
      the arrival of the block that decided it to its lamp. The alarm's own delay (a second of \
      lead-off) is told beside it, in time of the signal. What the front-end, its filters and its \
      link need before a block arrives is in neither.

        ecgclip calibrate latency --source sim:nsr --lamp pinctrl-rp1:17
        ecgclip calibrate latency --profile ads1298-pi --unit 7 --lamp pinctrl-rp1:17

      A front-end needs an ECG simulator at its electrodes: an asystole would light the lamp \
      first. Without --loopback the host's clock tells when the call that lit the lamp returned. \
      With the lamp's line wired to an input, the kernel tells when it changed:

        … --lamp pinctrl-rp1:17 --loopback pinctrl-rp1:27

      Without a line, to see what it tells: a simulated lamp that takes so many milliseconds, for \
      the simulated patient alone.

        ecgclip calibrate latency --source sim:nsr --lamp simulated:150
      """)

  @OptionGroup var options: CalibrationOptions

  @Option(help: "The lamp's line: the label of its GPIO chip and its offset, as pinctrl-rp1:17.")
  var lamp: LampName

  @Flag(help: "A low level lights the lamp.")
  var activeLow = false

  @Option(help: "An input that is wired to the lamp's line.")
  var loopback: GPIOLineName?

  func run() throws {
    let line = try self.lamp.open(isActiveLow: activeLow)
    let echo = try loopback.map { LampEcho(try GPIODataReadyLine($0.line, rising: !activeLow)) }
    nonisolated(unsafe) let lamp = EchoedLamp(line, echo)
    let model = try Model(folder: Installation.modelFolder(nil))
    let clock = echo == nil ? "the host's clock" : "the kernel's time of the line's edge"
    let method = "by \(clock)" + (self.lamp.isSimulated ? ", a simulated lamp" : "")
    // The lamp greets for so long by the host's clock.
    let pace = options.speed.factor
    try options.run { source, _, stop, check in
      let alarms = try AlarmPath.run(
        source: source, model: model, seconds: options.seconds ?? 117 + 3 * pace,
        firstSeconds: 3 * pace, stop: stop, lamp: { () throws(SourceError) in lamp },
        check: { format in
          try self.lamp.allow(format)
          try check(format)
        })
      if stop.isSet { throw CommandFailure("Stopped, nothing written.") }
      return .latency(alarms, method: "deciding sample's arrival to lamp, \(method)")
    }
  }
}

extension FieldMeasurement {
  /// The first alarm finds code and data in no cache: it counts like the others.
  static func latency(_ alarms: [TimedAlarm], method: String) -> FieldMeasurement {
    var (path, detection) = (LatencyLog(), LatencyLog())
    for alarm in alarms {
      detection.add(milliseconds: 1000 * alarm.detectionSeconds)
      if let took = alarm.lampNanoseconds { path.add(from: 0, to: took) }
    }
    return .latency(
      path, detection: detection, missed: alarms.filter { $0.lampNanoseconds == nil }.count,
      method: method)
  }
}

/// The lamp, and the input that sees its line where there is one.
private final class EchoedLamp: TimedLamp {
  private(set) var changedAt: UInt64?
  private let lamp: any AlarmLamp
  private let echo: LampEcho?

  init(_ lamp: any AlarmLamp, _ echo: LampEcho?) {
    self.lamp = lamp
    self.echo = echo
  }

  func set(isLit: Bool) throws(SourceError) {
    echo?.forget()
    try lamp.set(isLit: isLit)
    changedAt = clinux_monotonic_nanoseconds()
    // Only the edge of lighting is reported.
    if let echo, isLit { changedAt = try echo.edge() }
  }
}

/// The lamp's line as an input sees it.
private final class LampEcho {
  private let line: GPIODataReadyLine
  private let edges = UnsafeMutableBufferPointer<DataReadyEdge>.allocate(capacity: 16)

  init(_ line: GPIODataReadyLine) { self.line = line }

  deinit { edges.deallocate() }

  /// Drops edges that came before.
  func forget() { while line.takeEdges(into: edges, waitMilliseconds: 0) > 0 {} }

  /// The kernel's time of the next edge.
  func edge() throws(SourceError) -> UInt64 {
    guard line.takeEdges(into: edges, waitMilliseconds: 500) > 0 else {
      throw SourceError(
        "The lamp's line was set, but no edge came at the loopback input: wire them together.")
    }
    return edges[0].nanoseconds
  }
}

/// A lamp as it is written: a GPIO line, or `simulated:150`.
enum LampName: ExpressibleByArgument {
  case line(GPIOLine)
  case simulated(milliseconds: UInt32)

  init?(argument: String) {
    guard let name = GPIOLineName(argument: argument) else { return nil }
    self =
      name.line.chipLabels == ["simulated"]
      ? .simulated(milliseconds: name.line.offset) : .line(name.line)
  }

  var isSimulated: Bool { if case .simulated = self { true } else { false } }

  func open(isActiveLow: Bool) throws(SourceError) -> any AlarmLamp {
    switch self {
    case .line(let line):
      GPIOLamp(try GPIOOutputLine(line, isHigh: isActiveLow), isActiveLow: isActiveLow)
    case .simulated(let milliseconds): SimulatedLamp(delayMilliseconds: milliseconds)
    }
  }

  /// A number of a lamp that is not there must not come to a device that is.
  func allow(_ format: SignalFormat) throws(CommandFailure) {
    guard isSimulated, format.provenance != .simulated else { return }
    throw CommandFailure(
      "A simulated lamp says nothing about \(format.sourceName): name its line with --lamp CHIP:LINE."
    )
  }
}

/// A GPIO line as it is written: `pinctrl-rp1:17`.
struct GPIOLineName: ExpressibleByArgument {
  let line: GPIOLine

  init?(argument: String) {
    guard let colon = argument.lastIndex(of: ":"), colon > argument.startIndex,
      let offset = UInt32(argument[argument.index(after: colon)...])
    else { return nil }
    line = GPIOLine(chipLabels: [String(argument[..<colon])], offset: offset)
  }
}
