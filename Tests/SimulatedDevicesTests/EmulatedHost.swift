// A host that reads an emulated line in simulated time, as fast as it can be computed, and knows what was sent: it
// holds every delivered sample against the one that was measured at its place.

import ECGSignal
import FrontEnds

@testable import SimulatedDevices

/// Reads a whole line into a decoder of its format.
final class EmulatedHost {
  /// What the comparison found.
  struct Verdict: Hashable {
    /// Samples that were measured and come in their order.
    var right: Int64 = 0
    /// Samples with other values than were measured, where a byte of their frame was changed on the wire.
    var damaged: Int64 = 0
    /// Samples with other values than were measured, although nothing changed them.
    var invented: Int64 = 0
    /// Samples without a value, where an electrode was off.
    var off: Int64 = 0
    /// Samples that were delivered before, or after later ones.
    var repeated: Int64 = 0
    /// Largest distance of a sample from its place, in samples, while `settleSeconds` have passed since the line last
    /// lost or doubled anything; and how many samples were so judged.
    var displacement: Int64 = 0
    var settled: Int64 = 0
    /// Largest distance of the first sample after an unplugging from its place, in samples, where everything before it
    /// was settled; and how many unpluggings were so judged.
    var displacementAfterPlug: Int64 = 0
    var settledPlugs = 0
    /// Sum of the gaps that the blocks told.
    var gaps: Int64 = 0
  }

  private(set) var verdict = Verdict()
  let line: EmulatedLine
  let decoder: any FrameDecoder
  let signal: PlaceSignal

  private static let memory: Int64 = 1 << 17
  /// What was measured by place: codes `[place % memory][channel]`, and whether its frame was damaged.
  private var measured: [Int32]
  private var wasDamaged: [Bool]
  /// Whether an electrode was off.
  private var wasOff: [Bool]
  private var wasAtRail: [Bool]
  /// Samples in frames that were damaged.
  private(set) var damagedPlaces: Int64 = 0
  /// Places that were measured so far, and those that were lost in the front-end among the last ones.
  private(set) var placeCount: Int64 = 0
  private let channelCount: Int
  /// Channels that the frames carry in every sample: OpenView 3 has a second one at half the rate.
  private let comparedCount: Int
  private let block: SampleBlockStorage
  /// How long a format may take to put what follows a fault in its place that only the clock tells.
  private let settleSeconds: Double
  private let reach: Int64
  private let reachOfUnknown: Int64 = 64
  /// An outage and a stall, and several of them before the clock has told the first.
  private let longReach: Int64
  private let longestReach: Int64
  private let isCounted: Bool
  /// Whether the clock tells only how long the device was away: the counter never begins anew.
  private let isExact: Bool
  private var residues: [Int32: Int64] = [:]
  private var generator: SeededGenerator
  private var tail: [UInt8] = []
  private var quietSince: UInt64 = 0
  private var lastSamplesArrival: UInt64 = 0
  private var isPlugged = true
  private var isReturning = false
  /// Whether all that was lost before the plug was pulled had been told.
  private var wasSettled = false
  /// Place less index of the decoder; nil before the first sample.
  private(set) var shift: Int64?
  private var isAnchored = false
  /// The last sample whose place is known: its place, and its index in the decoder.
  private var last = (place: Int64(-1), index: Int64(0))
  /// Samples delivered since then.
  private var sinceLast: Int64 = 0
  private var lastSent = EmulatedFrontEnd.Sent()
  private var faultSeconds: Double
  private var lineFaultSeconds = -1e9

  init(_ board: LineBoard, seconds: Double, faults: LineFaults) {
    let wireFormat = board.format
    signal = PlaceSignal(board, seconds: seconds, seed: faults.seed)
    line = EmulatedLine(
      signal: signal, wireFormat: wireFormat, converter: board.converter, faults: faults)
    channelCount = line.format.channels.count
    decoder = wireFormat.decoder.init(
      WireSettings(
        sampleRate: line.format.sampleRate, channelCount: channelCount, usesHostTime: true))
    settleSeconds = wireFormat.settleSeconds
    isCounted = wireFormat.countsFrames
    isExact = wireFormat == .bridge
    // A clock is learnt first.
    faultSeconds = isCounted ? -settleSeconds : settleSeconds
    // Losses since the clock last counted, at most.
    longReach = 4 * Int64(line.format.sampleRate)
    longestReach = 4 * longReach
    reach = wireFormat.countsFrames ? 0 : 64
    comparedCount = wireFormat == .openView3 ? 1 : channelCount
    block = SampleBlockStorage(channelCount: channelCount)
    measured = Array(repeating: .min, count: Int(Self.memory) * channelCount)
    wasDamaged = Array(repeating: false, count: Int(Self.memory))
    wasOff = wasDamaged
    wasAtRail = wasDamaged
    generator = SeededGenerator(seed: faults.seed &+ 99)
  }

