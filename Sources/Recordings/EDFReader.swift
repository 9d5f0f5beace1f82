// stub for now
import ECGSignal
import Foundation
final class EDFReader: RecordingReader {
  let format: SignalFormat
  let sampleCount = 0
  let comments: [String] = []
  let skippedSignals: [String] = []
  let baseTime: Date? = nil
  init(path: String) throws(RecordingError) { throw RecordingError("no EDF yet") }
  func read(into codes: UnsafeMutablePointer<Int32>, stride: Int, count: Int) throws(RecordingError)
    -> Int
  { 0 }
  func seek(to sample: Int) throws(RecordingError) {}
  func verifyChecksums() throws(RecordingError) {}
}
