// What the thread of an emulated front-end does: lets what arrives arrive when it should, pulls the plug, and
// answers commands meanwhile.

import CLinux
import Devices
import FrontEnds
import LinuxDevices
import Synchronization

/// Sends the bytes of a line in time. `run` belongs to one thread; the rest is atomic or locked.
final class FrontEndSender {
  let sent = Mutex(EmulatedFrontEnd.Sent())
  let isStopped = Atomic<Bool>(false)
  let isFinished = Atomic<Bool>(false)

  private let line: EmulatedLine
  private let port: EmulatedPort
  private let links: [String]
  private let wallSecondsPerSecond: Double
  private let responder: (any CommandResponder)?
  private let commands: UnsafeMutableRawBufferPointer
  private var answer: [UInt8] = []
  private var isPlugged = true
  private var plugCount = 0

  init(
    line: EmulatedLine, port: EmulatedPort, links: [String], speed: PlaybackSpeed,
    responder: (any CommandResponder)?
  ) {
    self.line = line
    self.port = port
    self.links = links
    wallSecondsPerSecond = speed.wallSecondsPerSecond
    self.responder = responder
    commands = .allocate(byteCount: 256, alignment: 1)
  }

  deinit { commands.deallocate() }

  func run() {
    defer { isFinished.store(true, ordering: .releasing) }
    var start = clinux_monotonic_nanoseconds()
    while !hasStopped {
      start &+= waitWhileSilent()
      let stopCount = responder?.stopCount
      guard var arrival = line.next() else { break }
      wait(until: start &+ UInt64(Double(arrival.nanoseconds) * wallSecondsPerSecond))
      responder?.setPower(isOn: arrival.hasPower)
      if arrival.isPlugged != isPlugged { guard changePlug(arrival.isPlugged) else { return } }
      if responder?.stopCount != stopCount { line.drop(&arrival) }
      guard send(arrival) else { return }
      sent.withLock { $0 = line.sent }
    }
  }

  private var hasStopped: Bool { isStopped.load(ordering: .relaxed) }

  /// Waits while the responder does not stream; returns for how long, in nanoseconds.
  private func waitWhileSilent() -> UInt64 {
    guard let responder, !responder.isStreaming else { return 0 }
    let begin = clinux_monotonic_nanoseconds()
    while !responder.isStreaming && !hasStopped {
      answer += responder.announcementWhileSilent(encoder: line.encoder)
      obey(waitMilliseconds: 50)
    }
    return clinux_monotonic_nanoseconds() &- begin
  }

  /// Waits until a moment, and obeys commands meanwhile.
  private func wait(until target: UInt64) {
    while !hasStopped {
      let now = clinux_monotonic_nanoseconds()
      let left = target > now ? target &- now : 0
      if left >= 1_000_000 && isPlugged {
        obey(waitMilliseconds: Int32(min(50, left / 1_000_000)))
      } else {
        if isPlugged { obey(waitMilliseconds: 0) }
        clinux_sleep_nanoseconds(min(left, 50_000_000))
        if left <= 50_000_000 { return }
      }
    }
  }

  /// Takes what a program has written, and answers.
  private func obey(waitMilliseconds: Int32) {
    guard case .terminal(let terminal) = port else {
      clinux_sleep_nanoseconds(UInt64(waitMilliseconds) * 1_000_000)
      return
    }
    takeCommands(from: terminal, waitMilliseconds: waitMilliseconds)
    guard !answer.isEmpty else { return }
    let bytes = answer
    answer = []
    _ = bytes.withUnsafeBytes { terminal.write($0) { hasStopped } }
  }

  private func takeCommands(from terminal: PseudoTerminal, waitMilliseconds: Int32) {
    let count = terminal.read(into: commands, waitMilliseconds: waitMilliseconds)
    guard count > 0, let responder else { return }
    answer += responder.respond(
      to: UnsafeRawBufferPointer(rebasing: commands[..<count]), encoder: line.encoder)
  }

  /// False when the front-end is to end. A reader that is behind must not keep commands waiting.
  private func send(_ arrival: LineArrival) -> Bool {
    switch port {
    case .terminal(let terminal):
      return arrival.bytes.withUnsafeBytes { bytes in
        bytes.isEmpty
          || terminal.write(bytes) {
            takeCommands(from: terminal, waitMilliseconds: 0)
            return hasStopped
          }
      }
    case .datagrams(let datagrams):
      var begin = 0
      for end in arrival.frameEnds {
        datagrams.send(arrival.bytes[begin..<end])
        begin = end
      }
      return true
    }
  }

  /// False when the terminal cannot come back.
  private func changePlug(_ isPlugged: Bool) -> Bool {
    self.isPlugged = isPlugged
    guard case .terminal(let terminal) = port else { return true }
    guard isPlugged else {
      terminal.unplug()
      return true
    }
    plugCount += 1
    let link = links.isEmpty ? nil : links[plugCount % links.count]
    return (try? terminal.plugIn(link: link)) != nil
  }
}
