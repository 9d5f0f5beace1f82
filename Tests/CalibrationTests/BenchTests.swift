// Whatever happens on the bench, the front-end ends as its profile wants it.

import Devices
import ECGSignal
import Testing

@testable import Calibration

private func complaint(_ body: () throws -> Void) -> String {
  do {
    try body()
    return ""
  } catch {
    return "\(error)"
  }
}

extension Bench {
  fileprivate func temperature() throws { _ = try measureTemperature() }
  fileprivate func supply() throws { _ = try measureSupply() }
  fileprivate func impedance() throws { _ = try measureImpedance() }
}

@Suite struct BenchTests {
  @Test("the inputs are connected, measured and put back, in this order")
  func order() throws {
    let source = FakeFrontEnd(Truth())
    let bench = try bench(source)
    _ = try bench.measureGain(seconds: 8)
    bench.close()
    #expect(source.log == ["restore", "shorted", "restore", "testSignal", "restore", "close"])
  }

  @Test("the front-end is put back when the source ends and when the technician stops")
  func restores() throws {
    let ended = FakeFrontEnd(Truth())
    ended.endsAfterReads = 30
    #expect(complaint { _ = try bench(ended).measureOffset() }.contains("ended before"))
    #expect(ended.log == ["restore", "shorted", "restore"])

    let stopped = FakeFrontEnd(Truth())
    var reads = 0
    let stoppedBench = try bench(
      stopped,
      isStopped: {
        reads += 1
        return reads > 50
      })
    #expect(complaint { _ = try stoppedBench.measureNoise() }.contains("Stopped"))
    #expect(stopped.log == ["restore", "shorted", "restore"])
    #expect(stopped.selected == .electrodes)
  }

  @Test("a front-end that does not come back is told")
  func refusesToRestore() throws {
    let source = FakeFrontEnd(Truth())
    let opened = try bench(source)
    source.refusesToRestore = true
    #expect(complaint { _ = try opened.measureOffset() }.contains("CH1SET"))
    #expect(complaint { _ = try bench(source) }.contains("CH1SET"))
    let both = FakeFrontEnd(Truth())
    let openedBoth = try bench(both)
    both.refusesToRestore = true
    both.endsAfterReads = 30
    let reason = complaint { _ = try openedBoth.measureOffset() }
    #expect(reason.contains("ended before") && reason.contains("could not be put back"))
  }

