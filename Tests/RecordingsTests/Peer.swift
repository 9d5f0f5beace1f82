// What the tests compare with: readings of python-wfdb and pyedflib stored as JSON, the digest both
// sides compute, and, where there is one, a Python that reads what this room writes.

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

/// A JSON value of which the tests know the shape.
enum Json: Sendable {
  case object([String: Json])
  case array([Json])
  case text(String)
  case number(Double)
  case null

  init(_ value: Any) {
    switch value {
    case let object as [String: Any]: self = .object(object.mapValues { Json($0) })
    case let array as [Any]: self = .array(array.map { Json($0) })
    case let text as String: self = .text(text)
    case let number as NSNumber: self = .number(number.doubleValue)
    default: self = .null
    }
  }

  static func data(_ data: Data) throws -> Json {
    Json(try JSONSerialization.jsonObject(with: data))
  }

  static func file(_ name: String) throws -> Json {
    try data(Data(contentsOf: URL(filePath: Fixture.path(name))))
  }

  subscript(_ key: String) -> Json {
    if case .object(let object) = self { object[key] ?? .null } else { .null }
  }

  subscript(_ index: Int) -> Json { list.indices.contains(index) ? list[index] : .null }
  var list: [Json] { if case .array(let array) = self { array } else { [] } }
  var keys: [String] { if case .object(let object) = self { object.keys.sorted() } else { [] } }
  var text: String? { if case .text(let text) = self { text } else { nil } }
  var number: Double { if case .number(let number) = self { number } else { .nan } }
  var integer: Int? { Int(exactly: number) }
  var isNull: Bool { if case .null = self { true } else { false } }
}

/// A folder that is gone when the test is.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "ecgclip-recordings-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    try Data(bytes).write(to: URL(filePath: path + "/" + name))
    return path + "/" + name
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, text.utf8) }
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

/// A Python that imports wfdb: `ECGCLIP_PYTHON`, else `python3`.
enum Python {
  static let path: String? = {
    let named = ProcessInfo.processInfo.environment["ECGCLIP_PYTHON"]
    let candidates = [named, "/usr/bin/python3", "/usr/local/bin/python3"].compactMap(\.self)
    return candidates.first { (try? run($0, ["-c", "import wfdb"])) != nil }
  }()

  static var readsWFDB: Bool { path != nil }

  /// Runs a script of Tests/Peers and returns the JSON it prints.
  static func peer(_ script: String, _ arguments: String...) throws -> Json {
    let file = TestData.repository + "/Tests/Peers/" + script
    let output = try run(path ?? "", [file] + arguments)
    return try Json.data(output)
  }

  private struct Failed: Error { let status: Int32 }

  private static func run(_ program: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    var environment = ProcessInfo.processInfo.environment
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(status: process.terminationStatus) }
    return data
  }
}
