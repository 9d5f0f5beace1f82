// How fast every wire format is decoded on this machine, beside a plain copy of the same bytes.

import CAllocationCounter
import CLinux
import ECGSignal
import FrontEnds

/// The speed of one format's decoder.
struct DecoderBench: Encodable {
  let format: String
  /// Megabytes (10^6) a second of the thread's processor time, fed in pieces of 64 KiB and of 1 KiB.
  let megabytesPerSecond: Double
  let megabytesPerSecondInSmallPieces: Double
  /// The first figure over that of a copy in the same run.
  let shareOfCopy: Double
  /// Samples of all channels together that this is.
  let samplesPerSecond: Double
  /// Requests to the allocator while decoding; nil where they cannot be counted.
  let allocations: Int?

  /// Pieces are those of a file's reader and of a serial line's.
  private static let largePiece = 65_536
  private static let smallPiece = 1024

  /// Measures every format, each for about three times `seconds`.
  static func measureAll(seconds: Double) throws(CommandFailure) -> [DecoderBench] {
    var results: [DecoderBench] = []
    for format in WireFormat.allCases {
      results.append(try measure(format, seconds: seconds))
    }
    return results
  }

  private static func measure(
    _ format: WireFormat, seconds: Double
  ) throws(CommandFailure) -> DecoderBench {
    let stream = BenchStream(format)
    let large = stream.decode(inPiecesOf: largePiece, seconds: seconds)
    let small = stream.decode(inPiecesOf: smallPiece, seconds: seconds)
    for run in [large, small] where run.samples != run.samplesSent {
      throw CommandFailure(
        "\(format.rawValue): \(run.samples) of \(run.samplesSent) samples came through the decoder."
      )
    }
    let copied = stream.copy(seconds: seconds)
    return DecoderBench(
      format: format.rawValue, megabytesPerSecond: large.megabytesPerSecond,
      megabytesPerSecondInSmallPieces: small.megabytesPerSecond,
      shareOfCopy: large.megabytesPerSecond / copied,
      samplesPerSecond: Double(large.samples) / large.seconds,
      allocations: allocations_countable() ? large.allocations + small.allocations : nil)
  }
}

extension DecoderBench: CustomStringConvertible {
  var description: String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    let speeds = [megabytesPerSecond, megabytesPerSecondInSmallPieces].map { "\(Int($0))" }
    return padded(format, 14) + padded("\(speeds[0]) MB/s", 12)
      + padded("in small pieces \(speeds[1]) MB/s", 30)
      + padded("\((shareOfCopy * 1000).rounded() / 1000) of a copy", 18)
      + "\(Int(samplesPerSecond / 1000)) thousand samples a second, allocations "
      + (allocations.map(String.init) ?? "not countable here")
  }
}

/// When the bytes of a line arrive that sends its samples at their rate, each piece as its last byte is there.
private struct LineClock {
  let nanosecondsPerByte: Double
  private var byteCount = 0

  init(nanosecondsPerByte: Double) { self.nanosecondsPerByte = nanosecondsPerByte }

  func nanoseconds(after bytes: Int) -> UInt64 {
    1_000_000_000 &+ UInt64(Double(byteCount + bytes) * nanosecondsPerByte)
  }

  mutating func advance(by bytes: Int) { byteCount += bytes }
}

/// About a megabyte of one format's frames, to be decoded again and again.
private struct BenchStream {
  struct Run {
    var samples: Int64 = 0
    var samplesSent: Int64 = 0
    var seconds = 0.0
    var megabytesPerSecond = 0.0
    var allocations = 0
  }

  private let format: WireFormat
  private let channelCount: Int
  private let sampleRate: Double
  private var announcement: [UInt8] = []
  private var frames: [UInt8] = []
  private var sampleCount: Int64 = 0

