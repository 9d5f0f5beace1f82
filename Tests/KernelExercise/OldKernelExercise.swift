// libgpiod 1 against a kernel of its time (Debian 12's Linux 6.1), which has no simulated chip: its lines are those of
// the emulated board's own PL061. Line 3 is the board's power button, pressed from outside some seven times a second
// (scripts/guest-bookworm); the kernel's count of its interrupts is the witness of the edges, its debug file that of
// the outputs.

import Devices
import Foundation
import LinuxDevices

struct OldKernelExercise {
  private static let labels = ["pinctrl-rp1", "9030000.pl061"]
  private static let buttonOffset: UInt32 = 3
  private static let lampOffset: UInt32 = 5
  /// A press lasts 100 ms, and none begins before the last one ended.
  private static let pressNanoseconds: UInt64 = 90_000_000

  func run() throws {
    try lamp()
    let wiring = GPIOLine(chipLabels: Self.labels, offset: Self.buttonOffset)
    let edges = UnsafeMutableBufferPointer<DataReadyEdge>.allocate(capacity: 16)
    defer { edges.deallocate() }
    try falling(wiring, edges)
    try rising(wiring, edges)
    say("libgpiod 1: all as it should be")
  }

  private func lamp() throws {
    func witness() throws -> String {
      let lines = try String(contentsOfFile: "/sys/kernel/debug/gpio", encoding: .utf8)
      return lines.split(separator: "\n").first { $0.contains("|ecgclip") }.map(String.init) ?? ""
    }
    let wiring = GPIOLine(chipLabels: Self.labels, offset: Self.lampOffset)
    let lamp = try GPIOOutputLine(wiring, isHigh: true)
    try check(witness().contains("out hi"), "a lamp that is switched on at once is dark")
    try lamp.set(false)
    try check(witness().contains("out lo"), "a lamp that is switched off shines")
    try lamp.set(true)
    try check(witness().contains("out hi"), "a lamp that is switched on is dark")
    let busy = refusal { _ = try GPIOOutputLine(wiring, isHigh: false) }
    try check(busy.contains("in use by 'ecgclip'"), "who uses a line was not told: \(busy)")
    say("libgpiod 1: a lamp goes on and off, and its line is told to be in use")
  }

  /// Interrupts of the line that is requested, as the kernel counts them.
  private func interrupts() throws -> Int {
    let table = try String(contentsOfFile: "/proc/interrupts", encoding: .utf8)
    guard let row = table.split(separator: "\n").first(where: { $0.hasSuffix(" ecgclip") }),
      let count = row.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { throw SourceError("The kernel counts no interrupts of the line:\n\(table)") }
    return count
  }

  private func falling(
    _ wiring: GPIOLine, _ edges: UnsafeMutableBufferPointer<DataReadyEdge>
  ) throws {
    let line = try GPIODataReadyLine(wiring)
    try check(line.queueCapacity == edges.count, "this is not libgpiod 1")
    try overflow(line, edges, after: counted(line, edges))
  }

  /// Every press is one edge, in order, by the monotonic clock. Returns the time of the last.
  private func counted(
    _ line: GPIODataReadyLine, _ edges: UnsafeMutableBufferPointer<DataReadyEdge>
  ) throws -> UInt64 {
    var last = line.nanoseconds
    var count = 0
    while count < 40 {
      let taken = line.takeEdges(into: edges, waitMilliseconds: 5000)
      try check(taken > 0, "no press in five seconds, after \(count)")
      for edge in edges[..<taken] {
        try check(edge.sequence == 0, "libgpiod 1 numbers no edges, this has \(edge.sequence)")
        try check(edge.nanoseconds <= line.nanoseconds, "an edge is told before it was")
        let isNext = count == 0 || edge.nanoseconds >= last + Self.pressNanoseconds
        try check(isNext, "edge \(count) came \(edge.nanoseconds &- last) ns after the last")
        last = edge.nanoseconds
      }
      count += taken
    }
    // One more may come between both counts.
    let kernel = try interrupts()
    try check(kernel - count <= 1 && kernel >= count, "\(count) edges, \(kernel) interrupts")
    say("libgpiod 1: \(count) presses told of \(kernel), in order, by the monotonic clock")
    return last
  }

  /// Nobody reads for longer than the queue: the oldest sixteen are kept, and the time of the next tells the hole.
  private func overflow(
    _ line: GPIODataReadyLine, _ edges: UnsafeMutableBufferPointer<DataReadyEdge>,
    after last: UInt64
  ) throws {
    let wanted = try interrupts() + 24
    for _ in 0..<150 where try interrupts() < wanted { Thread.sleep(forTimeInterval: 0.2) }
    try check(interrupts() >= wanted, "the presses have ceased")
    let waited = line.takeEdges(into: edges, waitMilliseconds: 0)
    try check(waited == 16, "\(waited) edges waited, not 16")
    let kept = edges[15].nanoseconds
    try check(edges[0].nanoseconds > last && kept > edges[0].nanoseconds, "wrong times")
    let next = line.takeEdges(into: edges, waitMilliseconds: 5000)
    try check(next == 1, "\(next) edges after the queue was emptied")
    let missing = Double(edges[0].nanoseconds - kept) / 1e6
    try check(missing > 700, "the hole of \(missing) ms is too short")
    say("libgpiod 1: of 24 presses while nobody read 16 waited, then a hole of \(Int(missing)) ms")
  }

  /// The other edge of the same line, once it was given back.
  private func rising(
    _ wiring: GPIOLine, _ edges: UnsafeMutableBufferPointer<DataReadyEdge>
  ) throws {
    let line = try GPIODataReadyLine(wiring, rising: true)
    try check(line.takeEdges(into: edges, waitMilliseconds: 5000) == 1, "no press begins")
    say("libgpiod 1: the begin of a press is told, too")
  }
}
