import ECGSignal
import Testing

@testable import RealTime

@Test("values cross two threads in order, none lost", arguments: [1, 2, 64, 1024])
func valuesKeepTheirOrder(capacity: Int) {
  let ring = ValueRing<Int>(capacity: capacity)
  let count = capacity < 64 ? 20_000 : 500_000
  let producer = RealTimeThread(name: "producer", priority: nil) {
    for value in 0..<count {
      while !ring.push(value) { ring.waitForSpace(milliseconds: 100) }
    }
  }
  var expected = 0
  while expected < count {
    guard let value = ring.pop() else {
      ring.waitForData(milliseconds: 100)
      continue
    }
    guard value == expected else {
      Issue.record("value \(value) came instead of \(expected)")
      break
    }
    expected += 1
  }
  producer.join()
  #expect(ring.pop() == nil)
}

@Test("a full ring refuses the newest value and keeps the oldest")
func fullRingRefuses() {
  let ring = ValueRing<Int>(capacity: 4)
  for value in 0..<4 { #expect(ring.push(value)) }
  #expect(!ring.push(4))
  #expect(ring.pop() == 0)
  #expect(ring.push(4))
  #expect([ring.pop(), ring.pop(), ring.pop(), ring.pop(), ring.pop()] == [1, 2, 3, 4, nil])
}

@Test("blocks carry their codes and headers across threads")
func blocksCross() {
  let ring = SampleRing(capacity: 8, channelCount: 3)
  let blockCount = 20_000
  let producer = RealTimeThread(name: "producer", priority: nil) {
    for index in 0..<blockCount {
      var reserved = ring.reserve()
      while reserved == nil {
        ring.waitForSpace(milliseconds: 100)
        reserved = ring.reserve()
      }
      guard let block = reserved else { return }
      block.header.pointee.firstIndex = Int64(index)
      block.header.pointee.sampleCount = Int32(index % 32 + 1)
      for channel in 0..<3 {
        for sample in 0..<(index % 32 + 1) {
          block.channel(channel)[sample] = Int32(
            truncatingIfNeeded: index &* 97 &+ channel &+ sample)
        }
      }
      ring.commit()
    }
  }
  var wrong = 0
  for index in 0..<blockCount {
    while ring.front() == nil { ring.waitForData(milliseconds: 100) }
    guard let block = ring.front() else { break }
    if block.header.pointee.firstIndex != Int64(index) { wrong += 1 }
    let count = Int(block.header.pointee.sampleCount)
    if count != index % 32 + 1 { wrong += 1 }
    for channel in 0..<3
    where block.channel(channel)[count - 1]
      != Int32(truncatingIfNeeded: index &* 97 &+ channel &+ count - 1)
    { wrong += 1 }
    ring.release()
  }
  producer.join()
  #expect(wrong == 0)
  #expect(ring.count == 0)
}

@Test("reserving without committing gives the same block again")
func reserveTwice() {
  let ring = SampleRing(capacity: 2, channelCount: 1)
  #expect(ring.reserve()?.codes == ring.reserve()?.codes)
  #expect(ring.front() == nil)
}

@Test("places are kept for values that matter more")
func placesAreKept() {
  let ring = ValueRing<Int>(capacity: 4)
  #expect(ring.push(0, leaving: 2) && ring.push(1, leaving: 2))
  #expect(!ring.push(2, leaving: 2))
  #expect(ring.push(3) && ring.push(4) && !ring.push(5))
  #expect([ring.pop(), ring.pop()] == [0, 1])
  #expect(!ring.push(6, leaving: 2))
  #expect(ring.pop() == 3)
  #expect(ring.push(6, leaving: 2))
  #expect([ring.pop(), ring.pop(), ring.pop()] == [4, 6, nil])
}
