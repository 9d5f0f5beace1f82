// A front-end behind any channel for bytes, in any wire format: reads bytes, decodes frames, tells when the device is
// gone and finds it again. Channel and decoder are known when it is made, so reading looks nothing up.

import CLinux
import Devices
import ECGSignal
import FrontEnds

/// A front-end that sends frames. After `open`, all calls come from one thread.
public final class FramedSource<Channel: ByteChannel, Decoder: FrameDecoder>: SampleSource {
  /// A live front-end waits for nobody; an emulator behind a pseudo-terminal is slowed by its reader.
  public let waitsForConsumer: Bool
  public let keepsRealTime: Bool
  /// What reads the frames: whoever gives commands sees here what came of them.
  public let decoder: Decoder
  /// How commands are given, nil where the front-end takes none. Set by who makes the source, before `open`.
  public var control: (any FrontEndControl)?
  public var whileWaiting: () -> Void = {}
  public private(set) var endReason: String?
  public var unit: String? { decoder.announcedUnit ?? channel.unit }
  /// Frames that tell their format tell a test signal, and a start dialogue puts the inputs right.
  public var knowsInputs: Bool {
    control != nil || start != nil || decoder.announcedFormat != nil
  }
  public var fittedSampleRate: Double? {
    didSet { if let fittedSampleRate { decoder.follow(sampleRate: fittedSampleRate) } }
  }

  private let channel: Channel
  private let profileFormat: SignalFormat?
  private let start: StartDialogue?
  private let stopCommand: [UInt8]
  private var format: SignalFormat?
  private let buffer: UnsafeMutableRawBufferPointer
  private var unfed = 0
  private var bufferedCount = 0
  private var arrival: UInt64 = 0
  private var lastSamplesArrival: UInt64 = 0
  /// What arrived while a command was awaited and is still to be read.
  private var kept = KeptBlocks()
  /// Samples that nobody reads any more, behind those kept, and why.
  private var samplesLetGo: Int64 = 0
  private var letGoCause = GapCause.none
  /// The device is back, and its first bytes are awaited.
  private var hasReturned = false
  /// Watches a front-end that must be told to send; nil for others.
  private var silence: SilenceWatch?
  /// It has, and that is not told yet.
  private var hasLostPower = false
  /// Its inputs were switched: what comes is another stream, which begins with `open`.
  private var isSwitched = false

  /// - Parameters:
  ///   - profileFormat: the format where the wire does not tell it.
  ///   - waitsForConsumer: whether the other end is slowed by its reader and loses nothing.
  ///   - keepsRealTime: whether the samples come as they are measured, neither faster nor slower.
  ///   - start: what is said to the front-end when it is opened or comes back, and asked when it falls silent; nil
  ///     where it sends by itself. On a channel that takes no commands nothing is said, and nothing known.
  ///   - stopCommand: bytes that make it stop, written when it is closed.
  public init(
    channel: Channel, decoder: Decoder, profileFormat: SignalFormat? = nil,
    waitsForConsumer: Bool = false, keepsRealTime: Bool = true, start: StartDialogue? = nil,
    stopCommand: [UInt8] = []
  ) {
    self.channel = channel
    self.decoder = decoder
    self.profileFormat = profileFormat
    self.waitsForConsumer = waitsForConsumer
    self.keepsRealTime = keepsRealTime
    self.start = channel.takesCommands ? start : nil
    silence = self.start.map(SilenceWatch.init)
    self.stopCommand = stopCommand
    buffer = .allocate(byteCount: channel.readByteCountMax, alignment: 8)
  }

  deinit { buffer.deallocate() }

  /// Opens the device and waits until it has said what it is. Called again while it is open, after commands, it begins
  /// the stream anew with what comes now and gives its format.
  public func open() throws(SourceError) -> SignalFormat {
    isSwitched = false
    if let format {
      _ = kept.removeAll()
      samplesLetGo = 0
      decoder.beginStream()
      lastSamplesArrival = channel.nanoseconds
      return format
    }
    endReason = nil
    try channel.open()
    do { try startSending() } catch {
      channel.close()
      throw error
    }
    let opened = if let profileFormat { marked(profileFormat) } else { try waitForFormat() }
    format = opened
    lastSamplesArrival = channel.nanoseconds
    return opened
  }

  /// Puts a front-end that cannot tell its settings to known ones and makes it send.
  private func startSending() throws(SourceError) {
    if let start { try say(start) }
  }

