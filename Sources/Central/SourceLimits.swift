// How many datagrams are looked at. Every check costs processor time, so who sends more than devices do is not
// listened to before anything is decrypted, and the receiver as a whole works a bounded share of a second.

import Devices

/// Tokens that come at a steady rate and are spent one by one.
struct TokenBucket: BitwiseCopyable, Sendable {
  private(set) var tokens: Double
  private var lastNanoseconds: UInt64

  init(burst: Double, at nanoseconds: UInt64) {
    tokens = burst
    lastNanoseconds = nanoseconds
  }

  /// Fills it up to the moment.
  mutating func refill(perSecond: Double, burst: Double, at nanoseconds: UInt64) {
    let elapsed = Double(nanoseconds &- min(nanoseconds, lastNanoseconds)) / 1e9
    lastNanoseconds = max(nanoseconds, lastNanoseconds)
    tokens = min(burst, tokens + elapsed * perSecond)
  }

  /// Spends one; false when there is none.
  mutating func take() -> Bool {
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }
}

/// The limits of one receiver.
///
/// A device sends a heartbeat a second and, in trouble, some messages. A source is an IPv4 address or the 64 upper bits
/// of an IPv6 one, because who has one of those has all; a clinic behind one address is one source.
public struct SourceLimits: Sendable {
  /// Datagrams a second that one source may send for long, and at once.
  public static let perSourceAndSecond = 5_000.0
  /// Datagrams a second that are taken from the system at all, and at once.
  public static let perSecond = 20_000.0
  /// Sources that are told apart; all others share one more.
  static let sourcesMax = 4096

  private struct Source: Hashable {
    let high: UInt64
    let low: UInt64
  }

  private struct Account {
    var bucket: TokenBucket
    /// When a genuine datagram last came from there, 0 for never.
    var genuineNanoseconds: UInt64 = 0
  }

  /// So long the place of a device is kept for it.
  private static let genuineNanosecondsMax: UInt64 = 600_000_000_000

  private var sources: [Source: Account] = [:]
  private var others: TokenBucket
  private var all: TokenBucket
  private var lastSweepNanoseconds: UInt64
  /// Datagrams that were not looked at.
  public private(set) var refused: Int64 = 0

  /// Sources that are told apart now.
  var sourceCount: Int { sources.count }

  /// Limits that start to count now.
  public init(at nanoseconds: UInt64) {
    others = TokenBucket(burst: Self.perSourceAndSecond, at: nanoseconds)
    all = TokenBucket(burst: Self.perSecond / 10, at: nanoseconds)
    lastSweepNanoseconds = nanoseconds
  }

  /// Whether one more datagram may be taken from the system.
  public mutating func mayReceive(at nanoseconds: UInt64) -> Bool {
    all.refill(perSecond: Self.perSecond, burst: Self.perSecond / 10, at: nanoseconds)
    return all.take()
  }

  /// Whether one could be taken; spends nothing.
  mutating func hasRoom(at nanoseconds: UInt64) -> Bool {
    all.refill(perSecond: Self.perSecond, burst: Self.perSecond / 10, at: nanoseconds)
    return all.tokens >= 1
  }

  /// Whether a datagram of this peer may be looked at.
  public mutating func allows(_ peer: DatagramPeer, at nanoseconds: UInt64) -> Bool {
    let source = Self.source(peer)
    if sources[source] == nil { makeRoom(at: nanoseconds) }
    let isKnown = sources[source] != nil || sources.count < Self.sourcesMax
    var account =
      sources[source]
      ?? Account(bucket: TokenBucket(burst: Self.perSourceAndSecond, at: nanoseconds))
    if !isKnown { account.bucket = others }
    account.bucket.refill(
      perSecond: Self.perSourceAndSecond, burst: Self.perSourceAndSecond, at: nanoseconds)
    let isAllowed = account.bucket.take()
    if isKnown { sources[source] = account } else { others = account.bucket }
    if !isAllowed { refused &+= 1 }
    return isAllowed
  }

  /// A genuine datagram came from there: the place is kept however many others come.
  public mutating func noteGenuine(_ peer: DatagramPeer, at nanoseconds: UInt64) {
    sources[Self.source(peer)]?.genuineNanoseconds = max(1, nanoseconds)
  }

  private static func source(_ peer: DatagramPeer) -> Source {
    Source(high: peer.addressHigh, low: peer.isIPv4 ? peer.addressLow : 0)
  }

  /// A full table forgets, once a second, strangers whose tokens are all back: forgetting them changes nothing.
  private mutating func makeRoom(at nanoseconds: UInt64) {
    guard sources.count >= Self.sourcesMax,
      nanoseconds &- lastSweepNanoseconds >= 1_000_000_000
    else { return }
    lastSweepNanoseconds = nanoseconds
    sources = sources.filter { _, account in
      let isDevice =
        account.genuineNanoseconds > 0
        && nanoseconds &- account.genuineNanoseconds < Self.genuineNanosecondsMax
      var bucket = account.bucket
      bucket.refill(
        perSecond: Self.perSourceAndSecond, burst: Self.perSourceAndSecond, at: nanoseconds)
      return isDevice || bucket.tokens < Self.perSourceAndSecond
    }
  }
}
