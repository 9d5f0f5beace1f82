// A hospital's server for HL7, as small as one can be. Its framing is written here anew, byte by byte.

import CLinux
import Foundation
import RealTime
import Synchronization

final class MLLPServer: Sendable {
  private struct State {
    var controls: [String] = []
    var breaks = false
    var isStopping = false
  }

  let port: UInt16
  private let refusing: Set<String>
  private let listener: Int32
  private let state = Mutex(State())

  /// Takes a port, but does not listen yet.
  init(refusing: Set<String>) throws {
    self.refusing = refusing
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listener
    port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(descriptor, $0, size)
        _ = getsockname(descriptor, $0, &size)
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
  }

  deinit { close(listener) }

  var controls: [String] { state.withLock(\.controls) }

  /// Closes the next connection after a message instead of answering.
  func breaksOnce() { state.withLock { $0.breaks = true } }

  func start() throws {
    listen(listener, 4)
    _ = RealTimeThread(name: "mllp", priority: nil) { [weak self, listener] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0, let self else { return }
        self.serve(connection)
        close(connection)
      }
    }
  }

  private func serve(_ connection: Int32) {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while read(connection, &byte, 1) == 1 {
      bytes.append(byte)
      guard bytes.suffix(2) == [0x1C, 0x0D] else { continue }
      let text = String(decoding: bytes.dropFirst().dropLast(2), as: UTF8.self)
      let control = text.split(separator: "|", omittingEmptySubsequences: false)[9]
      bytes = []
      let breaks = state.withLock { state in
        defer { state.breaks = false }
        state.controls.append(String(control))
        return state.breaks
      }
      if breaks { return }
      let word = refusing.contains(String(control)) ? "AE" : "AA"
      let answer = "\u{B}MSH|^~\\&|X||||||ACK|1|P|2.6\rMSA|\(word)|\(control)|no such bed\r\u{1C}\r"
      _ = answer.utf8.withContiguousStorageIfAvailable {
        write(connection, $0.baseAddress, $0.count)
      }
    }
  }
}
