// What the tests compare with: readings of python-wfdb and pyedflib stored as JSON, and the digest both sides
// compute.

import ECGSignal
import Foundation
import TestSupport

@testable import Recordings

/// The digest of Tests/Peers/digest.py: sum of x[i] * k^(n-1-i) modulo 2^64, by Horner's rule.
struct Digest {
  private var value: UInt64 = 0

  mutating func add(_ number: some BinaryInteger) {
    value = value &* 6_364_136_223_846_793_005 &+ UInt64(truncatingIfNeeded: number)
  }

  var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  static func of(_ numbers: some Sequence<some BinaryInteger>) -> String {
    var digest = Digest()
    for number in numbers { digest.add(number) }
    return digest.text
  }
}

extension Json {
  static func file(_ name: String) throws -> Json {
    try data(Data(contentsOf: URL(filePath: Fixture.path(name))))
  }
}

/// Fixtures, and readings of whole records.
enum Fixture {
  static let folder = TestData.repository + "/Tests/Peers/fixtures"

  static func path(_ name: String) -> String { folder + "/" + name }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path(name))))
  }
}

extension RecordingReader {
  /// All codes `[channel][sample]` from the read position on, read in pieces of `chunk` samples.
  func readAll(chunk: Int = 1000) throws -> [[Int32]] {
    var signals = [[Int32]](repeating: [], count: format.channels.count)
    let stride = chunk + 3
    let codes = UnsafeMutablePointer<Int32>.allocate(capacity: stride * signals.count)
    codes.initialize(repeating: 0x5A5A5A, count: stride * signals.count)
    defer { codes.deallocate() }
    while true {
      let count = try read(into: codes, stride: stride, count: chunk)
      if count == 0 { return signals }
      for channel in signals.indices {
        signals[channel] += UnsafeBufferPointer(start: codes + channel * stride, count: count)
      }
    }
  }
}
