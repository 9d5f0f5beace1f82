// A line between two ends in simulated time: it loses, repeats, delays, reorders, damages and parts, by a seed.

import TestSupport

/// What a line does to datagrams. Shares are 0-1, times seconds.
struct LinkFaults {
  var loss = 0.0
  var duplication = 0.0
  var corruption = 0.0
  var delay = 0.005
  /// On top of the delay, evenly up to this: what is delayed less overtakes.
  var jitter = 0.0
  /// Nothing passes in these.
  var partitions: [ClosedRange<Double>] = []

  /// The line of the bars: 30 % loss, duplication, reordering by 500 ms of jitter, damage, 10 s of nothing.
  static let harsh = LinkFaults(
    loss: 0.3, duplication: 0.1, corruption: 0.02, jitter: 0.5, partitions: [20...30])
}

/// One direction of the line.
struct FaultyLink {
  var faults: LinkFaults
  private(set) var sentCount = 0
  private(set) var sentByteCount = 0
  private var random: SeededRandom
  private var underWay: [(at: Double, datagram: [UInt8])] = []

  init(_ faults: LinkFaults, seed: UInt64) {
    self.faults = faults
    random = SeededRandom(seed: seed)
  }

  private mutating func happens(_ share: Double) -> Bool {
    share > 0 && Double.random(in: 0..<1, using: &random) < share
  }

  mutating func send(_ datagram: [UInt8], at seconds: Double) {
    sentCount += 1
    sentByteCount += datagram.count
    let isParted = faults.partitions.contains { $0.contains(seconds) }
    guard !isParted, !happens(faults.loss) else { return }
    for _ in 0..<(happens(faults.duplication) ? 2 : 1) {
      var copy = datagram
      if happens(faults.corruption) {
        copy[Int.random(in: copy.indices, using: &random)] ^= UInt8.random(
          in: 1...255, using: &random)
      }
      let late = faults.jitter * Double.random(in: 0...1, using: &random)
      underWay.append((seconds + faults.delay + late, copy))
    }
  }

  /// What arrives by now, in the order of arrival.
  mutating func arrivals(by seconds: Double) -> [[UInt8]] {
    let arrived = underWay.filter { $0.at <= seconds }.sorted { $0.at < $1.at }
    underWay.removeAll { $0.at <= seconds }
    return arrived.map(\.datagram)
  }

  var nextArrival: Double { underWay.map(\.at).min() ?? .infinity }
}
