// The monitor's journal: raw ADC codes as a WFDB record that any reader can open at any moment, also
// after the power went. The header comes first and without a length, which readers then take from the
// size of the signal file; that grows by whole frames, each with one write.

import DurableFiles
import ECGSignal
import Foundation
import Glibc

/// Records a stream into a folder as one WFDB record of 24-bit samples. One thread at a time.
///
/// What is on the disk is a valid record after every call, whatever happens next: at worst its last
/// frame is torn and readers ignore it. Codes are stored as they are and never scaled.
public final class SessionRecorder {
  /// Codes that the format cannot hold and that were stored as the nearest it can: the smallest
  /// 24-bit code, which in the file means "missing", and codes beyond 24 bits.
  public private(set) var saturatedCount: Int64 = 0
  /// Frames in the file.
  public private(set) var frameCount: Int64 = 0

  /// How bytes reach the file; tests put a full disk in its place.
  var writeAll: (Int32, UnsafeRawBufferPointer) -> Int = SystemFiles.writeAll

  private let headerPath: String
  private let dataPath: String
  private let format: SignalFormat
  private let baseTime: Date?
  private let comments: [String]
  /// The record's name, without folder and extension.
  public let recordName: String
  private let frameSize: Int
  /// Room for one block; gaps are written in pieces of this size too.
  private let buffer: UnsafeMutableRawBufferPointer
  private var descriptor: Int32
  /// Frames that a full disk refused: written as missing before the next block, so that time holds.
  private var owedFrames: Int64 = 0
  private var checksums: [Int32]
  private var firstCodes: [Int32]

  private static let missing: Int32 = -8_388_608
  private static let codeRange: ClosedRange<Int32> = -8_388_607...8_388_607

  /// Begins a record: `<folder>/<recordName>.hea` and `.dat`. Creates the folder; never overwrites.
  ///
  /// The record's name is of letters, digits, "-" and "_". `baseTime` is stored in UTC.
  public init(
    folder: String, recordName: String, format: SignalFormat, baseTime: Date?, comments: [String]
  ) throws(RecordingError) {
    precondition(
      1...SignalFormat.channelCountMax ~= format.channels.count, "a stream has 1 to 16 channels")
    guard !recordName.isEmpty,
      recordName.utf8.allSatisfy({ Character(UnicodeScalar($0)).isWFDBName })
    else {
      throw RecordingError(
        "\(recordName): is no WFDB record name; use letters, digits, \"-\" and \"_\" only")
    }
    headerPath = folder + "/" + recordName + ".hea"
    dataPath = folder + "/" + recordName + ".dat"
    self.recordName = recordName
    self.format = format
    self.baseTime = baseTime
    self.comments = comments
    checksums = Array(repeating: 0, count: format.channels.count)
    firstCodes = Array(repeating: 0, count: format.channels.count)
    frameSize = 3 * format.channels.count
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw RecordingError(
        "\(folder): the folder cannot be created (\(error.localizedDescription)); choose another")
    }
    guard access(headerPath, F_OK) != 0 else {
      throw RecordingError(
        "\(headerPath): a record of this name exists and is not overwritten; choose another name")
    }
    // The signal file exists before its header does, so that a header never names a file that is not.
    descriptor = open(dataPath, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure(dataPath) }
    buffer = .allocate(byteCount: frameSize * SampleBlock.sampleCountMax, alignment: 16)
    do {
      try writeHeader(headerText(final: false), replacing: false)
    } catch {
      unlink(dataPath)
      throw error
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    buffer.deallocate()
  }

  /// Appends the samples that are missing before a block, then the block.
  ///
  /// Where the disk refuses, the file keeps its whole frames and the error says why; the samples that
  /// were refused are stored as missing once there is room, so the record's time stays true.
  public func append(_ block: SampleBlock) throws(RecordingError) {
    precondition(descriptor >= 0, "a finished record takes no more samples")
    precondition(block.channelCount == format.channels.count, "the block is of another stream")
    let count = Int(block.header.pointee.sampleCount)
    owedFrames += max(0, block.header.pointee.gapBefore)
    do throws(RecordingError) {
      try writeOwedFrames()
      encode(block, count: count)
      try writeFrames(count)
    } catch {
      owedFrames += Int64(count)
      throw error
    }
    for channel in 0..<block.channelCount {
      account(block.channel(channel), count: count, channel: channel)
    }
    frameCount += Int64(count)
  }

  /// Brings what was appended to the disk itself; once a second bounds what a power cut can take.
  public func synchronise() throws(RecordingError) {
    precondition(descriptor >= 0, "a finished record is on the disk")
    guard fdatasync(descriptor) == 0 else { throw Self.failure(dataPath) }
  }

  /// Ends the record: what is owed is written, and the header receives length, time, checksums and the true rate as far
  /// as `clock` tells it.
  public func finish(clock: ClockFit? = nil) throws(RecordingError) {
    guard descriptor >= 0 else { return }
    try writeOwedFrames()
    try synchronise()
    try writeHeader(headerText(final: true, clock: clock), replacing: true)
    close(descriptor)
    descriptor = -1
  }

