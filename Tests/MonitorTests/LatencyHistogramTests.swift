import Testing

@testable import Monitor

@Test("percentiles are those of the durations, to a bucket of 4.4 %")
func percentiles() throws {
  var histogram = LatencyHistogram()
  #expect(histogram.milliseconds(percentile: 50) == nil)
  for microseconds in 1...10_000 { histogram.add(nanoseconds: UInt64(microseconds) * 1000) }
  for (percentile, expected) in [(50.0, 5.0), (99.0, 9.9)] {
    let found = try #require(histogram.milliseconds(percentile: percentile))
    #expect(found >= expected * 0.999 && found <= expected * 1.045)
  }
}
