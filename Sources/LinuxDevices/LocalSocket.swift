// A door for other programs on this machine: a socket with a path, as safe as the folder in which it lies. One line
// is asked, one line is answered.

import CLinux
import Glibc

/// Why a local socket cannot be used: one sentence.
public struct LocalSocketError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String
}

/// Answers lines at a path. One thread.
public final class LocalSocket {
  /// No question is longer, and nobody may take longer to ask it.
  private static let byteCountMax = 512
  private static let waitMilliseconds: Int32 = 500

  private let path: String
  private let descriptor: Int32

  /// Listens at a path; what a monitor that was killed left there is replaced, so the folder must be this program's
  /// own.
  public init(listeningAt path: String) throws(LocalSocketError) {
    self.path = path
    descriptor = try Self.socket(path)
    unlink(path)
    let isListening = Self.withAddress(of: path) { address, size in
      bind(descriptor, address, size) == 0 && chmod(path, 0o600) == 0 && listen(descriptor, 4) == 0
    }
    guard isListening == true else { throw Self.failure(path, closing: descriptor) }
  }

  deinit {
    close(descriptor)
    unlink(path)
  }

  /// Waits so long for a question and answers it; false when none came.
  @discardableResult
  public func answer(waitMilliseconds: Int32, _ reply: (String) -> String) -> Bool {
    guard clinux_wait_readable(descriptor, waitMilliseconds) == 1 else { return false }
    let peer = accept(descriptor, nil, nil)
    guard peer >= 0 else { return false }
    _ = fcntl(peer, F_SETFD, FD_CLOEXEC)
    defer { close(peer) }
    guard let line = Self.readLine(peer) else { return true }
    Self.write(reply(line), peer)
    return true
  }

  /// Asks whoever listens at a path.
  public static func ask(_ question: String, at path: String) throws(LocalSocketError) -> String {
    let descriptor = try socket(path)
    let isConnected = withAddress(of: path) { address, size in
      connect(descriptor, address, size) == 0
    }
    guard isConnected == true else { throw failure(path, closing: descriptor) }
    defer { close(descriptor) }
    write(question, descriptor)
    guard let line = readLine(descriptor) else {
      throw LocalSocketError(description: "\(path): nobody answered.")
    }
    return line
  }

  private static func socket(_ path: String) throws(LocalSocketError) -> Int32 {
    let descriptor = Glibc.socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure(path, closing: descriptor) }
    return descriptor
  }

  /// Nil where the path is longer than a socket's may be (107 bytes).
  private static func withAddress(
    of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool
  ) -> Bool? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard bytes.count < capacity else {
      errno = ENAMETOOLONG
      return nil
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  private static func failure(_ path: String, closing descriptor: Int32) -> LocalSocketError {
    let reason = String(cString: strerror(errno))
    if descriptor >= 0 { close(descriptor) }
    return LocalSocketError(description: "\(path): \(reason).")
  }

  /// A line without its end; nil when it does not come, or is too long.
  private static func readLine(_ descriptor: Int32) -> String? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while bytes.count < byteCountMax, clinux_wait_readable(descriptor, waitMilliseconds) == 1,
      read(descriptor, &byte, 1) == 1
    {
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return nil
  }

  private static func write(_ line: String, _ descriptor: Int32) {
    let bytes = Array((line + "\n").utf8)
    // So short a text fits the socket's buffer at once; one whose reader is gone is lost.
    _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }
}
