// How long a bridge was away, or what it missed while it started anew: its ticks begin at 0 again, so that only the
// host's clock tells. The line under its arrivals does, to the sample.

import ECGSignal
import Testing

@testable import FrontEnds

/// A bridge at 500 samples a second by its own clock, in frames of ten, each at the host when it is full.
private final class Bench {
  let stream = BridgeStream(usesHostTime: true)
  private let period: Double
  private(set) var frames: Int64 = 0

  init(partsPerMillion: Double) { period = 20_000_000 / (1 + partsPerMillion / 1e6) }

  /// Frames of which the first ones come late, after so many that nobody sent or that were lost on the line.
  func send(
    _ count: Int64, by sender: BridgeStream, after missing: Int64 = 0, announced: Bool = false,
    lateMilliseconds: Double = 0
  ) {
    frames += missing
    let begin = frames
    for frame in 0..<count {
      frames += 1
      let late = max(0, lateMilliseconds - 10 * Double(frame)) * 1e6
      let arrival = 5e9 + Double(frames) * period + late
      let place = sender === stream ? begin + frame : frame
      let hello = announced && frame == 0 ? sender.hello() : []
      _ = stream.deliver(
        hello + sender.samples(10 * place..<10 * place + 10), at: UInt64(arrival))
    }
  }

  /// Samples measured from the first one on that are neither delivered nor told as lost.
  var untold: Int64 {
    10 * frames - (stream.decoder.nextIndex - stream.decoder.counters.samplesSurplus)
  }
}

@Test(
  "an absence is told to the sample, however late its first frames come and whatever was lost just before",
  arguments: [0.0, 33, 150], [-80.0, 0, 80])
func absenceOfABridge(lateMilliseconds: Double, partsPerMillion: Double) {
  let bench = Bench(partsPerMillion: partsPerMillion)
  bench.send(2000, by: bench.stream, announced: true)
  // Three frames are lost on the line, then the plug is pulled for four seconds.
  let back = BridgeStream()
  bench.stream.decoder.skip(samples: 2030 + Int64(lateMilliseconds / 2), cause: .deviceLost)
  bench.send(
    500, by: back, after: 203, announced: true, lateMilliseconds: lateMilliseconds)
  let counters = bench.stream.decoder.counters
  #expect(bench.untold == 0)
  #expect(counters.samplesLost - counters.samplesSurplus == 2030)
  #expect(counters.samplesReceived == 25_000 && counters.reconnects == 1)
}

@Test("what a bridge missed while it started anew is told to the sample", arguments: [0.0, 33])
func restartOfABridge(lateMilliseconds: Double) {
  let bench = Bench(partsPerMillion: 40)
  bench.stream.encoder.status.start = 1
  bench.send(2000, by: bench.stream, announced: true)
  let back = BridgeStream()
  back.encoder.status.start = 2
  bench.send(500, by: back, after: 60, announced: true, lateMilliseconds: lateMilliseconds)
  let counters = bench.stream.decoder.counters
  #expect(bench.untold == 0)
  #expect(counters.samplesLost - counters.samplesSurplus == 600)
  #expect(counters.samplesLostByClock >= 600)
}

@Test("while a bridge's ticks count, no lateness makes a sample lost or too much")
func ticksBeforeTheClock() {
  let bench = Bench(partsPerMillion: 15_000)
  bench.send(2000, by: bench.stream, announced: true)
  for _ in 0..<20 { bench.send(100, by: bench.stream, lateMilliseconds: 900) }
  let counters = bench.stream.decoder.counters
  #expect(bench.untold == 0 && counters.samplesLost == 0 && counters.samplesSurplus == 0)
}