  init(_ format: WireFormat) {
    self.format = format
    let converter = format.encoder.converter
    channelCount = min(converter.channelCountMax, 8)
    sampleRate = converter.sampleRate ?? 500
    let channels = (0..<channelCount).map {
      Channel(name: "\($0)", lead: nil, microvoltsPerCode: converter.microvoltsPerCode)
    }
    let encoder = format.encoder.init(
      SignalFormat(
        sampleRate: sampleRate, channels: channels, provenance: .simulated, sourceName: "bench"))
    let samplesPerFrame = min(format.encoder.samplesPerFrameMax, 16)
    let storage = SampleBlockStorage(channelCount: channelCount)
    var frame = [UInt8](repeating: 0, count: max(format.encoder.frameByteCountMax, 2048))
    announcement = Array(frame[..<encoder.announce(into: &frame)])
    var walk: Int32 = 0
    // A multiple of every counter's period, so that the frames can follow themselves.
    while frames.count < 1_000_000 || sampleCount % 4096 != 0 {
      for sample in 0..<samplesPerFrame {
        walk = (walk &* 75 &+ 74) % 65_537
        for channel in 0..<channelCount {
          let code = Int(walk) % 801 - 400 + channel + Int(converter.baseline)
          storage.block.channel(channel)[sample] = Int32(code)
        }
      }
      storage.block.header.pointee.firstIndex = sampleCount
      let count = encoder.encode(storage.block, samples: 0..<samplesPerFrame, into: &frame)
      frames += frame[..<count]
      sampleCount += Int64(samplesPerFrame)
    }
  }

  /// Decodes for about so long.
  func decode(inPiecesOf pieceByteCount: Int, seconds: Double) -> Run {
    let decoder = format.decoder.init(
      WireSettings(sampleRate: sampleRate, channelCount: channelCount, usesHostTime: true))
    let storage = SampleBlockStorage(channelCount: channelCount)
    var clock = LineClock(
      nanosecondsPerByte: Double(sampleCount) / sampleRate * 1e9 / Double(frames.count))
    announcement.withUnsafeBytes {
      Self.drain(decoder, $0, pieceByteCount, storage.block, &clock)
    }
    var run = Run()
    var rounds = 0
    frames.withUnsafeBytes { bytes in
      Self.drain(decoder, bytes, pieceByteCount, storage.block, &clock)
      let before = decoder.counters.samplesReceived
      allocations_begin()
      let start = clinux_thread_cpu_nanoseconds()
      repeat {
        Self.drain(decoder, bytes, pieceByteCount, storage.block, &clock)
        rounds += 1
        run.seconds = Double(clinux_thread_cpu_nanoseconds() - start) / 1e9
      } while run.seconds < seconds
      run.allocations = Int(allocations_end())
      run.samples = decoder.counters.samplesReceived - before
    }
    run.samplesSent = sampleCount * Int64(rounds)
    run.megabytesPerSecond = Double(frames.count * rounds) / run.seconds / 1e6
    return run
  }

  private static func drain(
    _ decoder: any FrameDecoder, _ bytes: UnsafeRawBufferPointer, _ pieceByteCount: Int,
    _ block: SampleBlock, _ clock: inout LineClock
  ) {
    var position = 0
    while position < bytes.count {
      let end = min(position + pieceByteCount, bytes.count)
      let taken = decoder.feed(
        UnsafeRawBufferPointer(rebasing: bytes[position..<end]),
        arrivalNanoseconds: clock.nanoseconds(after: end - position))
      clock.advance(by: taken)
      position += taken
      while decoder.next(into: block, isQuiet: end == bytes.count) != .needsBytes {}
    }
  }

  /// Megabytes a second of a copy in large pieces.
  func copy(seconds: Double) -> Double {
    let pieceByteCount = 65_536
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: pieceByteCount, alignment: 64)
    defer { scratch.deallocate() }
    return frames.withUnsafeBytes { bytes in
      var copied = 0
      let start = clinux_thread_cpu_nanoseconds()
      var elapsed = 0.0
      repeat {
        for position in stride(from: 0, to: bytes.count - pieceByteCount, by: pieceByteCount) {
          scratch.copyMemory(from: bytes.baseAddress! + position, byteCount: pieceByteCount)
          copied += pieceByteCount
        }
        elapsed = Double(clinux_thread_cpu_nanoseconds() - start) / 1e9
      } while elapsed < seconds
      return Double(copied) / elapsed / 1e6
    }
  }
}
