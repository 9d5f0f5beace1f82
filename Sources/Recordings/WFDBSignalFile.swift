// One signal file of a WFDB record: the signals that are interleaved in it, frame after frame, and how
// to read any of them from any frame.

import ECGSignal

/// A signal's place in its file.
struct WFDBSignalPlace {
  /// Samples of the frame before this signal's first.
  var offsetInFrame: Int
  /// This signal's samples in a frame.
  var samplesPerFrame: Int
  /// Frames by which the signal lies later in the file.
  var skew: Int
}

/// A signal file, open for reading.
final class WFDBSignalFile {
  /// How its samples are stored.
  let storage: WFDBSampleFormat
  /// Whole frames in the file; at most as many as the header announces, where it does.
  let frameCount: Int

  private let window: FileWindow
  private let byteOffset: Int
  private let samplesPerFrame: Int
  private let framesPerRead: Int

  /// Keeps every product of a sample count and a frame's size below 2^63.
  private static let samplesPerFrameMax = 1 << 16

  /// Opens the file of a group of signals: consecutive signal lines with the same file name.
  init(
    group: [WFDBHeader.Signal], announcedFrames: Int?, header: WFDBHeader, folder: String
  ) throws(RecordingError) {
    let first = group[0]
    guard let storage = WFDBSampleFormat(rawValue: first.formatNumber) else {
      throw RecordingError(
        "\(header.path): signal format \(first.formatNumber) cannot be read here; convert the "
          + "record to one of \(WFDBSampleFormat.names)")
    }
    guard
      group.allSatisfy({
        $0.formatNumber == first.formatNumber && $0.byteOffset == first.byteOffset
      })
    else { throw header.damaged("gives \(first.fileName) more than one format or offset") }
    samplesPerFrame = group.reduce(0) { $0 + $1.samplesPerFrame }
    guard samplesPerFrame <= Self.samplesPerFrameMax else {
      throw header.damaged("puts \(samplesPerFrame) samples in a frame, which no recorder writes")
    }
    self.storage = storage
    byteOffset = first.byteOffset
    window = try FileWindow(path: folder + first.fileName)
    let available = storage.sampleCount(bytes: max(window.size - byteOffset, 0)) / samplesPerFrame
    guard announcedFrames ?? 0 <= available else {
      throw RecordingError(
        "\(window.path): holds \(available) of the \(announcedFrames ?? 0) frames that its header "
          + "announces; fetch it again")
    }
    frameCount = min(announcedFrames ?? available, WFDBHeader.sampleCountMax)
    framesPerRead = max(1, 8192 / samplesPerFrame)
  }

  /// Reads `count` samples of one signal from its sample `start` on; past the file's end they are
  /// missing. Applies the signal's skew.
  func read(
    _ place: WFDBSignalPlace, from start: Int, count: Int, into codes: UnsafeMutablePointer<Int32>
  ) throws(RecordingError) {
    let perFrame = place.samplesPerFrame
    let sampleEnd = max(0, frameCount - place.skew) * perFrame
    let readable = max(0, min(count, sampleEnd - start))
    (codes + readable).update(repeating: SampleBlock.missing, count: count - readable)
    var done = 0
    while done < readable {
      let from = start + done
      let frame = from / perFrame
      let chunk = min(readable - done, (frame + framesPerRead) * perFrame - from)
      let frames = (from + chunk - 1) / perFrame - frame + 1
      let firstSample = (frame + place.skew) * samplesPerFrame
      let firstByte = storage.byteOffset(sample: firstSample)
      let endByte = storage.byteCount(samples: firstSample + frames * samplesPerFrame)
      let bytes = try window.bytes(at: byteOffset + firstByte, count: endByte - firstByte)
      let lead = storage == .twelveBitPairs ? firstSample % 2 : 0
      // One pass a phase: the signal's first, second, … sample of each frame.
      for phase in 0..<min(perFrame, chunk) {
        let inFrame = from % perFrame + phase
        storage.decode(
          bytes,
          first: lead + inFrame / perFrame * samplesPerFrame + place.offsetInFrame
            + inFrame % perFrame,
          step: samplesPerFrame, count: (chunk - phase + perFrame - 1) / perFrame,
          into: codes + done + phase, outputStep: perFrame)
      }
      done += chunk
    }
  }
}
