// The heart on its own: what blocks bring about, bit by bit the same however they are cut, and without one
// allocation.

import Alarms
import ECGSignal
import Inference
import SignalProcessing
import SimulatedDevices
import TestSupport
import Testing

@testable import Pipeline

/// A pipeline that is fed with a script of the simulated patient.
private final class Bench {
  let patient: SimulatedPatient
  let pipeline: Pipeline
  let storage: SampleBlockStorage
  private(set) var events: [PipelineEvent] = []
  var index: Int64 = 0
  /// The true rate that arrivals would have told.
  var clock: ClockFit?

  init(_ script: String, windowStepSeconds: Double = 1) throws {
    patient = SimulatedPatient(script: try PatientScript(parsing: script))
    pipeline = try Pipeline(
      format: patient.format, model: try model.get(),
      configuration: PipelineConfiguration(windowStepSeconds: windowStepSeconds))
    storage = SampleBlockStorage(channelCount: 8)
  }

  /// Steps through so many samples in blocks of a size; a gap may come before.
  func run(samples: Int, blockSize: Int = 25, gapBefore: Int64 = 0) {
    var rest = samples
    var gap = gapBefore
    while rest > 0 {
      let count = min(rest, blockSize)
      storage.block.header.pointee = SampleBlock.Header()
      _ = patient.fill(storage.block, count: count)
      index += gap
      storage.block.header.pointee.firstIndex = index
      storage.block.header.pointee.clock = clock
      storage.block.header.pointee.gapBefore = gap
      storage.block.header.pointee.gapCause = gap > 0 ? .framesLost : .none
      gap = 0
      step()
      index += Int64(count)
      rest -= count
    }
  }

  func step() {
    pipeline.step(storage.block)
    for position in 0..<pipeline.events.count { events.append(pipeline.events[position]) }
  }

  var windows: [Int64] {
    events.compactMap { if case .window = $0.kind { $0.index } else { nil } }
  }

  func starts(_ alarm: BuiltInAlarm) -> [Double] {
    startedAlarms.filter { $0.name == alarm.definition.name }.map(\.seconds)
  }

  /// Names of all alarms that started, and when.
  var startedAlarms: [(name: String, seconds: Double)] {
    events.compactMap { event in
      guard case .alarm(let transition) = event.kind, transition.phase == .start else { return nil }
      return (pipeline.alarmDefinitions[transition.alarm].name, Double(event.index) / 500)
    }
  }

  /// What was told of the filters.
  var filters: [FilterState] {
    events.compactMap { if case .filters(let state) = $0.kind { state } else { nil } }
  }

  /// Events as text, to compare runs bit by bit.
  var transcript: [String] { events.map { "\($0.index) \($0.kind)" } }
}

@Test(
  "a step allocates nothing, also while windows are read and alarms start",
  .enabled(if: allocationsAreCountable))
func stepAllocatesNothing() throws {
  let bench = try Bench("asystole?onset=4")
  bench.run(samples: 5500)
  let block = bench.storage.block
  let pipeline = bench.pipeline
  var windows = 0
  var alarms = 0
  for _ in 0..<100 {
    block.header.pointee = SampleBlock.Header()
    _ = bench.patient.fill(block, count: 20)
    let allocations = countAllocations { pipeline.step(block) }
    #expect(allocations == 0)
    for position in 0..<pipeline.events.count {
      if case .window = pipeline.events[position].kind { windows += 1 }
      if case .alarm = pipeline.events[position].kind { alarms += 1 }
    }
  }
  // Otherwise nothing worth counting happened.
  #expect(windows >= 3)
  #expect(bench.starts(.asystole).count + alarms >= 1)
}

@Test(
  "each scene of the simulated patient raises its own alarm first, and soon",
  arguments: [
    ("asystole?onset=8", "asystole", 5.0), ("vf?onset=8", "ventricularFibrillation", 6),
    ("vt?onset=8", "ventricularTachycardia", 4), ("vt?onset=8&hr=150", "ventricularTachycardia", 4),
    ("tachy?onset=8", "tachycardia", 10), ("brady?onset=8", "bradycardia", 12),
    ("af?onset=8", "finding.AFIB", 14), ("nsr?leadoff=RA@8", "leadOff", 2),
  ])
func scenesAlarm(script: String, alarm: String, withinSeconds: Double) throws {
  let bench = try Bench(script)
  bench.run(samples: Int((8 + withinSeconds) * 500))
  // Six ventricular beats are a run before they are a tachycardia.
  let first = try #require(bench.startedAlarms.first { $0.name != "ventricularRun" })
  #expect(first.name == alarm)
  #expect(first.seconds > 8)
}

@Test("the same samples give the same events however they are cut", arguments: [1, 7, 32])
func blockSizeDoesNotMatter(blockSize: Int) throws {
  let reference = try Bench("af?onset=2&seed=3")
  reference.run(samples: 6000, blockSize: 20)
  let other = try Bench("af?onset=2&seed=3")
  other.run(samples: 6000, blockSize: blockSize)
  #expect(reference.windows.count == 3)
  #expect(reference.transcript == other.transcript)
}

@Test("findings begin when 49 frames are settled and come each second, every statement")
func windowsEachSecond() throws {
  let bench = try Bench("nsr")
  bench.run(samples: 7500)
  let seconds = bench.windows.map { Double($0) / 500 }
  // 987 samples at 100 Hz, and the resampler's 80 ms.
  #expect(seconds.first.map { (9.9...10.1).contains($0) } == true)
  #expect(seconds.count == 6)
  #expect(zip(seconds, seconds.dropFirst()).allSatisfy { abs($1 - $0 - 1) < 0.17 })
  let findings = bench.events.count { if case .finding = $0.kind { true } else { false } }
  #expect(findings == 6 * (try model.get().statements.count))
}

