// A serial cable between two programs: two pseudo-terminals, and a thread that carries bytes from one to the other.

import CLinux
import Foundation
import Synchronization
import Testing

/// Carries bytes both ways until it is let go. Can be cut and mended.
final class SerialCable: Sendable {
  /// What each program opens as its serial port.
  let ends: [String]
  private let masters: [Int32]
  private let slaves: [Int32]
  private let isOver = Atomic<Bool>(false)
  private let isCutNow = Atomic<Bool>(false)
  private let finished = DispatchSemaphore(value: 0)

  init() throws {
    var ends: [String] = []
    var masters: [Int32] = []
    var slaves: [Int32] = []
    for _ in 0..<2 {
      var name = [CChar](repeating: 0, count: 128)
      var slave: Int32 = -1
      masters.append(clinux_pty_open(&name, name.count, &slave))
      slaves.append(slave)
      ends.append(
        String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    try #require(masters.allSatisfy { $0 >= 0 })
    for master in masters { _ = fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK) }
    (self.ends, self.masters, self.slaves) = (ends, masters, slaves)
    Thread { [self] in carry() }.start()
  }

  /// Whether what is sent is lost.
  var isCut: Bool {
    get { isCutNow.load(ordering: .relaxed) }
    set { isCutNow.store(newValue, ordering: .relaxed) }
  }

  /// Takes the cable away.
  func end() {
    isOver.store(true, ordering: .relaxed)
    finished.wait()
    for descriptor in masters + slaves { close(descriptor) }
  }

  private func carry() {
    var bytes = [UInt8](repeating: 0, count: 512)
    while !isOver.load(ordering: .relaxed) {
      var waiting = masters.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&waiting, 2, 100) > 0 else { continue }
      for from in 0..<2 {
        let count = read(masters[from], &bytes, bytes.count)
        // What finds no room is lost, as on a line.
        if count > 0, !isCut { _ = write(masters[1 - from], bytes, count) }
      }
    }
    finished.signal()
  }
}