  /// Says a dialogue that ends with the front-end sending: from then on its silence is watched.
  private func say(_ dialogue: StartDialogue) throws(SourceError) {
    try StartConversation(channel: channel, dialogue: dialogue).hold(whileWaiting: whileWaiting)
    silence?.begin(at: channel.nanoseconds)
  }

  /// A frame without a flag of its own, as Cyton's, cannot say that it is emulated; but what comes from a
  /// pseudo-terminal comes from a program.
  private func marked(_ format: SignalFormat) -> SignalFormat {
    guard channel.isEmulated && format.provenance == .live else { return format }
    var format = format
    format.provenance = .simulated
    return format
  }

  /// Reads until the front-end has said what it is, at most five seconds.
  private func waitForFormat() throws(SourceError) -> SignalFormat {
    if try readOn(seconds: 5, switchesInputs: false, until: { $0.announcedFormat != nil }),
      let format = decoder.announcedFormat
    {
      return format
    }
    let counters = decoder.counters
    throw SourceError(
      counters.bytesDiscarded == 0
        ? "\(channel.name) sends nothing: is the front-end powered, and its stream started?"
        : "\(channel.name) sends bytes (\(counters.bytesDiscarded)) but no valid frame: "
          + "it is another format or baud rate, name it with ?format=.")
  }

  public func read(into block: SampleBlock) -> ReadOutcome {
    if isSwitched || endReason != nil { return .ended }
    if kept.take(into: block) { return .samples }
    var isQuiet = false
    while true {
      switch decoder.next(into: block, isQuiet: isQuiet) {
      case .samples:
        complete(block.header)
        return .samples
      case .format:
        // Another front-end, or another rate: what comes cannot be read as what was.
        if let format, let announced = decoder.announcedFormat, announced != format {
          endReason = Self.reason(of: announced, instead: format)
          return .ended
        }
      case .needsBytes:
        if isQuiet { return .idle }
        switch fetch() {
        case .bytes: continue
        case .nothing:
          isQuiet = true
          if let question = silence?.isQuiet(at: channel.nanoseconds) { try? send(question) }
        case .gone:
          channel.close()
          return .disconnected
        }
      }
    }
  }

  public func takeNews() -> FrontEndNews? {
    guard hasLostPower else { return decoder.takeNews() }
    hasLostPower = false
    return .restarted(.power)
  }

  /// What only the source knows of a block.
  private func complete(_ header: UnsafeMutablePointer<SampleBlock.Header>) {
    lastSamplesArrival = header.pointee.arrivalNanoseconds
    header.pointee.counters.datagramsForeign = channel.datagramsForeign
    guard samplesLetGo > 0 else { return }
    header.pointee.gapBefore &+= samplesLetGo
    // What the host's clock told of an absence stays the host's, whatever the frames tell of the rest.
    if header.pointee.gapCause == .none || letGoCause == .deviceLost {
      header.pointee.gapCause = letGoCause
    }
    samplesLetGo = 0
  }

  /// Brings more bytes to the decoder.
  private func fetch() -> ByteRead {
    if unfed == bufferedCount {
      unfed = 0
      bufferedCount = 0
      let read = channel.read(into: buffer, waitMilliseconds: 100)
      guard case .bytes(let count) = read else { return read }
      bufferedCount = count
      arrival = channel.nanoseconds
      let arrived = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      if silence?.hears(arrived, at: arrival) == true {
        // It is there and sends nothing: without its power it has forgotten that it was told to.
        hasLostPower = true
        bufferedCount = 0
        return .gone
      }
      if hasReturned { tellAbsence() }
    }
    let taken = decoder.feed(
      UnsafeRawBufferPointer(rebasing: buffer[unfed..<bufferedCount]),
      arrivalNanoseconds: arrival)
    unfed &+= taken
    return .bytes(taken)
  }

  /// The first bytes of a device that was away: it sent nothing until now, not only until its port was there again.
  private func tellAbsence() {
    hasReturned = false
    let seconds = Double(arrival &- lastSamplesArrival) / 1e9
    let sampleRate = fittedSampleRate ?? format?.sampleRate ?? 0
    decoder.skip(samples: Int64(seconds * sampleRate), cause: .deviceLost)
    lastSamplesArrival = arrival
  }

