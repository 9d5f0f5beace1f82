// What `ecgclip bench` measures and prints.

import CAllocationCounter
import CLinux

struct BenchObject: Encodable {
  /// Times of one piece of work, repeated.
  struct Timing: Encodable, CustomStringConvertible {
    let p50Nanoseconds: UInt64
    let p95Nanoseconds: UInt64
    let p99Nanoseconds: UInt64
    let maxNanoseconds: UInt64
    /// Processor time of the thread a run, on average.
    let cpuNanoseconds: UInt64
    /// Requests to the allocator in all runs together; nil where they cannot be counted.
    let allocations: Int?

    /// Runs the body `warmUps` times, then `count` times with the clock.
    static func measure(count: Int, warmUps: Int = 1, _ body: () -> Void) -> Timing {
      for _ in 0..<warmUps { body() }
      var durations = [UInt64](repeating: 0, count: count)
      let startCPU = clinux_thread_cpu_nanoseconds()
      allocations_begin()
      for index in 0..<count {
        let start = clinux_monotonic_nanoseconds()
        body()
        durations[index] = clinux_monotonic_nanoseconds() - start
      }
      let allocations = Int(allocations_end())
      let cpu = (clinux_thread_cpu_nanoseconds() - startCPU) / UInt64(count)
      durations.sort()
      func percentile(_ share: Double) -> UInt64 { durations.nearestRank(share) ?? 0 }
      return Timing(
        p50Nanoseconds: percentile(0.5), p95Nanoseconds: percentile(0.95),
        p99Nanoseconds: percentile(0.99), maxNanoseconds: durations[count - 1],
        cpuNanoseconds: cpu, allocations: allocations_countable() ? allocations : nil)
    }

    var description: String {
      func milliseconds(_ nanoseconds: UInt64) -> String {
        "\((Double(nanoseconds) / 1e3).rounded() / 1e3)"
      }
      return "p50 \(milliseconds(p50Nanoseconds)) ms, p99 \(milliseconds(p99Nanoseconds)) ms, "
        + "max \(milliseconds(maxNanoseconds)) ms, CPU \(milliseconds(cpuNanoseconds)) ms, "
        + "allocations \(allocations.map(String.init) ?? "not countable here")"
    }
  }

  let model: String
  let kernel: String
  let multiplyAccumulates: Int
  let windowSeconds: Double
  let wholeWindow: Timing
  /// A second of signal in a stream and the sum over its newest window; nil for a graph with padding.
  let streaming: Timing?
  /// A second of 12 leads at 500 Hz through quality, filters, beats and rhythm.
  let signalSecond: Timing
  /// A second of 8 channels at 500 Hz, from which the other four leads follow, through the whole pipeline; nil for a
  /// graph with padding.
  let pipelineSecond: Timing?
  let arenaBytes: Int
  let historyBytes: Int?
  let residentBytes: Int
  let loadMilliseconds: Double
}
