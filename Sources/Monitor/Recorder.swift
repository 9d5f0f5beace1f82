// The recorder's thread: raw samples from a ring into a WFDB record that is readable at any moment. A disk
// that fails ends the recording, never the monitor.

import ECGSignal
import RealTime
import Recordings
import Synchronization

/// Body of the recording thread.
final class Recorder: Sendable {
  let ring: SampleRing
  private let problem = Mutex<String?>(nil)

  init(channelCount: Int) {
    ring = SampleRing(capacity: 1024, channelCount: channelCount)
  }

  /// Why the recording ended early, once.
  func takeProblem() -> String? {
    problem.withLock { value in
      defer { value = nil }
      return value
    }
  }

  /// Writes until the last block; after an error it only empties the ring.
  func run(into session: SessionRecorder, sampleRate: Double) {
    let samplesPerSync = Int64(sampleRate.rounded())
    var session: SessionRecorder? = session
    var unsynchronised: Int64 = 0
    while true {
      guard let block = ring.front() else {
        ring.waitForData(milliseconds: 100)
        continue
      }
      let isLast = block.header.pointee.isLast
      let clock = block.header.pointee.clock
      do throws(RecordingError) {
        try session?.append(block)
        unsynchronised += Int64(block.header.pointee.sampleCount)
        if unsynchronised >= samplesPerSync {
          unsynchronised = 0
          try session?.synchronise()
        }
        if isLast { try session?.finish(clock: clock) }
      } catch {
        session = nil
        problem.withLock { $0 = error.description }
      }
      ring.release()
      if isLast { return }
    }
  }
}
