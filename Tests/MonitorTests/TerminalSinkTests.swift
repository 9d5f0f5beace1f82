import Foundation
import Testing

@testable import Monitor

@Test("the clock tells the afternoon from the night")
func clockOfDay() throws {
  let date = try Date("2026-11-23T14:53:20Z", strategy: .iso8601)
  #expect(TerminalSink.clock(date, .gmt) == "14:53:20")
  #expect(TerminalSink.clock(date.addingTimeInterval(-12 * 3600), .gmt) == "02:53:20")
}
