// The two ways for HL7 messages: a file that is appended to, and MLLP over TCP.

import CLinux
import Foundation

/// Appends to a file. Messages are separated by a line feed, which HL7 has not.
final class HL7File: HL7Channel {
  private let path: String
  private let descriptor: Int32

  init(_ path: String) throws(CentralError) {
    self.path = path
    descriptor =
      path == "-"
      ? dup(STDOUT_FILENO) : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw CentralError(
        "\(path) cannot be written (\(String(cString: strerror(errno)))): choose another file.")
    }
  }

  deinit { Glibc.close(descriptor) }

  func send(_ text: String, control: String) throws(HL7Failure) {
    var rest = Array((text + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count >= 0 || errno == EINTR else {
        throw HL7Failure(
          description: "\(path) cannot be written (\(String(cString: strerror(errno)))).")
      }
      rest = rest.dropFirst(max(0, count))
    }
    // A pipe and a terminal have no disk behind them.
    guard fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS else {
      throw HL7Failure(description: "\(path) does not reach its disk.")
    }
  }

  func rest(wake: Int32, milliseconds: Int32) {
    var descriptor = wake
    clinux_wait_any(&descriptor, 1, milliseconds)
  }
}

/// Speaks MLLP to a server. The connection is kept.
final class MLLPClient: HL7Channel {
  private static let start: UInt8 = 0x0B
  private static let end: [UInt8] = [0x1C, 0x0D]
  /// So long a server may take for its answer, and an answer may be.
  private static let answerMilliseconds: Int32 = 10_000
  private static let answerByteCountMax = 65_536

  private let host: String
  private let port: UInt16
  private var descriptor: Int32 = -1
  private var received: [UInt8] = []

  init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  deinit { close() }

  func send(_ text: String, control: String) throws(HL7Failure) {
    do throws(HL7Failure) {
      try connect()
      try write([Self.start] + Array(text.utf8) + Self.end)
      let deadline = clinux_monotonic_nanoseconds() &+ UInt64(Self.answerMilliseconds) * 1_000_000
      while true {
        let answer = String(decoding: try frame(until: deadline), as: UTF8.self)
        // An answer to an earlier message that came late is passed over.
        if try MLLPAnswer(answer, control: control).isAccepted { return }
      }
    } catch {
      if !error.isRefusal { close() }
      throw error
    }
  }

  func rest(wake: Int32, milliseconds: Int32) {
    var descriptor = wake
    clinux_wait_any(&descriptor, 1, milliseconds)
  }

  private func connect() throws(HL7Failure) {
    if descriptor >= 0 { return }
    received = []
    let result = clinux_stream_connect(host, port, 5000)
    guard result >= 0 else {
      throw HL7Failure(
        description: "No HL7 server at \(host):\(port) (\(String(cString: strerror(-result)))).")
    }
    descriptor = result
  }

  private func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  private func write(_ bytes: [UInt8]) throws(HL7Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard clinux_wait_writable(descriptor, Self.answerMilliseconds) == 1 else { throw gone() }
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count >= 0 || errno == EINTR || errno == EAGAIN else { throw gone() }
      rest = rest.dropFirst(max(0, count))
    }
  }

  /// The content of the next frame.
  private func frame(until deadline: UInt64) throws(HL7Failure) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      if let end = received.firstRange(of: Self.end) {
        let frame = received[..<end.lowerBound]
        received.removeFirst(end.upperBound)
        return Array(frame.drop { $0 != Self.start }.dropFirst())
      }
      let now = clinux_monotonic_nanoseconds()
      let rest = Int32(clamping: (Int64(deadline) - Int64(now)) / 1_000_000)
      guard rest > 0, received.count < Self.answerByteCountMax,
        clinux_wait_readable(descriptor, rest) == 1
      else { throw gone() }
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN)) else { throw gone() }
      received += buffer[..<max(0, count)]
    }
  }

  private func gone() -> HL7Failure {
    HL7Failure(description: "The HL7 server at \(host):\(port) does not answer.")
  }
}

/// What a server answered: MSA-1 and the message that it means.
struct MLLPAnswer {
  /// Whether it took this message; false for an answer that means another one.
  let isAccepted: Bool

  /// Reads the answer (HL7 2.6, 2.9.2): AA or CA takes the message, AE, AR, CE or CR refuses it.
  init(_ text: String, control: String) throws(HL7Failure) {
    let segments = text.split(whereSeparator: { $0 == "\r" || $0 == "\n" || $0 == "\r\n" })
    guard let acknowledgement = segments.first(where: { $0.hasPrefix("MSA|") }) else {
      throw HL7Failure(description: "The HL7 server answered without MSA.")
    }
    let fields = acknowledgement.split(separator: "|", omittingEmptySubsequences: false)
    guard fields.count > 2, fields[2] == control else {
      isAccepted = false
      return
    }
    guard ["AA", "CA"].contains(fields[1]) else {
      let words = fields.count > 3 ? " " + fields[3] : ""
      throw HL7Failure(
        description: "The HL7 server refused message \(control): \(fields[1])\(words).",
        isRefusal: true)
    }
    isAccepted = true
  }
}
