// GPIO lines of a kernel's simulated chip (gpio-sim), driven and watched from outside through sysfs.

import CLinux
import Devices
import ECGSignal
import Foundation
import Glibc
import FrontEnds
import LinuxDevices

struct GPIOExercise {
  private let outside: String
  private let labels = ["pinctrl-rp1", "pi-sim"]

  init() throws {
    guard let path = ProcessInfo.processInfo.environment["GPIO_SIM"] else {
      throw SourceError("GPIO_SIM is not set: run scripts/guest.")
    }
    outside = path
  }

  func run() throws {
    try wrongNames()
    let first = refusal {
      _ = try GPIOOutputLine(GPIOLine(chipLabels: labels, offset: 3), isHigh: false)
    }
    guard first.isEmpty else {
      say(first)
      try check(first.contains("libgpiod 1"), "a line cannot be had")
      return say("this kernel has nothing for libgpiod 1: only chips and labels were exercised")
    }
    try lamp()
    try button()
    let line = try GPIODataReadyLine(GPIOLine(chipLabels: labels, offset: 25))
    let isNumbered = line.queueCapacity == 256
    say("libgpiod \(isNumbered ? 2 : 1)")
    try edges(line, isNumbered: isNumbered)
    if isNumbered { try overflow(line) }
    try source(line)
    say("all as it should be")
  }

  /// What the outside does to an input.
  private func pull(_ line: Int, up isUp: Bool) throws {
    let file = open("\(outside)/sim_gpio\(line)/pull", O_WRONLY)
    defer { close(file) }
    let word = isUp ? "pull-up" : "pull-down"
    try check(write(file, word, word.utf8.count) > 0, "line \(line) cannot be pulled")
  }

  /// A falling edge as a converter makes one.
  private func fall() throws {
    try pull(25, up: true)
    try pull(25, up: false)
  }

  private func wrongNames() throws {
    let label = refusal {
      _ = try GPIODataReadyLine(GPIOLine(chipLabels: ["pinctrl-none"], offset: 1))
    }
    say("\(label)")
    try check(label.contains("pi-sim (/dev/gpiochip"), "the chips there are were not listed")
    let offset = refusal {
      _ = try GPIODataReadyLine(GPIOLine(chipLabels: labels, offset: 99))
    }
    say("\(offset)")
    try check(offset.contains("does not exist"), "a line that is not there was not refused")
  }

  private func lamp() throws {
    func level() throws -> String {
      try String(contentsOfFile: "\(outside)/sim_gpio17/value", encoding: .utf8)
        .trimmingCharacters(in: .whitespacesAndNewlines)
    }
    let wiring = GPIOLine(chipLabels: labels, offset: 17)
    let lamp = try GPIOOutputLine(wiring, isHigh: true)
    try check(level() == "1", "a lamp that is switched on at once is dark")
    try lamp.set(false)
    try check(level() == "0", "a lamp that is switched off shines")
    try lamp.set(true)
    try check(level() == "1", "a lamp that is switched on is dark")
    let busy = refusal { _ = try GPIOOutputLine(wiring, isHigh: false) }
    say("\(busy)")
    try check(busy.contains("in use by 'ecgclip'"), "who uses a line was not told")
  }

  /// A contact to ground on a line whose own pull-up is switched on.
  private func button() throws {
    let line = try GPIODataReadyLine(GPIOLine(chipLabels: labels, offset: 23), isPulledUp: true)
    let level = try String(contentsOfFile: "\(outside)/sim_gpio23/value", encoding: .utf8)
    try check(level.hasPrefix("1"), "the pull-up is not on")
    let edges = UnsafeMutableBufferPointer<DataReadyEdge>.allocate(capacity: 16)
    defer { edges.deallocate() }
    try check(line.takeEdges(into: edges, waitMilliseconds: 20) == 0, "a press before any")
    try pull(23, up: false)
    try check(line.takeEdges(into: edges, waitMilliseconds: 100) == 1, "a press was not told")
    try pull(23, up: true)
    say("a button is pulled up and told when it is pressed")
  }

  private func edges(_ line: GPIODataReadyLine, isNumbered: Bool) throws {
    let edges = UnsafeMutableBufferPointer<DataReadyEdge>.allocate(capacity: line.queueCapacity)
    defer { edges.deallocate() }
    try check(line.takeEdges(into: edges, waitMilliseconds: 20) == 0, "an edge before any")
    var last = line.nanoseconds
    var number: UInt32 = 0
    for _ in 0..<100 {
      for _ in 0..<8 { try fall() }
      let count = line.takeEdges(into: edges, waitMilliseconds: 100)
      try check(count == 8, "\(count) edges of 8")
      for edge in edges[..<count] {
        number += 1
        try check(edge.nanoseconds > last && edge.nanoseconds < line.nanoseconds, "wrong time")
        try check(
          edge.sequence == (isNumbered ? number : 0), "edge \(edge.sequence), not \(number)")
        last = edge.nanoseconds
      }
    }
    say("800 edges of 800, in order, by the monotonic clock")
  }

  /// Nobody reads for longer than the queue: the numbers tell what it could not hold.
  private func overflow(_ line: GPIODataReadyLine) throws {
    let edges = UnsafeMutableBufferPointer<DataReadyEdge>.allocate(capacity: line.queueCapacity)
    defer { edges.deallocate() }
    for _ in 0..<300 { try fall() }
    let count = line.takeEdges(into: edges, waitMilliseconds: 100)
    try check(count == 256, "\(count) edges waited, not 256")
    try check(edges[0].sequence == 845 && edges[255].sequence == 1100, "wrong numbers")
    say("300 edges while nobody read: 256 waited, 44 told by their numbers")
  }

  /// The SPI source with a converter whose data-ready line is the kernel's: received and lost make up all of them.
  private func source(_ line: GPIODataReadyLine) throws {
    let profile = try BoardProfile.load("ads1298-pi.yaml")
    let converter = StandInConverter()
    let source = try SPIBoard(profile).source(
      bus: converter, line: line, reset: nil, start: nil, provenance: .simulated, pause: { _ in })
    _ = try source.open()
    let storage = SampleBlockStorage(channelCount: 8)
    let outside = Outside(path: "\(self.outside)/sim_gpio25/pull", falls: 1000)
    outside.start()
    var reads = 0
    var end: Int64 = 0
    while true {
      let outcome = source.read(into: storage.block)
      if outcome == .samples {
        let header = storage.block.header.pointee
        end = header.firstIndex + Int64(header.sampleCount)
        reads += 1
        // The reader stalls now and then, once for longer than libgpiod 1 keeps edges.
        if reads % 20 == 0 { clinux_sleep_nanoseconds(reads == 60 ? 200_000_000 : 9_000_000) }
      } else if outside.isDone {
        break
      }
    }
    let counters = storage.block.header.pointee.counters
    say(
      "of \(outside.falls) conversions \(counters.samplesReceived) read, "
        + "\(counters.samplesLost) lost and told")
    try check(counters.samplesLost > 0, "a stalled reader lost nothing")
    // An emulated processor makes edges late, and a late edge may count as two, but none is unseen. libgpiod 1 drops
    // edges without a word when 16 wait: how many, the clock tells only to within its lateness.
    let unseen = Int64(outside.falls) - end
    let allowed = Int64(line.queueCapacity == 256 ? 0 : 10)
    try check(unseen <= allowed, "\(unseen) conversions are neither read nor told as lost")
  }
}
