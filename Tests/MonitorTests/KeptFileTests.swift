// The file that survives a restart: the newest content wins, a disk that hangs holds nobody up, errors come and go.

import DurableFiles
import Foundation
import Glibc
import Monitor
import Synchronization
import TestSupport
import Testing

/// A disk that a test holds up, and that fails when it is told to.
private final class SlowDisk: Sendable {
  let written = Mutex<[[UInt8]]>([])
  let code = Mutex<Int32>(0)
  let begun = DispatchSemaphore(value: 0)
  let mayGoOn = DispatchSemaphore(value: 0)

  func write(_ bytes: [UInt8]) throws(DurableFileError) {
    begun.signal()
    mayGoOn.wait()
    let code = code.withLock { $0 }
    if code != 0 { throw DurableFileError(path: "/state/file", code: code) }
    written.withLock { $0.append(bytes) }
  }
}

@Test("while a disk hangs nobody waits, and the newest content follows")
func newestWins() {
  let disk = SlowDisk()
  let file = KeptFile { bytes throws(DurableFileError) in try disk.write(bytes) }
  file.keep([1])
  disk.begun.wait()
  for value in UInt8(2)...100 { file.keep([value]) }
  disk.mayGoOn.signal()
  disk.begun.wait()
  disk.mayGoOn.signal()
  file.finish()
  #expect(disk.written.withLock { $0 } == [[1], [100]])
  #expect(file.failure == nil)
}

@Test("an error is told until a later attempt succeeds")
func errorsComeAndGo() {
  let disk = SlowDisk()
  let file = KeptFile { bytes throws(DurableFileError) in try disk.write(bytes) }
  disk.code.withLock { $0 = ENOSPC }
  file.keep([1])
  disk.begun.wait()
  disk.mayGoOn.signal()
  // The second attempt begins after the first one's failure was noted.
  disk.begun.wait()
  #expect(file.failure?.code == ENOSPC)
  disk.code.withLock { $0 = 0 }
  disk.mayGoOn.signal()
  file.finish()
  #expect(file.failure == nil && disk.written.withLock { $0 } == [[1]])
}

@Test("a last content that cannot be written does not keep a monitor from ending")
func endsOnAFullDisk() throws {
  let folder = try TemporaryFolder()
  let file = KeptFile(path: folder.path + "/missing/file")
  file.keep([1])
  file.finish()
  #expect(file.failure?.code == ENOENT)
}