  /// Runs to the end of the signal.
  func run() {
    while let arrival = line.next() {
      let isAtRest = isSettled && !isLineFaulty
      remember()
      let now = arrival.nanoseconds + 1_000_000_000
      if arrival.isPlugged != isPlugged {
        if isPlugged { wasSettled = isAtRest }
        changePlug(arrival.isPlugged)
      }
      var bytes = tail + arrival.bytes
      tail = []
      if generator.next() % 4 == 0 && !arrival.bytes.isEmpty {
        let count = min(bytes.count, Int(generator.next() % 40))
        tail = Array(bytes.suffix(count))
        bytes.removeLast(count)
      }
      if !bytes.isEmpty {
        // After a silence a small counter leaves open how many turns of it went by.
        if now - quietSince > 500_000_000 { noteFault() }
        quietSince = now
      }
      if !bytes.isEmpty && isReturning {
        isReturning = false
        let away = Double(now - lastSamplesArrival) / 1e9
        decoder.skip(samples: Int64(away * line.format.sampleRate), cause: .deviceLost)
      }
      feed(bytes, now)
      if now - quietSince >= 100_000_000 { take(now, isQuiet: true) }
    }
    let end = UInt64(line.board.span.end * 1e9) + 1_200_000_000
    feed(tail, end)
    take(end, isQuiet: true)
  }

  /// Samples measured that are neither delivered nor told as lost, less those delivered twice: what no later frame
  /// could tell of.
  var untold: Int64 {
    let counters = decoder.counters
    guard let shift else { return placeCount }
    let told = counters.samplesReceived + counters.samplesLost - counters.samplesSurplus
    return placeCount - shift - told
  }

  /// Whether all samples are told of, up to the last tenth of a second.
  var isComplete: Bool { (0...Int64(0.1 * line.format.sampleRate)).contains(untold) }

  /// Whether every sample that was measured was delivered once, at its place, and nothing else told: up to a frame that
  /// is not full yet, or a line of text before which no end of line came.
  var isFlawless: Bool {
    let others =
      verdict.damaged + verdict.invented + verdict.repeated + verdict.displacement + verdict.gaps
    return verdict.right == decoder.counters.samplesReceived && others == 0
      && isComplete && placeCount - verdict.right <= 8
  }

  /// What the line has measured in the last piece of time.
  private func remember() {
    let source = line.board.measured.block
    let count = Int(source.header.pointee.sampleCount)
    let begin = source.header.pointee.firstIndex
    for place in placeCount..<begin + Int64(count) {
      let slot = Int(place % Self.memory)
      wasDamaged[slot] = false
      wasOff[slot] = source.header.pointee.leadOff != 0
      for channel in 0..<channelCount {
        measured[slot * channelCount + channel] =
          place < begin ? .min : source.channel(channel)[Int(place - begin)]
      }
      wasAtRail[slot] = isAtRail(measured[slot * channelCount])
      if place >= begin, residues.count < signal.period,
        source.header.pointee.leadOff == 0, !isAtRail(measured[slot * channelCount])
      {
        residues[measured[slot * channelCount]] = place % signal.period
      }
    }
    placeCount = begin + Int64(count)
    for place in line.damaged.joined() where !wasDamaged[Int(place % Self.memory)] {
      damagedPlaces += 1
      wasDamaged[Int(place % Self.memory)] = true
    }
    let sent = line.sent
    let hasChanged =
      isCounted
      ? sent.framesLostOnLine != lastSent.framesLostOnLine
      : sent.placeChanges != lastSent.placeChanges
    if sent.stalls + sent.outages != lastSent.stalls + lastSent.outages {
      lineFaultSeconds = line.board.span.end
    }
    if hasChanged { noteFault() }
    // What was missed meanwhile is known when the clock is settled again.
    if isReturning { faultSeconds = line.board.span.end }
    lastSent = sent
  }

  /// Something that the clock must tell, or that holds it up while it tells how long the device was away.
  private func noteFault() {
    if !isExact || !isSettled { faultSeconds = max(faultSeconds, line.board.span.end) }
  }

  /// What a source does when its device goes and comes back: with the first bytes it knows how long it was away.
  private func changePlug(_ isPlugged: Bool) {
    self.isPlugged = isPlugged
    tail = []
    guard isPlugged else { return }
    isReturning = true
    isAnchored = false
  }

