// Which mains frequency is heard: in made-up hum, in real recordings, and what the filter does about it.

import Foundation
import SignalProcessing
import TestSupport
import Testing

/// A beat a second with hum of some microvolts, and muscle.
private struct Hum {
  var hertz: Double
  var microvolts: Double
  var random = SeededRandom(seed: 3)
  var noise = 10.0

  mutating func value(_ seconds: Double) -> Float {
    let phase = seconds.truncatingRemainder(dividingBy: 0.8)
    let heart = 1200 * exp(-pow((phase - 0.2) / 0.01, 2))
    let hum = microvolts * sin(2 * .pi * hertz * seconds + 1)
    return Float(150_000 + heart + hum + noise * random.value())
  }
}

/// Seconds of each change and what is heard from there on.
private func listen(
  _ hum: Hum, rate: Double, seconds: Double, then second: Hum? = nil
) -> [(seconds: Double, hertz: Double?)] {
  var first = hum
  var then = second
  let detector = MainsDetector(sampleRate: rate, rowCount: 3)
  var changes: [(seconds: Double, hertz: Double?)] = []
  for index in 0..<Int(seconds * rate) {
    let time = Double(index) / rate
    let value =
      time > seconds / 2 && then != nil ? then!.value(time) : first.value(time)
    if detector.process([value, .nan, 0], usable: .max) { changes.append((time, detector.hertz)) }
  }
  return changes
}

/// 100 uV from peak to valley is what a monitor must bear by IEC 60601-2-27, as far as it is known to us.
@Test(
  "a hum of 50 uV is heard within three seconds at every rate, one of 30 uV within six",
  arguments: [125.0, 128, 200, 250, 360, 499.87, 500, 1000, 2000])
func humIsHeard(rate: Double) {
  for (microvolts, seconds) in [(50.0, 3.0), (30, 6)] {
    for hertz in [49.8, 50, 50.2, 59.9, 60, 60.1] {
      let changes = listen(Hum(hertz: hertz, microvolts: microvolts), rate: rate, seconds: 10)
      #expect(changes.count == 1, "\(hertz) Hz at \(rate)")
      #expect(changes.first?.hertz == hertz.rounded(), "\(hertz) Hz at \(rate)")
      #expect((changes.first?.seconds ?? 99) < seconds, "\(hertz) Hz at \(rate)")
    }
  }
}

@Test("no hum, or one that is no mains: nothing is heard")
func silence() {
  #expect(listen(Hum(hertz: 50, microvolts: 0), rate: 500, seconds: 30).isEmpty)
  #expect(listen(Hum(hertz: 50, microvolts: 0, noise: 100), rate: 500, seconds: 30).isEmpty)
  #expect(listen(Hum(hertz: 55, microvolts: 50), rate: 500, seconds: 30).isEmpty)
  #expect(listen(Hum(hertz: 100, microvolts: 50), rate: 500, seconds: 30).isEmpty)
  #expect(listen(Hum(hertz: 50, microvolts: 50), rate: 100, seconds: 30).isEmpty)
}

@Test("another mains is believed after two seconds or more, and its end after four")
func followsMains() {
  let changes = listen(
    Hum(hertz: 50, microvolts: 30), rate: 500, seconds: 40, then: Hum(hertz: 60, microvolts: 30))
  #expect(changes.map(\.hertz) == [50, 60])
  #expect((22...26).contains(changes.last?.seconds ?? 0), "\(changes)")
  let ended = listen(
    Hum(hertz: 50, microvolts: 30), rate: 500, seconds: 40, then: Hum(hertz: 50, microvolts: 0))
  #expect(ended.map(\.hertz) == [50, nil])
  #expect((24...34).contains(ended.last?.seconds ?? 0), "\(ended)")
}

@Test("a row that may not be trusted is not asked")
func untrustedRow() {
  var hum = Hum(hertz: 50, microvolts: 100)
  let detector = MainsDetector(sampleRate: 500, rowCount: 2)
  for index in 0..<5000 {
    _ = detector.process([hum.value(Double(index) / 500), 0], usable: 0b10)
  }
  #expect(detector.hertz == nil)
}

@Test("the notch moves to the mains that is heard, without a jump, and stays when it ends")
func notchFollows() {
  let rate = 500.0
  let filter = RowFilter(settings: .monitoring, sampleRate: rate, rowCount: 1)
  var hum = Hum(hertz: 60, microvolts: 300, noise: 0)
  var output: Float = 0
  var before: Float = 0
  var largestStep: Float = 0
  var told: [FilterState] = [filter.state]
  for index in 0..<10_000 {
    if index == 5000 { hum.microvolts = 0 }
    // Without complexes, so that every step is the hum's or the notch's.
    let time = Double(index) / rate
    filter.process([Float(hum.microvolts * sin(2 * .pi * 60 * time))], into: &output)
    if filter.state != told.last { told.append(filter.state) }
    if index > 250 { largestStep = max(largestStep, abs(output - before)) }
    before = output
    if index == 4999 { #expect(abs(output) < 1) }
  }
  #expect(told.map(\.mainsHz) == [50, 60])
  #expect(told.map(\.isMainsDetected) == [false, true])
  // What is left of 300 uV at 60 Hz by the low-pass of 40 Hz alone, 61 uV, moves by no more than 43 uV a sample.
  #expect(largestStep < 65, "\(largestStep)")
  #expect(filter.state.delayMilliseconds < told[0].delayMilliseconds)
}

@Test("where the mains is set, or off, nothing moves the notch")
func fixedNotch() {
  for (setting, hertz) in [(MainsSetting.fixed(hertz: 50), 50.0), (.off, nil)] {
    var settings = FilterSettings.monitoring
    settings.mains = setting
    let filter = RowFilter(settings: settings, sampleRate: 500, rowCount: 1)
    var hum = Hum(hertz: 60, microvolts: 300)
    var output: Float = 0
    for index in 0..<3000 { filter.process([hum.value(Double(index) / 500)], into: &output) }
    #expect(filter.state.mainsHz == hertz)
    #expect(!filter.state.isMainsDetected)
  }
}

@Test("listening for mains allocates nothing", .enabled(if: allocationsAreCountable))
func listeningAllocatesNothing() {
  let detector = MainsDetector(sampleRate: 500, rowCount: 12)
  let input = [Float](repeating: 10, count: 12)
  input.withUnsafeBufferPointer { from in
    let count = countAllocationsOnceUsed {
      for _ in 0..<1000 { _ = detector.process(from.baseAddress!, usable: .max) }
    }
    #expect(count == 0)
  }
}

/// MIT-BIH was recorded in the United States. Eight of these ten records hum in their first minute.
@Test("MIT-BIH hums at 60 Hz or not at all", .enabled(if: TestData.isPresent))
func mitBIHHums() throws {
  var heard = 0
  for record in [101, 104, 114, 116, 119, 122, 201, 207, 209, 215] {
    let signal = try Signal(path: TestData.path("mitdb/\(record)"))
    let detector = MainsDetector(sampleRate: signal.sampleRate, rowCount: signal.rowCount)
    var found: Set<Double> = []
    signal.microvolts.withUnsafeBufferPointer { all in
      for index in 0..<min(signal.sampleCount, 60 * 360) {
        let row = all.baseAddress! + index * signal.rowCount
        if detector.process(row, usable: .max), let hertz = detector.hertz { found.insert(hertz) }
      }
    }
    #expect(!found.contains(50), "\(record)")
    heard += found.contains(60) ? 1 : 0
  }
  #expect(heard >= 8)
}
