// A WAVE file (RIFF, 16-bit PCM, one channel) as a loudspeaker: what would be heard, to be listened to or measured.

import Devices
import Glibc

/// A file that takes samples as fast as they come. Its header is true once it is closed with its owner. One thread.
public final class WaveFile: SoundStream {
  public let underruns = 0
  public let queuedSamples = 0
  public let delaySamples = 0
  private static let headerBytes = 44
  private let path: String
  private let sampleRateHz: Double
  private let descriptor: Int32
  private var dataBytes: UInt32 = 0

  /// Makes the file, in place of one that is there.
  public init(_ path: String, sampleRateHz: Double) throws(SourceError) {
    self.path = path
    self.sampleRateHz = sampleRateHz
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0, writeHeader() else { throw Self.error(path) }
  }

  deinit {
    _ = writeHeader()
    close(descriptor)
  }

  public func write(_ samples: UnsafeBufferPointer<Int16>) throws(SourceError) {
    let bytes = UnsafeRawBufferPointer(samples)
    guard Glibc.write(descriptor, bytes.baseAddress, bytes.count) == bytes.count else {
      throw Self.error(path)
    }
    dataBytes &+= UInt32(bytes.count)
  }

  public func finish() {}

  /// Little endian, as every machine that this runs on.
  private func writeHeader() -> Bool {
    let rate = UInt32(sampleRateHz)
    var header = Array("RIFF".utf8)
    header += Self.bytes(UInt32(Self.headerBytes - 8) &+ dataBytes)
    header += Array("WAVEfmt ".utf8) + Self.bytes(16)
    // PCM, one channel; two bytes a sample.
    header += [1, 0, 1, 0] + Self.bytes(rate) + Self.bytes(2 * rate) + [2, 0, 16, 0]
    header += Array("data".utf8) + Self.bytes(dataBytes)
    guard pwrite(descriptor, header, header.count, 0) == header.count else { return false }
    return lseek(descriptor, 0, SEEK_END) >= Self.headerBytes
  }

  private static func bytes(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  private static func error(_ path: String) -> SourceError {
    SourceError(
      "The sound file \(path) cannot be written (\(String(cString: strerror(errno)))): name another."
    )
  }
}
