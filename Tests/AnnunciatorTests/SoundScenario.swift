// A schedule that is played by the sample: annunciations at known samples, and the stream that comes of them.

import Alarms
import Annunciator
import TestSupport

struct SoundScenario {
  let schedule: BurstSchedule
  private(set) var heard: [Int16] = []
  private var random = SeededRandom(seed: 1)

  init(sampleRateHz: Double = 8000) { schedule = BurstSchedule(sampleRateHz: sampleRateHz) }

  init(_ schedule: BurstSchedule) { self.schedule = schedule }

  /// Shows an annunciation for so many seconds, in blocks of any size from 1 to 400 samples.
  mutating func play(_ annunciation: Annunciation, seconds: Double) {
    play(annunciation, samples: Int((seconds * schedule.sampleRateHz).rounded()))
  }

  mutating func play(_ annunciation: Annunciation, samples: Int) {
    var rest = samples
    while rest > 0 {
      let count = min(rest, Int.random(in: 1...400, using: &random))
      var block = [Int16](repeating: 99, count: count)
      block.withUnsafeMutableBufferPointer { schedule.fill($0, annunciation) }
      heard += block
      rest -= count
    }
  }

  /// Where sound begins and ends: runs that silence of more than 0.9 s, the longest pause within a burst, parts. A
  /// burst begins and ends with samples that round to 0.
  var sounds: [Range<Int>] {
    let pause = Int(0.9 * schedule.sampleRateHz)
    var found: [Range<Int>] = []
    for index in heard.indices where heard[index] != 0 {
      if let last = found.last, index - last.upperBound < pause {
        found[found.count - 1] = last.lowerBound..<(index + 1)
      } else {
        found.append(index..<(index + 1))
      }
    }
    return found
  }
}
