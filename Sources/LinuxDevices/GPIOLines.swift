// GPIO lines of a real computer: one that reports falling edges, one that is driven.

import CGPIO
import CLinux
import Devices
import Glibc

/// The data-ready line of a converter, through libgpiod 2 or 1.
///
/// With libgpiod 2 edges are numbered and 256 of them wait; with 1 they carry only their time and 16 wait.
public final class GPIODataReadyLine: DataReadyLine {
  public let queueCapacity: Int
  private let line: OpaquePointer
  private let taken: UnsafeMutableBufferPointer<cgpio_edge>

  /// Requests the line as an input. The error says what is wrong and what helps.
  ///
  /// - Parameters:
  ///   - rising: whether it reports the edges to high instead of those to low.
  ///   - isPulledUp: whether its pull-up is switched on, so that a contact to ground is an edge.
  public init(
    _ wiring: GPIOLine, rising: Bool = false, isPulledUp: Bool = false
  ) throws(SourceError) {
    line = try requestLine(wiring) {
      cgpio_request_edges($0, wiring.offset, rising, isPulledUp, GPIOChips.consumer, $1, $2)
    }
    queueCapacity = Int(cgpio_version() == 2 ? CGPIO_QUEUE_V2 : CGPIO_QUEUE_V1)
    taken = .allocate(capacity: queueCapacity)
  }

  deinit {
    cgpio_release(line)
    taken.deallocate()
  }

  public var nanoseconds: UInt64 { clinux_monotonic_nanoseconds() }

  public func takeEdges(
    into edges: UnsafeMutableBufferPointer<DataReadyEdge>, waitMilliseconds: Int32
  ) -> Int {
    let room = min(edges.count, taken.count)
    let count = Int(cgpio_take_edges(line, taken.baseAddress, room, waitMilliseconds))
    for index in 0..<max(0, count) {
      edges[index] = DataReadyEdge(
        nanoseconds: taken[index].nanoseconds, sequence: taken[index].sequence)
    }
    return count
  }
}

/// A line that is driven: reset, start, a lamp.
public final class GPIOOutputLine: OutputLine {
  private let line: OpaquePointer
  private let name: String

  /// Requests the line as an output with its first level. The error says what is wrong and what helps.
  public init(_ wiring: GPIOLine, isHigh: Bool) throws(SourceError) {
    line = try requestLine(wiring) {
      cgpio_request_output($0, wiring.offset, isHigh ? 1 : 0, GPIOChips.consumer, $1, $2)
    }
    name = "Line \(wiring.offset) of \(wiring.chipLabels.joined(separator: ", "))"
  }

  deinit { cgpio_release(line) }

  public func set(_ isHigh: Bool) throws(SourceError) {
    let result = cgpio_set(line, isHigh ? 1 : 0)
    guard result < 0 else { return }
    throw SourceError(
      "\(name) cannot be driven (\(String(cString: strerror(-result)))): check the board's wiring.")
  }
}

private typealias Request = (
  UnsafePointer<CChar>, UnsafeMutablePointer<OpaquePointer?>,
  UnsafeMutablePointer<UnsafePointer<CChar>?>
) -> Int32

private func requestLine(
  _ wiring: GPIOLine, _ request: Request
) throws(SourceError) -> OpaquePointer {
  let path = try GPIOChips.path(of: wiring)
  var line: OpaquePointer?
  var failed: UnsafePointer<CChar>?
  let result = request(path, &line, &failed)
  guard result >= 0, let line else {
    throw GPIOChips.error(
      line: wiring, path: path, step: failed.map { String(cString: $0) } ?? "", code: -result)
  }
  return line
}
