// The cell between the alarm system and what is seen and heard.

import Alarms
import Foundation
import RealTime
import TestSupport
import Testing

@testable import Annunciator

@Suite struct AnnunciationCellTests {
  @Test("a reader sees the newest annunciation, whatever came before")
  func newest() {
    let cell = AnnunciationCell()
    #expect(cell.current == Annunciation())
    for onset in 1...UInt16(1000) {
      cell.publish(Annunciation(light: .low, sound: .low, onset: onset))
    }
    #expect(cell.current == Annunciation(light: .low, sound: .low, onset: 1000))
  }

  @Test("a reader that waits for a change is woken by it, and never sleeps past one")
  func wakes() {
    let cell = AnnunciationCell()
    let reader = RealTimeThread(name: "reader", priority: nil) {
      var seen = Annunciation()
      // Each wait would last an hour: the test ends only if every change that matters wakes.
      while seen.onset != 500 {
        cell.wait(whileEqualTo: seen, milliseconds: 3_600_000)
        seen = cell.current
      }
    }
    for onset in 1...UInt16(500) {
      cell.publish(Annunciation(sound: .high, onset: onset))
      if onset % 7 == 0 { sched_yield() }
    }
    reader.join()
    #expect(cell.current.onset == 500)
  }

  @Test("publishing allocates nothing", .enabled(if: allocationsAreCountable))
  func allocations() {
    let cell = AnnunciationCell()
    var annunciation = Annunciation(light: .high)
    cell.publish(annunciation)
    let count = countAllocations {
      for _ in 0..<1000 {
        annunciation.onset &+= 1
        cell.publish(annunciation)
      }
    }
    #expect(count == 0)
  }
}
