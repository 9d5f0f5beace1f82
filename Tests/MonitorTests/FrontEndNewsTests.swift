// What the acquisition thread tells besides samples: news of the front-end, and how far time has gone while it is away.

import CLinux
import Devices
import ECGSignal
import Foundation
import FrontEnds
import Guard
import Inference
import LinuxDevices
import Pipeline
import RealTime
import SimulatedDevices
import TestSupport
import Testing

@testable import Monitor

/// A front-end whose clock is off: it sends for a while, at the pace that its stamps say, and falls silent.
private final class AbsentSource: SampleSource {
  static let nominalRate = 500.0
  let waitsForConsumer = true
  let keepsRealTime = true
  var fittedSampleRate: Double?
  private let trueRate: Double
  private let blockCount: Int64
  private let lastArrival: UInt64
  private let onSilence: () -> Void
  private var index: Int64 = 0
  private var news: [FrontEndNews] = [.chipSilent, .restarted(.watchdog)]

  /// - Parameter lastArrival: when the last of `seconds` of samples came.
  init(
    trueRate: Double, seconds: Double, lastArrival: UInt64, onSilence: @escaping () -> Void
  ) {
    self.trueRate = trueRate
    self.lastArrival = lastArrival
    self.onSilence = onSilence
    blockCount = Int64(seconds * Self.nominalRate / 10)
  }

  func open() throws(SourceError) -> SignalFormat { Self.format }

  static let format = SignalFormat(
    sampleRate: nominalRate, channels: [Channel(name: "II", lead: .II, microvoltsPerCode: 1)],
    provenance: .live, sourceName: "absent")

  func read(into block: SampleBlock) -> ReadOutcome {
    guard index < blockCount * 10 else {
      onSilence()
      return .idle
    }
    for sample in 0..<10 { block.channel(0)[sample] = Int32(sample) }
    block.header.pointee.firstIndex = index
    block.header.pointee.sampleCount = 10
    index += 10
    let left = Double(blockCount * 10 - index) / trueRate
    block.header.pointee.arrivalNanoseconds = lastArrival - UInt64(left * 1e9)
    return .samples
  }

  func takeNews() -> FrontEndNews? { news.isEmpty ? nil : news.removeFirst() }

  func close() {}
}

@Test(
  "while a device is away time goes on at its true rate",
  .enabled(if: clinux_monotonic_nanoseconds() > 200_000_000_000, "the host started just now"),
  arguments: [497.5, 502.5])
func timeWhileAway(trueRate: Double) throws {
  let stop = StopFlag()
  let ring = SampleRing(channelCount: 1)
  let news = ValueRing<FrontEndNews>(capacity: 8)
  // The device fell silent a minute ago.
  let last = clinux_monotonic_nanoseconds() - 60_000_000_000
  let source = AbsentSource(
    trueRate: trueRate, seconds: 120, lastArrival: last, onSilence: { stop.set() })
  let acquisition = Acquisition(
    source: source, ring: ring, news: news, stop: stop,
    pulse: SignsOfLife().pulse(of: .acquisition), format: AbsentSource.format, sampleLimit: nil)
  nonisolated(unsafe) let handed = acquisition
  let thread = RealTimeThread(name: "acquisition", priority: nil) { handed.run() }
  var end: Int64 = 0
  var told: SampleBlock.Header?
  var isLast = false
  while !isLast {
    ring.waitForData(milliseconds: 100)
    while let block = ring.front() {
      let header = block.header.pointee
      if header.isDeviceAway { told = header }
      if !header.isLast && !header.isDeviceAway {
        end = header.firstIndex + Int64(header.sampleCount)
      }
      isLast = header.isLast
      ring.release()
    }
  }
  thread.join()
  #expect(source.fittedSampleRate.map { abs($0 - trueRate) < 0.01 } == true)
  let header = try #require(told)
  let seconds = Double(header.arrivalNanoseconds - last) / 1e9
  // By the nominal rate it would be 150 samples off.
  #expect(abs(Double(header.firstIndex - end) - seconds * trueRate) < 2)
  #expect(news.pop() == .chipSilent)
  #expect(news.pop() == .restarted(.watchdog))
}

/// Keeps problems and findings.
private final class NewsSink: EventSink {
  var problems: [String] = []
  var leads: Set<LeadSet> = []
  var context: SessionContext?
  var onProblem: () -> Void = {}

  func begin(_ context: SessionContext) { self.context = context }
  func take(_ event: PipelineEvent) {
    if case .finding(_, _, let leads) = event.kind { self.leads.insert(leads) }
  }
  func tell(problem: String) {
    problems.append(problem)
    onProblem()
  }
  func end(_ summary: Summary) {}
}

@Test("a front-end's news are told as problems with their remedy")
func newsAreTold() throws {
  let sink = NewsSink()
  let stop = StopFlag()
  sink.onProblem = { if sink.problems.count == 2 { stop.set() } }
  let monitor = Monitor(
    source: AbsentSource(
      trueRate: 500, seconds: 1, lastArrival: clinux_monotonic_nanoseconds(), onSilence: {}),
    model: .success(try Model(folder: TestData.repository + "/models/ecgclip-r18")),
    configuration: MonitorConfiguration(seconds: 60), sinks: [sink], stop: stop)
  _ = try monitor.run()
  #expect(sink.problems.count == 2)
  #expect(sink.problems.first?.contains("check its supply") == true)
  #expect(sink.problems.last?.contains("watchdog") == true)
}

@Test("twelve leads of a board that is for watching are read as six, and shown")
func watchingBoard() throws {
  let terminal = try PseudoTerminal()
  let frontEnd = EmulatedFrontEnd(
    signal: EmulatedCyton(
      SimulatedPatient(script: try PatientScript(parsing: "nsr"), sampleRate: 250),
      isStreaming: true), wireFormat: .cyton, terminal: terminal, speed: .maximum)
  let folder = try TemporaryFolder()
  let text = try String(
    contentsOfFile: TestData.repository + "/firmware-config/cyton.yaml", encoding: .utf8)
  let profile = try BoardProfile.load(
    folder.write("copy.yaml", text.replacing("use: twelveLeads", with: "use: monitoringLeads")))
  let sink = NewsSink()
  let monitor = Monitor(
    source: FramedSource(
      channel: SerialChannel(path: terminal.path, baud: 115_200),
      decoder: CytonDecoder(
        WireSettings(sampleRate: 250, channelCount: 8, usesHostTime: false)),
      profileFormat: profile.signalFormat, waitsForConsumer: true, keepsRealTime: false),
    model: .success(try Model(folder: TestData.repository + "/models/ecgclip-r18")),
    configuration: MonitorConfiguration(seconds: 15), sinks: [sink], stop: StopFlag())
  frontEnd.start()
  let summary = try monitor.run()
  frontEnd.stop()
  #expect(summary.leads == .limb)
  #expect(summary.leads.missing.names == ["V1", "V2", "V3", "V4", "V5", "V6"])
  #expect(!sink.leads.isEmpty && sink.leads.allSatisfy { $0.isSubset(of: .limb) })
  #expect(sink.context?.layout.rows.contains { $0.lead == .V1 } == true)
}
