// One end's view of the other, the same at the device and at the central station: sealing, opening, replays, and
// whether the other end is alive now.

/// How often and how long, in seconds and bytes.
enum LinkTiming {
  /// A heartbeat goes out so often.
  static let heartbeatSeconds = 1.0
  /// Without a proof of life for so long, the other end is taken for dead.
  static let deadManSeconds = 5.0
  /// When the newest challenge that came back is older, heartbeats go out more often: a lossy line is not a dead one.
  /// On a good line it is at most two heartbeats and a round trip old.
  static let doubtSeconds = 2.5
  /// Answers to datagrams that prove nothing are no closer than this.
  static let answerSeconds = 0.2
  /// So often.
  static let doubtHeartbeatSeconds = 0.25
}

/// Why a datagram was dropped. Nothing is ever sent back for one.
enum LinkRefusal: Error {
  /// Not ours by its length, version, direction or key number.
  case foreign
  /// The tag does not fit: forged or damaged.
  case forged
  /// Seen before, or too old to tell.
  case replayed
  /// Of an earlier life of the other end.
  case earlierLife
}

/// Random numbers that were sent and come back. What comes back was sent after its challenge.
struct Challenges {
  private struct Issued {
    var value: UInt64
    var seconds: Double
  }
  /// A datagram that echoes none of so many is taken for a recording: half a minute at one a second, 6 s at least.
  private static let countMax = 32
  private static let spacingSeconds = 0.2
  private var issued: [Issued] = []

  /// The challenge to send now.
  mutating func next(at seconds: Double, random: inout any RandomNumberGenerator) -> UInt64 {
    if let last = issued.last, seconds - last.seconds < Self.spacingSeconds { return last.value }
    // Zero stands for none.
    let value = random.next() | 1
    issued.append(Issued(value: value, seconds: seconds))
    if issued.count > Self.countMax { issued.removeFirst() }
    return value
  }

  /// When a challenge was first sent, nil for one that was not or not lately.
  func seconds(of echo: UInt64) -> Double? { issued.last { $0.value == echo }?.seconds }
}

/// One end of one device's link.
struct LinkEnd {
  /// What was opened.
  struct Opened {
    var body: [UInt8]
    /// Whether it echoes a challenge of this end: made now, not recorded.
    var isProven: Bool
    /// Whether nothing newer was opened.
    var isNewest: Bool
    var header: LinkHeader
  }

  private let direction: LinkDirection
  private let epoch: UInt64
  private var outgoing: LinkCipher
  private var counter: UInt64
  private var incoming: LinkCipher?
  private var window = ReplayWindow()
  private var challenges = Challenges()
  private var peerChallenge: UInt64 = 0
  /// When the newest challenge was made that came back, nil before the first.
  private var echoedChallengeAt: Double?
  /// When the last datagram came that proved life: it echoed a challenge of the last 5 s. Nil before the first. So
  /// whoever holds datagrams back can hide a death for 5 s and no longer.
  private(set) var provenAt: Double?

  /// An end that sends in a direction, in a life of its own.
  ///
  /// - Parameter counter: the number of the last datagram sent with this key in this life.
  init(key: LinkKey, direction: LinkDirection, epoch: UInt64, counter: UInt64 = 0) {
    self.direction = direction
    self.epoch = epoch
    self.counter = counter
    outgoing = key.cipher(direction, epoch: epoch)
  }

  private var incomingDirection: LinkDirection {
    direction == .toCentral ? .toDevice : .toCentral
  }

  /// Opens a datagram of the other end, made with one of the device's keys.
  mutating func open(_ datagram: [UInt8], _ header: LinkHeader, key: LinkKey, at seconds: Double)
    throws(LinkRefusal) -> Opened
  {
    guard header.direction == incomingDirection, header.keyID == key.id else { throw .foreign }
    if let incoming {
      // A life has one key: the same life under another one is no life at all.
      let isOther = header.epoch == incoming.epoch && header.keyID != incoming.keyID
      guard header.epoch >= incoming.epoch, !isOther else { throw .earlierLife }
    }
    let isKnown = header.epoch == incoming?.epoch
    guard header.counter > 0, !isKnown || window.isNew(header.counter) else { throw .replayed }
    let cipher: LinkCipher
    if isKnown, let incoming {
      cipher = incoming
    } else {
      cipher = key.cipher(incomingDirection, epoch: header.epoch)
    }
    guard let body = cipher.open(datagram, header), body.count >= 16 else { throw .forged }
    if !isKnown { begin(cipher, key: key) }
    window.note(header.counter)
    return note(body, header, at: seconds)
  }

  /// A later life of the other end, or another key of it. A recording cannot be later than the other end is.
  private mutating func begin(_ cipher: LinkCipher, key: LinkKey) {
    incoming = cipher
    window = ReplayWindow()
    peerChallenge = 0
    if outgoing.keyID != key.id { outgoing = key.cipher(direction, epoch: epoch) }
  }

  private mutating func note(_ body: [UInt8], _ header: LinkHeader, at seconds: Double) -> Opened {
    var reader = ByteReader(body[...])
    let challenge = reader.number(UInt64.self) ?? 0
    let echo = reader.number(UInt64.self) ?? 0
    let isNewest = window.isNewest(header.counter)
    if isNewest { peerChallenge = challenge }
    let echoed = challenges.seconds(of: echo)
    if let echoed {
      echoedChallengeAt = max(echoedChallengeAt ?? echoed, echoed)
      if seconds - echoed < LinkTiming.deadManSeconds { provenAt = seconds }
    }
    return Opened(body: body, isProven: echoed != nil, isNewest: isNewest, header: header)
  }

  /// Challenge and echo of the next datagram.
  mutating func greeting(at seconds: Double, random: inout any RandomNumberGenerator) -> (
    challenge: UInt64, echo: UInt64
  ) { (challenges.next(at: seconds, random: &random), peerChallenge) }

  /// The next datagram. Nil when the counter is used up: then a new life must begin.
  mutating func seal(_ body: [UInt8]) -> [UInt8]? {
    guard counter < .max else { return nil }
    counter += 1
    return outgoing.seal(body, counter: counter)
  }

  /// Whether the other end has proven that it lives within the dead man's time.
  func isAlive(at seconds: Double) -> Bool {
    provenAt.map { seconds - $0 < LinkTiming.deadManSeconds } ?? false
  }

  /// Seconds to the next heartbeat: more often while in doubt.
  func heartbeatInterval(at seconds: Double) -> Double {
    guard let echoedChallengeAt, isAlive(at: seconds) else { return LinkTiming.heartbeatSeconds }
    return seconds - echoedChallengeAt < LinkTiming.doubtSeconds
      ? LinkTiming.heartbeatSeconds : LinkTiming.doubtHeartbeatSeconds
  }
}
