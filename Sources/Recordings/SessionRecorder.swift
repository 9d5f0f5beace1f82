// The monitor's recording: raw ADC codes as a WFDB record of format 24 that any WFDB program reads at any moment,
// also after a kill. The header is written first and without a length (readers take it from the file's size),
// data are appended in whole frames, and at the end the header is replaced by one with length and check sums.

import ECGSignal
import Foundation
import Glibc

/// Writes one record. One thread.
public final class SessionRecorder {
  /// The format's value for "not measured".
  private static let missingCode: Int32 = -8_388_608

  /// Codes of a converter at its lower end that were stored one higher, because the lowest means missing.
  public private(set) var saturatedCount: Int64 = 0

  private let folder: String
  private let recordName: String
  private let format: SignalFormat
  private let baseTime: Date
  private let comments: [String]
  private let descriptor: Int32
  private var frameCount: Int64 = 0
  private var checksums: [Int16]
  private let buffer: UnsafeMutablePointer<UInt8>
  private let bufferFrameCount = 4096

  /// Creates the folder and the record.
  public init(
    folder: String, recordName: String, format: SignalFormat, baseTime: Date, comments: [String]
  ) throws(RecordingError) {
    self.folder = folder
    self.recordName = recordName
    self.format = format
    self.baseTime = baseTime
    self.comments = comments
    checksums = Array(repeating: 0, count: format.channels.count)
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw RecordingError("The folder \(folder) cannot be made: choose another for the recording.")
    }
    let path = folder + "/" + recordName + ".dat"
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw RecordingError(
        errno == EEXIST
          ? "\(path) exists: recordings are never overwritten, choose another folder."
          : "\(path) cannot be written (\(String(cString: strerror(errno)))): choose another folder."
      )
    }
    buffer = .allocate(capacity: bufferFrameCount * 3 * format.channels.count)
    try writeHeader(isFinal: false)
  }

  deinit {
    close(descriptor)
    buffer.deallocate()
  }

  /// Appends a block, after as many missing frames as its gap has.
  public func append(_ block: SampleBlock) throws(RecordingError) {
    var gap = block.header.pointee.gapBefore
    while gap > 0 {
      let count = min(Int(gap), bufferFrameCount)
      for frame in 0..<count {
        for channel in format.channels.indices { put(Self.missingCode, frame, channel) }
      }
      try write(frames: count)
      gap -= Int64(count)
    }
    let count = Int(block.header.pointee.sampleCount)
    guard count > 0 else { return }
    for sample in 0..<count {
      for channel in format.channels.indices {
        put(stored(block.channel(channel)[sample]), sample, channel)
      }
    }
    try write(frames: count)
  }

  /// Everything appended so far is on the medium when this returns.
  public func synchronise() throws(RecordingError) {
    guard fdatasync(descriptor) == 0 else { throw failure("synchronised") }
  }

  /// Ends the record: a header with length and check sums takes the first one's place at once.
  public func finish() throws(RecordingError) {
    try synchronise()
    try writeHeader(isFinal: true)
  }

  private func stored(_ code: Int32) -> Int32 {
    if code == SampleBlock.missing { return Self.missingCode }
    if code <= Self.missingCode {
      saturatedCount += 1
      return Self.missingCode + 1
    }
    return min(code, 8_388_607)
  }

  private func put(_ code: Int32, _ frame: Int, _ channel: Int) {
    let bytes = buffer + 3 * (frame * format.channels.count + channel)
    bytes[0] = UInt8(truncatingIfNeeded: code)
    bytes[1] = UInt8(truncatingIfNeeded: code >> 8)
    bytes[2] = UInt8(truncatingIfNeeded: code >> 16)
    checksums[channel] &+= Int16(truncatingIfNeeded: code)
  }

  /// Appends whole frames. What a failing medium took of the last one is cut off again.
  private func write(frames: Int) throws(RecordingError) {
    let byteCount = frames * 3 * format.channels.count
    var written = 0
    while written < byteCount {
      let result = Glibc.write(descriptor, buffer + written, byteCount - written)
      if result < 0 && errno == EINTR { continue }
      guard result > 0 else {
        let error = failure("written")
        ftruncate(descriptor, Int(frameCount) * 3 * format.channels.count)
        throw error
      }
      written += result
    }
    frameCount += Int64(frames)
  }

  private func failure(_ what: String) -> RecordingError {
    RecordingError(
      "The recording \(folder)/\(recordName) cannot be \(what) (\(String(cString: strerror(errno)))): "
        + "make room or change the medium; it is complete up to now.")
  }

  private func writeHeader(isFinal: Bool) throws(RecordingError) {
    let path = folder + "/" + recordName + ".hea"
    var lines = ["\(recordName) \(format.channels.count) \(text(format.sampleRate))"]
    if isFinal { lines[0] += " \(frameCount) \(clock())" }
    for (index, channel) in format.channels.enumerated() {
      let gain = text(1000 / channel.microvoltsPerCode)
      let baseline = Int(
        (Double(channel.baseline) - channel.offsetMicrovolts / channel.microvoltsPerCode).rounded())
      let sum = isFinal ? String(checksums[index]) : "0"
      lines.append("\(recordName).dat 24 \(gain)(\(baseline))/mV 24 0 0 \(sum) 0 \(channel.name)")
    }
    lines += ["# started: \(baseTime.formatted(.iso8601))"] + comments.map { "# " + $0 }
    let data = Data((lines.joined(separator: "\n") + "\n").utf8)
    do {
      // Written beside and renamed: a header is whole or not there.
      try data.write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw RecordingError("The header \(path) cannot be written: make room or change the medium.")
    }
    let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  /// Shortest decimal text that reads back as the same number, without ".0".
  private func text(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : String(number)
  }

  /// Base time and date in the header's form, UTC.
  private func clock() -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents(
      [.hour, .minute, .second, .day, .month, .year], from: baseTime)
    func two(_ value: Int?) -> String { (value ?? 0) < 10 ? "0\(value ?? 0)" : "\(value ?? 0)" }
    return "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second)) "
      + "\(two(parts.day))/\(two(parts.month))/\(parts.year ?? 0)"
  }
}
