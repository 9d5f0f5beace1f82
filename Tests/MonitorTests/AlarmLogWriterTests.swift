// The log's thread in front of disks that stall, refuse, or write and say that they did not.

import AlarmLog
import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import AlarmLog
@testable import Monitor

private func entry(_ number: Int) -> AlarmLogEntry {
  AlarmLogEntry(
    kind: .alarm, phase: "start", message: "\(number)",
    time: LogTime(monotonicNanoseconds: UInt64(number), wallMilliseconds: Int64(number)),
    session: "one", provenance: "live", boot: "a")
}

@Suite struct AlarmLogWriterTests {
  @Test("a disk that stalls delays nobody; what finds no place is counted and told in the log")
  func stalled() {
    let taken = Mutex<[AlarmLogEntry]>([])
    let stall = DispatchSemaphore(value: 0)
    let isReached = DispatchSemaphore(value: 0)
    let writer = AlarmLogWriter { (entries) throws(AlarmLogError) -> String? in
      isReached.signal()
      stall.wait()
      taken.withLock { $0 += entries }
      return nil
    }
    writer.add(entry(1))
    isReached.wait()
    // The disk hangs now, and every one of these returns.
    for number in 2...5000 { writer.add(entry(number)) }
    #expect(taken.withLock { $0.isEmpty })
    #expect(writer.finish(withinSeconds: 0) == 5000)
    for _ in 0..<10 { stall.signal() }
    #expect(writer.finish(withinSeconds: 600) == 0)
    let written = taken.withLock { $0 }
    let room = AlarmLogWriter.waitingMax
    #expect(written.dropLast().map(\.message) == (1...room).map { "\($0)" })
    #expect(written.last?.phase == "entriesLost" && written.last?.serial == 5000)
    #expect(written.last?.message.hasPrefix("\(5000 - room) entries were lost") == true)
    #expect(writer.takeNotices().count == 1 && writer.takeNotices().isEmpty)
  }

  @Test("a disk that refuses is told once, tried again, and loses nothing when it comes back")
  func refused() {
    let taken = Mutex<(failures: Int, entries: [AlarmLogEntry])>((7, []))
    let recovered = DispatchSemaphore(value: 0)
    let writer = AlarmLogWriter(retrySeconds: 0.001) {
      (entries) throws(AlarmLogError) -> String? in
      let fails = taken.withLock { state in
        state.failures -= 1
        if state.failures < 0 { state.entries += entries }
        return state.failures >= 0
      }
      if fails { throw AlarmLogError(.full, path: "alarms.sqlite") }
      recovered.signal()
      return nil
    }
    for number in 1...20 { writer.add(entry(number)) }
    recovered.wait()
    #expect(writer.finish(withinSeconds: 600) == 0 && writer.trouble == nil)
    #expect(taken.withLock { $0.entries.map(\.message) } == (1...20).map { "\($0)" })
    let notices = writer.takeNotices()
    #expect(notices.count == 1 && notices[0].contains("the disk is full"))
  }

  @Test("a disk that stays full says so and keeps nobody from ending")
  func stuck() {
    let isTried = DispatchSemaphore(value: 0)
    let writer = AlarmLogWriter { (_) throws(AlarmLogError) -> String? in
      isTried.signal()
      throw AlarmLogError(.full, path: "alarms.sqlite")
    }
    writer.add(entry(1))
    isTried.wait()
    writer.add(entry(2))
    #expect(writer.finish(withinSeconds: 600) == 2)
    #expect(writer.trouble?.contains("full") == true)
  }

  @Test(
    "whatever fails, each entry is in the log once and in order, also one that was written in secret"
  )
  func random() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/alarms.sqlite"
    let dice = Mutex(SeededRandom(seed: 5))
    let isDone = DispatchSemaphore(value: 0)
    let writer = AlarmLogWriter(retrySeconds: 0.0001) {
      (entries) throws(AlarmLogError) -> String? in
      let roll = dice.withLock { $0.next() % 4 }
      if roll == 0 { throw AlarmLogError(.inputOutput, path: path) }
      try AlarmLog(path: path).append(entries)
      // As a disk whose last synchronisation failed.
      if roll == 1 { throw AlarmLogError(.inputOutput, path: path) }
      if entries.last?.message == "200" { isDone.signal() }
      return nil
    }
    for number in 1...200 { writer.add(entry(number)) }
    isDone.wait()
    #expect(writer.finish(withinSeconds: 600) == 0)
    let found = try AlarmLogReader(path: path).entries(AlarmLogFilter())
    #expect(found.map(\.message) == (1...200).map { "\($0)" })
  }
}