  public func reopen() -> Bool {
    guard let format, channel.reopen() else { return false }
    unfed = 0
    bufferedCount = 0
    hasReturned = true
    do {
      try startSending()
      // Whoever had the device meanwhile may have left it in any state; a start dialogue has put all of it right.
      if start == nil { try control?.restore() }
      if control != nil { letGoKept() }
      // What came until it was put back belongs to its absence.
      if samplesLetGo > 0 { letGoCause = .deviceLost }
    } catch {
      channel.close()
      return false
    }
    if let restored = self.format, restored != format {
      endReason = Self.reason(of: restored, instead: format)
      self.format = format
    }
    return true
  }

  public func close() {
    try? send(stopCommand)
    channel.close()
    format = nil
  }

  // MARK: - Commands

  /// Says a dialogue to a front-end that is open and cannot tell what its inputs are on. The stream ends, whatever
  /// comes of it, and `open` begins the next one: with what is no patient's from the first command on, until a
  /// dialogue that connects the electrodes was heard to its end.
  func converse(_ dialogue: StartDialogue, connectsElectrodes: Bool) throws(SourceError) {
    isSwitched = true
    format?.provenance = .testSignal
    unfed = bufferedCount
    try say(dialogue)
    if connectsElectrodes { format = profileFormat.map(marked) }
  }

  /// Writes bytes to the front-end.
  public func send(_ bytes: [UInt8]) throws(SourceError) {
    if !bytes.isEmpty { try channel.write(bytes) }
  }

  /// Reads on, asking after each frame whether it was the one waited for; false when it did not come in time.
  ///
  /// Samples that come meanwhile are kept for the next reads. Where the inputs are switched, those before and meanwhile
  /// were measured with one setting or the other: they are let go, and the next block says how many. A format told
  /// meanwhile is the stream's from then on, and says that they were switched.
  ///
  /// - Parameter switchesInputs: whether what is waited for may switch the inputs or change a setting.
  public func readOn(
    seconds: Double, switchesInputs: Bool, until isAnswered: (Decoder) -> Bool
  ) throws(SourceError) -> Bool {
    if switchesInputs { letGoKept() }
    let scratch = SampleBlockStorage(
      channelCount: format?.channels.count ?? SignalFormat.channelCountMax)
    let deadline = clinux_monotonic_nanoseconds() + UInt64(seconds * 1e9)
    while clinux_monotonic_nanoseconds() < deadline {
      whileWaiting()
      let outcome = decoder.next(into: scratch.block, isQuiet: false)
      if outcome == .samples { keep(scratch.block, isSwitching: switchesInputs) }
      if outcome == .format, format != nil, decoder.announcedFormat != format {
        letGoKept()
        format = decoder.announcedFormat
      }
      if isAnswered(decoder) { return true }
      if outcome == .needsBytes, fetch() == .gone {
        throw SourceError("\(channel.name) went away: check its plug.")
      }
    }
    return false
  }

  /// Keeps a block that came while a command is awaited, or counts what is let go of it.
  private func keep(_ block: SampleBlock, isSwitching: Bool) {
    if !isSwitching && !kept.isFull {
      complete(block.header)
      kept.append(block)
      return
    }
    let header = block.header.pointee
    lastSamplesArrival = header.arrivalNanoseconds
    letGo(
      header.gapBefore &+ Int64(header.sampleCount),
      cause: isSwitching ? .inputsSwitched : .ringFull)
  }

  /// What was kept belongs to a setting that is no more.
  private func letGoKept() { letGo(kept.removeAll(), cause: .inputsSwitched) }

  private func letGo(_ samples: Int64, cause: GapCause) {
    guard samples > 0 else { return }
    if samplesLetGo == 0 || cause == .inputsSwitched { letGoCause = cause }
    samplesLetGo &+= samples
  }

  /// Why a format that was announced ends the stream.
  private static func reason(of announced: SignalFormat, instead format: SignalFormat) -> String {
    if announced.provenance != format.provenance {
      return
        "\(announced.sourceName) changed from \(format.provenance.rawValue) to "
        + "\(announced.provenance.rawValue) while it was monitored: put it back on its electrodes and "
        + "start again."
    }
    if announced.sourceName != format.sourceName {
      return
        "\(announced.sourceName) is there in place of \(format.sourceName), whose calibration it has not: start again."
    }
    return
      "\(announced.sourceName) now sends \(announced.channels.count) channels at "
      + "\(announced.sampleRate) Hz in place of \(format.channels.count) at \(format.sampleRate) Hz: "
      + "start again."
  }
}

extension ByteChannel {
  /// The host's own clock.
  public var nanoseconds: UInt64 { clinux_monotonic_nanoseconds() }
}