  @Test("what a front-end cannot connect is refused before anything is done")
  func cannot() throws {
    let source = FakeFrontEnd(Truth(), selections: [.electrodes])
    let reason = complaint { _ = try bench(source).measureGain() }
    #expect(reason.contains("cannot connect") && reason.contains("--external 1mV"))
    for measure in [Bench.temperature, Bench.supply, Bench.impedance] {
      #expect(
        complaint { try measure(bench(source))() }.contains("the monitor does not ask for it"))
    }
    #expect(Set(source.log) == ["restore"])
    let deaf = FakeFrontEnd(Truth(), selections: [])
    #expect(complaint { _ = try bench(deaf).measureSupply() }.contains("bench-7"))
  }

  @Test("where the chip shorts nothing the technician does, and one who has not done it fails")
  func shortByHand() throws {
    var truth = Truth()
    truth.offsets[1] = 340
    let source = FakeFrontEnd(truth, selections: [])
    var seen: [GuidedStep] = []
    let bench = try bench(source, steps: { seen.append($0) })
    let offset = try bench.measureOffset(seconds: 4)
    #expect(seen.count == 1 && seen[0].instruction.contains("Tie all its electrodes together"))
    #expect(offset.passed && offset.method.contains("by hand"))
    let second = try #require(offset.values(of: .offsetMicrovolts)["II"]?.value)
    #expect(abs(second - 340) < 1)
    #expect(try bench.measureNoise().passed && seen.count == 2)
    // Lead wires in the air, and an electrode that is off.
    source.truth.mainsMicrovolts = [Double](repeating: 300, count: 8)
    #expect(try !bench.measureOffset(seconds: 4).passed)
    #expect(try !bench.measureNoise().passed)
    source.truth.mainsMicrovolts = [Double](repeating: 0, count: 8)
    let loose = FakeFrontEnd(truth, selections: [])
    let careless = try Bench(source: loose, isStopped: { false }) { _, _ in loose.removed = "V3" }
    let values = try careless.measureOffset(seconds: 4).values.filter { !$0.passed }
    #expect(values.map(\.subject) == ["V3"])
  }

  @Test("what a program that died left on the inputs is put back before anything is measured")
  func leftOver() throws {
    var truth = Truth()
    truth.mainsMicrovolts = [Double](repeating: 40, count: 8)
    let left = FakeFrontEnd(truth, selected: .shorted)
    let mains = try bench(left).measureMains()
    #expect(left.log == ["restore"] && left.selected == .electrodes)
    #expect(try #require(mains.values.first { $0.subject == "I" }?.value) > 10)
    let deaf = FakeFrontEnd(truth, selections: [], selected: .testSignal)
    #expect(complaint { _ = try bench(deaf) }.contains("on a test signal"))
  }

  @Test("where an electrode that is off has no values, leads are measured, and nothing else is")
  func noValues() throws {
    let source = FakeFrontEnd(Truth())
    source.hasNoValuesWhereOff = true
    let leads = try bench(source).measureLeads(seconds: 1)
    #expect(leads.passed && leads.values.count == 10)
    let loose = FakeFrontEnd(Truth(), selections: [])
    loose.hasNoValuesWhereOff = true
    let careless = try Bench(source: loose, isStopped: { false }) { _, _ in loose.removed = "V3" }
    #expect(complaint { _ = try careless.measureNoise() }.contains("no values of V3"))
  }

  @Test("a front-end that goes away while a step waits ends the measurement")
  func goneWhileWaiting() throws {
    let source = FakeFrontEnd(Truth())
    let bench = try Bench(source: source, isStopped: { false }) { _, whileWaiting in
      source.isPulledAfterReads = 3
      while true { try whileWaiting() }
    }
    #expect(complaint { _ = try bench.measureMains() }.contains("went away"))
  }

  @Test(
    "a rate is not told from samples that only the host's clock counts", arguments: [true, false])
  func guessedRate(isGuessed: Bool) throws {
    var truth = Truth()
    truth.lossEveryBlocks = 250
    let source = FakeFrontEnd(truth)
    source.givesSamples = false
    source.lossCause = isGuessed ? .clockEstimate : .framesLost
    let reason = complaint {
      let clock = try bench(source).measureClock(seconds: 600, hostPartsPerMillion: 1)
      #expect(clock.passed)
    }
    #expect(reason.contains("cannot be told") == isGuessed && reason.isEmpty != isGuessed)
  }

  @Test("a gap makes a measurement begin anew, and a link that keeps losing refuses it")
  func gaps() throws {
    var truth = Truth()
    truth.lossEveryBlocks = 250
    #expect(try bench(FakeFrontEnd(truth)).measureOffset().passed)
    truth.lossEveryBlocks = 20
    let reason = complaint { _ = try bench(FakeFrontEnd(truth)).measureOffset() }
    #expect(reason.contains("loses samples"))
  }

  @Test("every guided step says what to do and what is measured")
  func steps() throws {
    var seen: [GuidedStep] = []
    let bench = try bench(FakeFrontEnd(Truth()), steps: { seen.append($0) })
    _ = try bench.measureLeads(seconds: 1)
    #expect(seen.count == 10)
    #expect(seen[1].instruction.contains("RA") && seen[1].measures.contains("RA"))
    seen = []
    _ = try bench.measureGain(
      source: VoltageSource(
        microvoltsPeakToValley: 1000, wave: .square, hertz: 0, tolerancePercent: 1), seconds: 4)
    #expect(seen.map(\.measures) == ["gain of I II", "gain of V1 V2 V3 V4 V5 V6"])
    #expect(seen[0].instruction.contains("LA LL") && seen[1].instruction.contains("V1 V2 V3"))
  }
}