  private func feed(_ bytes: [UInt8], _ now: UInt64) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(1 + Int(generator.next() % 1024))
      let taken = piece.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: now) }
      rest = rest.dropFirst(taken)
      take(now, isQuiet: false)
    }
  }

  private func take(_ now: UInt64, isQuiet: Bool) {
    while true {
      block.block.header.pointee = SampleBlock.Header()
      switch decoder.next(into: block.block, isQuiet: isQuiet) {
      case .needsBytes: return
      case .format: continue
      case .samples: judgeBlock()
      }
      lastSamplesArrival = block.block.header.pointee.arrivalNanoseconds
    }
  }

  private func judgeBlock() {
    let header = block.block.header.pointee
    verdict.gaps += header.gapBefore
    for sample in 0..<Int(header.sampleCount) {
      judge(sample, at: header.firstIndex + Int64(sample))
    }
  }

  private func judge(_ sample: Int, at index: Int64) {
    let expected = shift == nil ? placeCount - 1 : last.place + index - last.index
    sinceLast += 1
    let isRail =
      isAtRail(block.block.channel(0)[sample]) && !(isExact && isAnchored && isSettled)
    if isRail && isNear(expected, wasAtRail, reach: longReach) {
      // At a rail every sample looks alike: one of them must be near.
      verdict.right += 1
    } else if !isRail, let place = place(of: sample, near: expected) {
      anchor(place, index)
      if place <= last.place { verdict.repeated += 1 } else { verdict.right += 1 }
      last = (place, index)
      sinceLast = 0
    } else if block.block.channel(0)[sample] == SampleBlock.missing
      && isNear(expected, wasOff, reach: longReach)
    {
      verdict.off += 1
    } else if isNearDamage(expected) {
      verdict.damaged += 1
    } else {
      verdict.invented += 1
    }
  }

  /// Whether the clock has had its time since the last fault.
  var isSettled: Bool {
    isPlugged && !isReturning && line.board.span.end - faultSeconds >= settleSeconds
  }

  /// Whether the line held back or lost something lately.
  private var isLineFaulty: Bool { line.board.span.end - lineFaultSeconds <= 12 }

  /// Whether a sample came in a damaged frame: near its place, near the one after the last that is known, where the
  /// clock booked a gap between them, or among the newest, where it did not book one yet; just after an unplugging
  /// these may have been held back.
  private func isNearDamage(_ expected: Int64) -> Bool {
    isNear(expected, wasDamaged, reach: reach)
      || !(isCounted && isAnchored && isSettled)
        && (isNear(expected, wasDamaged, reach: 64)
          || isNear(last.place + sinceLast, wasDamaged, reach: 64)
          || isNear(placeCount - 1, wasDamaged, reach: isAnchored ? 64 : longReach))
  }

  private func anchor(_ place: Int64, _ index: Int64) {
    let shiftNow = place - (index - decoder.counters.samplesSurplus)
    let distance = abs(shiftNow - (shift ?? shiftNow))
    if !isAnchored {
      // By the host's clock, so only where nothing waited to be told and the line held back nothing since.
      if wasSettled && !isLineFaulty {
        verdict.displacementAfterPlug = max(verdict.displacementAfterPlug, distance)
        verdict.settledPlugs += 1
      }
      if shift == nil { shift = shiftNow }
      isAnchored = true
    } else if isSettled {
      verdict.displacement = max(verdict.displacement, distance)
      verdict.settled += 1
    }
  }

  /// Where a sample was measured: at the place expected, or where its first channel says.
  private func place(of sample: Int, near expected: Int64) -> Int64? {
    // What has no value names no place: it would be found wherever the front-end lost something.
    guard block.block.channel(0)[sample] != SampleBlock.missing else { return nil }
    if shift != nil && isMeasured(sample, expected) { return expected }
    guard let residue = residues[block.block.channel(0)[sample]] else {
      // A rail hid it when it was first measured.
      return (-reachOfUnknown...reachOfUnknown).map { expected + $0 }.first {
        isMeasured(sample, $0)
      }
    }
    let period = signal.period
    let turns = Double(expected - residue) / Double(period)
    let place = residue + Int64(turns.rounded()) * period
    return [place, place - period, place + period].first {
      abs($0 - expected) <= longestReach && isMeasured(sample, $0)
    }
  }

  private func isMeasured(_ sample: Int, _ place: Int64) -> Bool {
    guard place >= 0, place < placeCount, place >= placeCount - Self.memory else { return false }
    let slot = Int(place % Self.memory)
    for channel in 0..<comparedCount
    where measured[slot * channelCount + channel] != block.block.channel(channel)[sample] {
      return false
    }
    return true
  }

  /// Whether something was so at a place; where frames do not count, or near it.
  private func isNear(_ place: Int64, _ flags: [Bool], reach: Int64) -> Bool {
    (max(0, place - reach)...max(0, place + reach)).contains {
      $0 < placeCount && flags[Int($0 % Self.memory)]
    }
  }

  private func isAtRail(_ code: Int32) -> Bool {
    let range = line.format.channels[0].codeRange
    return code == range.lowerBound || code == range.upperBound
  }
}

extension EmulatedFrontEnd.Sent {
  /// What makes samples miss or come twice.
  fileprivate var placeChanges: Int64 {
    samplesLostInFrontEnd + framesDropped + framesLostOnLine + framesCorrupted + framesDuplicated
  }
}
