// The heart rate as disclosed, on rhythms whose answer is known.

import SignalProcessing
import Testing

private func rate(ofBeatsAt seconds: [Double], now: Double? = nil) -> Float? {
  var rate = HeartRate(sampleRate: 1000)
  for beat in seconds { rate.add(Beat(sampleIndex: Int64(beat * 1000), isWide: false)) }
  return rate.beatsPerMinute(at: Int64((now ?? seconds.last ?? 0) * 1000))
}

private func beats(_ intervals: [Double]) -> [Double] {
  intervals.reduce(into: [0]) { $0.append($0.last! + $1) }
}

@Test("unknown without two beats, and again after four seconds of silence")
func unknownRate() {
  #expect(rate(ofBeatsAt: []) == nil)
  #expect(rate(ofBeatsAt: [1]) == nil)
  #expect(rate(ofBeatsAt: [1, 2]) == 60)
  #expect(rate(ofBeatsAt: [1, 2], now: 5.9) == 60)
  #expect(rate(ofBeatsAt: [1, 2], now: 6) == nil)
}

@Test("after a silence the intervals before it do not count")
func silenceForgets() {
  #expect(rate(ofBeatsAt: [0, 0.5, 1, 1.5, 7]) == nil)
  #expect(rate(ofBeatsAt: [0, 0.5, 1, 1.5, 7, 8]) == 60)
}

@Test("the mean of twelve intervals leaves out the shortest and the longest")
func meanOfTwelve() throws {
  // Twelve of one second, one of them replaced by a premature beat and its pause.
  let intervals = Array(repeating: 1.0, count: 10) + [0.4, 1.6]
  #expect(try abs(#require(rate(ofBeatsAt: beats(intervals))) - 60) < 0.01)
  // An older interval has left.
  #expect(try abs(#require(rate(ofBeatsAt: beats([0.3] + intervals))) - 60) < 0.01)
}

@Test("three intervals above 1200 ms: the mean of the last four")
func slowHeart() throws {
  let intervals = Array(repeating: 0.5, count: 9) + [1.5, 1.5, 1.5]
  #expect(try abs(#require(rate(ofBeatsAt: beats(intervals))) - 48) < 0.01)
  #expect(try abs(#require(rate(ofBeatsAt: beats(intervals + [1.5]))) - 40) < 0.01)
}

/// IEC 60601-2-27 asks for the time to be disclosed; vendors need 6 to 11 s.
@Test(
  "a change from 80 to 120 or to 40 a minute is shown within eleven seconds",
  arguments: [120.0, 40])
func changeOfRate(target: Double) throws {
  var rate = HeartRate(sampleRate: 1000)
  var time = 0.0
  while time < 30 {
    rate.add(Beat(sampleIndex: Int64(time * 1000), isWide: false))
    time += 60 / 80.0
  }
  let change = time
  while time < change + 11 {
    rate.add(Beat(sampleIndex: Int64(time * 1000), isWide: false))
    time += 60 / target
  }
  let shown = Double(try #require(rate.beatsPerMinute(at: Int64((change + 11) * 1000))))
  #expect(abs(shown - target) <= 0.1 * target)
}

@Test("a restart forgets everything")
func restartForgets() {
  var rate = HeartRate(sampleRate: 250)
  rate.add(Beat(sampleIndex: 0, isWide: false))
  rate.add(Beat(sampleIndex: 250, isWide: false))
  rate.restart()
  #expect(rate.beatsPerMinute(at: 251) == nil)
}
