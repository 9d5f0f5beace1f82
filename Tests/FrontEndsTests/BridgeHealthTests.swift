// What a bridge says of itself reaches people, once, and what it says that it lost is not counted twice.

import ECGSignal
import Testing

@testable import FrontEnds

/// All that is new.
private func news(_ stream: BridgeStream) -> [FrontEndNews] {
  var told: [FrontEndNews] = []
  while let next = stream.decoder.takeNews() { told.append(next) }
  return told
}

@Test(
  "a bridge's fault is told when it begins and when it is over, not every second",
  arguments: [
    (BridgeStatus.Fault.chipSilent, FrontEndNews.chipSilent), (.registersDiffer, .registersDiffer),
    (.noConversions, .noConversions),
  ])
func faults(fault: BridgeStatus.Fault, expected: FrontEndNews) {
  let stream = BridgeStream()
  _ = stream.deliver(stream.hello())
  #expect(news(stream) == [])
  stream.encoder.status.fault = fault
  _ = stream.deliver(stream.hello() + stream.hello())
  #expect(news(stream) == [expected])
  _ = stream.deliver(stream.hello())
  #expect(news(stream) == [])
  stream.encoder.status.fault = .none
  _ = stream.deliver(stream.hello())
  #expect(news(stream) == [.recovered])
}

@Test("a bridge that was dead before it was opened is told")
func deadFromTheStart() {
  let stream = BridgeStream()
  stream.encoder.status.start = 5
  stream.encoder.status.fault = .chipSilent
  _ = stream.deliver(stream.hello())
  #expect(news(stream) == [.chipSilent])
}

@Test(
  "a restart is told with its cause; after a pulled plug only a watchdog's is news",
  arguments: [RestartCause.unknown, .power, .watchdog, .reset])
func restarts(cause: RestartCause) {
  let stream = BridgeStream()
  stream.encoder.status.start = 1
  _ = stream.deliver(stream.hello() + stream.samples(0..<10))
  let again = BridgeStream()
  again.encoder.status.start = 2
  again.encoder.status.startCause = cause
  _ = stream.deliver(again.hello() + again.samples(0..<10))
  #expect(news(stream) == [.restarted(cause)])
  stream.decoder.skip(samples: 500, cause: .deviceLost)
  again.encoder.status.start = 3
  _ = stream.deliver([0] + again.hello() + again.samples(10..<20))
  #expect(news(stream) == (cause == .watchdog ? [.restarted(.watchdog)] : []))
}

@Test(
  "samples that a bridge says it lost are counted once, and as its own where a frame was lost too")
func ownLossAmongLostFrames() {
  let stream = BridgeStream()
  stream.encoder.status.samplesLost = 1000
  _ = stream.deliver(stream.hello() + stream.samples(0..<10))
  // The bridge loses 7 samples, and the line the frame before them: ticks show 17 missing.
  _ = stream.samples(10..<20)
  _ = stream.deliver(stream.samples(27..<37))
  #expect(stream.decoder.counters.samplesLost == 17)
  #expect(stream.decoder.counters.samplesLostInFrontEnd == 0)
  stream.encoder.status.samplesLost = 1007
  _ = stream.deliver(stream.hello())
  #expect(stream.decoder.counters.samplesLost == 17)
  #expect(stream.decoder.counters.samplesLostInFrontEnd == 7)
  #expect(news(stream) == [.losesSamples])
  // Told before its ticks show it: nothing is lost yet, and then it is, once.
  stream.encoder.status.samplesLost = 1012
  _ = stream.deliver(stream.hello())
  #expect(stream.decoder.counters.samplesLostInFrontEnd == 12)
  _ = stream.deliver(stream.samples(42..<52) + stream.hello())
  #expect(stream.decoder.counters.samplesLost == 22)
  #expect(stream.decoder.counters.samplesLostInFrontEnd == 12)
}

@Test(
  "what a bridge says it lost is never more than its ticks show, also before and while it was away")
func ownLossIsBounded() {
  let stream = BridgeStream()
  stream.encoder.status.samplesLost = .max - 3
  _ = stream.deliver(stream.hello() + stream.samples(0..<10))
  stream.encoder.status.samplesLost = 500
  _ = stream.deliver(stream.hello() + stream.samples(10..<20))
  #expect(stream.decoder.counters.samplesLostInFrontEnd == 0)
  stream.decoder.skip(samples: 700, cause: .deviceLost)
  stream.encoder.status.samplesLost = 1200
  _ = stream.deliver([0] + stream.hello() + stream.samples(720..<730))
  _ = stream.samples(730..<740)
  _ = stream.deliver(stream.samples(740..<750) + stream.hello())
  // The time away is told to the newest sample of the first frame.
  #expect(stream.decoder.counters.samplesLost == 700)
  #expect(stream.decoder.counters.samplesLostInFrontEnd == 0)
}