  private func writeHeader(_ text: String, replacing: Bool) throws(RecordingError) {
    do throws(DurableFileError) {
      try DurableFile.write(Array(text.utf8), to: headerPath, replacing: replacing)
    } catch {
      throw RecordingError(error.description)
    }
  }

  /// The error of the last system call on a file that was to be written.
  private static func failure(_ path: String) -> RecordingError {
    RecordingError(DurableFileError(path: path, code: errno).description)
  }

  // MARK: - Samples

  private func writeOwedFrames() throws(RecordingError) {
    guard owedFrames > 0 else { return }
    // 0x800000, little endian.
    for index in buffer.indices { buffer[index] = index % 3 == 2 ? 0x80 : 0 }
    while owedFrames > 0 {
      let count = Int(min(owedFrames, Int64(SampleBlock.sampleCountMax)))
      try writeFrames(count)
      for channel in checksums.indices {
        if frameCount == 0 { firstCodes[channel] = Self.missing }
        checksums[channel] &+= Self.missing &* Int32(count)
      }
      frameCount += Int64(count)
      owedFrames -= Int64(count)
    }
  }

  private func encode(_ block: SampleBlock, count: Int) {
    for channel in 0..<block.channelCount {
      let codes = block.channel(channel)
      var offset = 3 &* channel
      for sample in 0..<count {
        let code = Self.stored(codes[sample])
        buffer[offset] = UInt8(truncatingIfNeeded: code)
        buffer[offset &+ 1] = UInt8(truncatingIfNeeded: code >> 8)
        buffer[offset &+ 2] = UInt8(truncatingIfNeeded: code >> 16)
        offset &+= frameSize
      }
    }
  }

  /// Counts stored samples into checksum, first code and saturation.
  private func account(_ codes: UnsafeMutablePointer<Int32>, count: Int, channel: Int) {
    for sample in 0..<count {
      let code = Self.stored(codes[sample])
      checksums[channel] &+= code
      if codes[sample] != SampleBlock.missing && codes[sample] != code { saturatedCount += 1 }
      if frameCount == 0 && sample == 0 { firstCodes[channel] = code }
    }
  }

  /// What the file holds for a code.
  @inline(__always)
  private static func stored(_ code: Int32) -> Int32 {
    code == SampleBlock.missing
      ? missing : max(codeRange.lowerBound, min(codeRange.upperBound, code))
  }

  /// Writes frames from the buffer with one write; where only a part fits, none of them stays.
  private func writeFrames(_ count: Int) throws(RecordingError) {
    guard count > 0 else { return }
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<(count * frameSize)])
    guard writeAll(descriptor, bytes) == bytes.count else {
      let error = Self.failure(dataPath)
      _ = ftruncate(descriptor, Int(frameCount) * frameSize)
      throw error
    }
  }

  // MARK: - Header

  /// The header's text; the final one states length, base time and checksums.
  private func headerText(final: Bool, clock: ClockFit? = nil) -> String {
    var record = "\(recordName) \(format.channels.count) \(shortest(format.sampleRate))"
    if final {
      record += " \(frameCount)"
      if let baseTime { record += " " + WFDBTime.text(baseTime) }
    }
    var lines = [record]
    for (index, channel) in format.channels.enumerated() {
      let initial = final ? firstCodes[index] : 0
      let checksum = final ? Int16(truncatingIfNeeded: checksums[index]) : 0
      lines.append(
        "\(recordName).dat 24 \(gainField(channel)) 24 0 \(initial) \(checksum) 0 "
          + oneLine(channel.name))
    }
    lines += comments.map { "# " + oneLine($0) }
    lines.append("# source: \(oneLine(format.sourceName))")
    lines.append("# simulated: \(format.provenance == .simulated)")
    lines.append("# provenance: \(format.provenance.rawValue)")
    if let baseTime { lines.append("# base time (UTC): \(WFDBTime.text(baseTime))") }
    let known = [
      MeasuredRate.comment(format: format, clock: clock), DiagnosticLeads.comment(format),
    ]
    lines += known.compactMap(\.self).map { "# " + $0 }
    lines.append("# complete: \(final)")
    return lines.joined(separator: "\n") + "\n"
  }

  /// "gain(baseline)/mV", with the gain from which a reader computes the same microvolts per code. What calibration
  /// found the channel to be off goes into the baseline, which WFDB has in whole codes.
  private func gainField(_ channel: Channel) -> String {
    let gain = 1000 / channel.microvoltsPerCode
    let exact = [gain, gain.nextUp, gain.nextDown].first { 1000 / $0 == channel.microvoltsPerCode }
    let offset = Int((channel.offsetMicrovolts / channel.microvoltsPerCode).rounded())
    return "\(shortest(exact ?? gain))(\(Int(channel.baseline) - offset))/mV"
  }

  /// The shortest decimal number that reads back as the same value, without ".0".
  private func shortest(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private func oneLine(_ text: String) -> String {
    text.map { $0.isNewline ? " " : String($0) }.joined()
  }
}

extension Character {
  /// Whether a WFDB record's name may have the character.
  fileprivate var isWFDBName: Bool {
    isASCII && (isLetter || isNumber || self == "-" || self == "_")
  }
}
