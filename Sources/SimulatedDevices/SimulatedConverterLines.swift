// The lines of a simulated converter: its data-ready line with the kernel's queue of edges, its reset and its start.

import Devices

extension SimulatedADS1298 {
  /// The data-ready line as a kernel reports it.
  ///
  /// - Parameter isNumbered: as with libgpiod 2: edges are numbered, 256 wait, the oldest make room. Otherwise as with
  ///   libgpiod 1: no numbers, 16 wait, the newest are dropped.
  public func dataReadyLine(isNumbered: Bool = true) -> SimulatedDataReadyLine {
    SimulatedDataReadyLine(self, isNumbered: isNumbered)
  }

  /// The reset pin as a line.
  public var resetLine: any OutputLine { SimulatedPin { self.setReset(isHigh: $0) } }
  /// The start pin as a line.
  public var startLine: any OutputLine { SimulatedPin { self.setStart(isHigh: $0) } }
}

/// The data-ready line of a simulated converter. Waiting lets the converter's time go on.
public final class SimulatedDataReadyLine: DataReadyLine {
  public let queueCapacity: Int
  private let chip: SimulatedADS1298
  private let isNumbered: Bool
  private var queue: [DataReadyEdge] = []
  private var edgeCount: UInt32 = 0

  fileprivate init(_ chip: SimulatedADS1298, isNumbered: Bool) {
    self.chip = chip
    self.isNumbered = isNumbered
    queueCapacity = isNumbered ? 256 : 16
    queue.reserveCapacity(queueCapacity + 1)
    chip.onConversion = { [unowned self] nanoseconds, _ in self.fall(at: nanoseconds) }
  }

  public var nanoseconds: UInt64 { chip.nanoseconds }

  public func takeEdges(
    into edges: UnsafeMutableBufferPointer<DataReadyEdge>, waitMilliseconds: Int32
  ) -> Int {
    if queue.isEmpty && waitMilliseconds > 0 { wait(milliseconds: waitMilliseconds) }
    let count = min(edges.count, queue.count)
    for index in 0..<count { edges[index] = queue[index] }
    queue.removeSubrange(0..<count)
    return count
  }

  /// Until an edge comes, or the time is over.
  private func wait(milliseconds: Int32) {
    let end = chip.nanoseconds &+ UInt64(milliseconds) &* 1_000_000
    while queue.isEmpty, let next = chip.nextConversionNanoseconds, next <= end {
      chip.advance(to: next)
    }
    if queue.isEmpty { chip.advance(to: end) }
  }

  private func fall(at nanoseconds: UInt64) {
    edgeCount &+= 1
    let edge = DataReadyEdge(nanoseconds: nanoseconds, sequence: isNumbered ? edgeCount : 0)
    if queue.count == queueCapacity {
      guard isNumbered else { return }
      queue.removeFirst()
    }
    queue.append(edge)
  }
}

private final class SimulatedPin: OutputLine {
  private let drive: (Bool) -> Void

  init(_ drive: @escaping (Bool) -> Void) { self.drive = drive }

  func set(_ isHigh: Bool) throws(SourceError) { drive(isHigh) }
}
