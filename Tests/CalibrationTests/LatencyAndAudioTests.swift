// Latency and sound: the numbers that come of known delays, and of bursts that were heard, dull or not at all.

import Alarms
import Devices
import ECGSignal
import Foundation
import Testing

@testable import Calibration

@Suite struct LatencyTests {
  private func measure(
    _ milliseconds: [Double], missed: Int = 0
  ) -> FieldMeasurement {
    var (path, detection) = (LatencyLog(), LatencyLog())
    for time in milliseconds {
      path.add(milliseconds: time)
      detection.add(milliseconds: 1000)
    }
    return .latency(path, detection: detection, missed: missed, method: "test")
  }

  @Test("the lamp's delay passes or fails; the alarm's own is told beside it, without a limit")
  func delays() throws {
    let good = measure((1...30).map(Double.init))
    #expect(good.passed && good.conditions["alarms"] == 30)
    let values = good.values(of: .latencyMilliseconds)
    #expect(values["median"]?.value == 15 && values["longest"]?.value == 30)
    let own = try #require(values["before: the alarm's own delay"])
    #expect(own.value == 1000 && own.limits == .none)
  }

  @Test("a lamp that is late fails, one that stays dark once fails, and so do too few alarms")
  func failures() {
    let usual = [Double](repeating: 5, count: 25)
    #expect(measure(usual).passed)
    #expect(!measure(usual.map { _ in 101 }).passed)
    #expect(!measure(usual + [501]).passed)
    #expect(!measure(Array(usual.prefix(19))).passed)
    let dark = measure(usual, missed: 1)
    #expect(!dark.passed && dark.values[0].note == "1 alarms did not light the lamp")
    #expect(!measure([]).passed)
  }

  @Test("percentiles and their intervals are order statistics")
  func percentiles() {
    var log = LatencyLog()
    for value in (1...1000).shuffled() {
      log.add(from: 5, to: 5 + UInt64(value) * 1_000_000)
    }
    #expect(log.percentile(0.5).value == 500 && log.percentile(0.99).value == 990)
    #expect(log.percentile(1).value == 1000 && log.percentile(1).uncertainty == 0)
    // 1.96 * sqrt(1000 * 0.25) = 31 ranks.
    #expect(abs(log.percentile(0.5).uncertainty - 31) <= 0.5)
    #expect(LatencyLog().percentile(0.5).value.isNaN)
  }
}

@Suite struct AudioTests {
  private func heard(_ burst: AlarmBurst, gain: Double = 0.3) -> HeardBurst? {
    var random = NormalRandom(seed: 3)
    let quiet = [Double](repeating: 0, count: 8000)
    let sound = burst.samples(sampleRateHz: 16_000).map { Double($0) * gain }
    let samples = (quiet + sound + quiet).map { Int16(($0 + 20 * random.normal()).rounded()) }
    return HeardBurst(samples, sampleRateHz: 16_000, expecting: burst)
  }

  @Test("bursts that a microphone hears pass with each tone; one that it does not hear fails")
  func loopback() throws {
    let bursts = AlarmPriority.allCases.map { AlarmBurst($0, melody: .cardiac) }
    let all = FieldMeasurement.audio(bursts.map { ($0, heard($0)) }, device: "Headphones")
    #expect(all.passed)
    #expect(
      all.values.map(\.subject) == [
        "low 262 Hz", "medium 262 Hz", "medium 330 Hz", "medium 392 Hz", "high 262 Hz",
        "high 330 Hz", "high 392 Hz", "high 523 Hz",
      ])
    for value in all.values {
      let played = try #require(Double(value.subject.split(separator: " ")[1]))
      #expect(abs(try #require(value.value) - played) < 2.5)
    }
    let silent = FieldMeasurement.audio(
      [(bursts[0], heard(bursts[0])), (bursts[2], nil)], device: "Headphones")
    #expect(!silent.passed && silent.values.last?.value == nil)
    #expect(silent.values.first?.passed == true)
  }

  @Test("a burst that is too soft fails with what to do")
  func soft() {
    let burst = AlarmBurst(.medium)
    let soft = FieldMeasurement.audio([(burst, heard(burst, gain: 0.005))], device: "Device")
    #expect(!soft.passed)
    #expect(
      soft.values.first?.note?.contains("heard") == true
        || soft.values.first?.note?.contains("soft") == true)
  }

  @Test("by ear: what was heard passes as played, what was not fails")
  func ear() {
    let bursts = AlarmPriority.allCases.map { AlarmBurst($0) }
    #expect(FieldMeasurement.audio(bursts.map { ($0, true) }, device: "x").passed)
    let one = FieldMeasurement.audio(bursts.map { ($0, $0.priority != .high) }, device: "x")
    #expect(!one.passed && one.values.filter { !$0.passed }.map(\.subject) == ["high 262 Hz"])
    #expect(one.method.contains("by ear"))
  }
}