@Test("a gap is told with its length, counted, and the model's stream starts again")
func gapRestarts() throws {
  let bench = try Bench("nsr")
  bench.run(samples: 5500)
  bench.run(samples: 5500, gapBefore: 700)
  let gaps = bench.events.compactMap { event -> Int64? in
    if case .gap(let samples, .framesLost) = event.kind { samples } else { nil }
  }
  #expect(gaps == [700])
  #expect(bench.pipeline.tally.samplesLost == 700)
  #expect(bench.pipeline.tally.samplesReceived == 11_000)
  let afterGap = bench.windows.filter { $0 > 6200 }
  #expect(afterGap.first.map { $0 >= 6200 + 4900 } == true)
  #expect(bench.starts(.samplesLost).count == 1)
}

@Test("asystole alarms within ten seconds of its onset and silences the lesser alarms")
func asystoleAlarms() throws {
  let bench = try Bench("asystole?onset=12")
  bench.run(samples: 20_000)
  let start = try #require(bench.starts(.asystole).first)
  #expect(start > 12 && start <= 22)
  #expect(bench.starts(.bradycardia).isEmpty && bench.starts(.extremeBradycardia).isEmpty)
  #expect(bench.starts(.noSignal).isEmpty)
  // The model was never shown a heart that stands still: it is not asked.
  for event in bench.events where Double(event.index) / 500 > start + 0.2 {
    if case .finding(_, let probability, _) = event.kind { #expect(probability == nil) }
  }
  #expect(!bench.startedAlarms.contains { $0.name.hasPrefix("finding.") })
}

@Test("an electrode that comes off alarms, and the leads that need it are not assessed")
func electrodeOff() throws {
  let bench = try Bench("nsr?leadoff=V2@12")
  bench.run(samples: 13_000)
  let start = try #require(bench.starts(.leadOff).first)
  #expect(start > 12 && start <= 15)
  let last = try #require(
    bench.events.last { if case .finding = $0.kind { true } else { false } })
  guard case .finding(_, _, let leads) = last.kind else { return }
  #expect(!leads.contains(.V2) && leads.count == 11)
  let normal = try #require(try model.get().statements.firstIndex { $0.code == "NORM" })
  let newest = bench.events.last { event in
    if case .finding(Int32(normal), _, _) = event.kind { true } else { false }
  }
  guard case .finding(_, let probability, _)? = newest?.kind else {
    Issue.record("no finding for NORM")
    return
  }
  #expect(probability == nil)
}

@Test("a device that is silent alarms, and its heart rate is unknown, not the last one")
func deviceAway() throws {
  let bench = try Bench("nsr")
  bench.run(samples: 3000)
  for quarter in 1...8 {
    bench.storage.block.header.pointee = SampleBlock.Header()
    bench.storage.block.header.pointee.isDeviceAway = true
    bench.storage.block.header.pointee.firstIndex = 3000 + Int64(quarter) * 125
    bench.step()
  }
  #expect(bench.starts(.deviceLost).count == 1)
  guard
    case .heartRate(nil)? = bench.events.last(where: {
      if case .heartRate = $0.kind { true } else { false }
    })?.kind
  else {
    Issue.record("a heart rate was told while nothing came")
    return
  }
}

@Test("where the notch stands is told at the start, and when mains is heard")
func filtersAreTold() throws {
  let quiet = try Bench("nsr?hr=72")
  quiet.run(samples: 5000)
  #expect(quiet.filters.map(\.mainsHz) == [50])
  #expect(quiet.filters.map(\.isMainsDetected) == [false])
  let humming = try Bench("nsr?hr=72&mains=100")
  humming.run(samples: 5000)
  #expect(humming.filters.map(\.isMainsDetected) == [false, true])
  let delay = try #require(humming.filters.first?.delayMilliseconds)
  #expect((11...13).contains(delay))
}

@Test("with the true rate known, times and heart rates follow it and nothing else changes")
func trueRate() throws {
  let nominal = try Bench("nsr?hr=80")
  nominal.run(samples: 6000)
  let fitted = try Bench("nsr?hr=80")
  fitted.clock = ClockFit(
    partsPerMillion: 5000, uncertaintyPartsPerMillion: 2, residualMilliseconds: 1,
    spanSeconds: 600)
  fitted.run(samples: 6000)
  func others(_ bench: Bench) -> [String] {
    bench.events.compactMap { event in
      switch event.kind {
      case .heartRate, .clock: nil
      default: "\(event.index) \(event.kind)"
      }
    }
  }
  #expect(others(nominal) == others(fitted))
  func rates(_ bench: Bench) -> [Float] {
    bench.events.compactMap { if case .heartRate(let rate?) = $0.kind { rate } else { nil } }
  }
  #expect(rates(nominal).count > 5)
  for (one, other) in zip(rates(nominal), rates(fitted)) {
    #expect(abs(other / one - 1.005) < 1e-5)
  }
  #expect(nominal.events.allSatisfy { $0.seconds == Double($0.index) / 500 })
  #expect(fitted.events.allSatisfy { abs($0.seconds - Double($0.index) / 502.5) < 1e-9 })
  // Told at once, then each ten seconds if it changes.
  #expect(fitted.events.filter { if case .clock = $0.kind { true } else { false } }.count == 1)
}
