// libFuzzer's way into the decoders: arbitrary bytes, in pieces of any size, with clocks that jump and gaps in between.
//
//   scripts/fuzz 600
//
// An input's first byte chooses the format (ECGCLIP_FUZZ_FORMAT=NAME keeps one), the second the settings. What follows
// is a list of steps: a byte that says what to do, and its operands. A promise that a decoder breaks traps.

import ECGSignal
import FrontEnds
import Glibc

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

private let chosenFormat: WireFormat? = getenv("ECGCLIP_FUZZ_FORMAT").map {
  guard let format = WireFormat(rawValue: String(cString: $0)) else {
    preconditionFailure("no such format")
  }
  return format
}

/// A decoder with what it has promised so far.
private struct Exercise: ~Copyable {
  /// Fewest bytes that a sample takes on any wire: a digit and an end of line.
  static let bytesPerSampleMin: Int64 = 2

  let decoder: any FrameDecoder
  let storage: SampleBlockStorage
  var bytesTaken: Int64 = 0
  var samplesSkipped: Int64 = 0
  var samplesDelivered: Int64 = 0
  var arrival: UInt64 = 1_000_000_000
  var endOfLast: Int64 = 0
  var before = FrameCounters()

  init(_ format: WireFormat, settings byte: UInt8) {
    let channelCount = Int(byte & 15) + 1
    var settings = WireSettings(
      sampleRate: byte & 16 == 0 ? 250 : 2000, channelCount: channelCount,
      usesHostTime: byte & 32 == 0)
    settings.isAligned = byte & 64 != 0
    decoder = format.decoder.init(settings)
    // A bridge tells its own channels; blocks of another count must be refused, not written beyond.
    storage = SampleBlockStorage(channelCount: channelCount)
  }

  mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>) {
    var fed = 0
    while fed < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[fed...])
      let taken = decoder.feed(rest, arrivalNanoseconds: arrival)
      precondition(taken >= 0 && taken <= rest.count)
      fed += taken
      bytesTaken += Int64(taken)
      drain(isQuiet: false)
      precondition(
        taken > 0, "a drained decoder takes bytes: its memory is not full of what it never uses")
    }
  }

  mutating func skip(_ samples: Int64, _ cause: GapCause) {
    // How long a device was away is told with its first block, and no longer than the host's clock allows.
    if cause != .deviceLost { samplesSkipped += samples }
    decoder.skip(samples: samples, cause: cause)
  }

  mutating func drain(isQuiet: Bool) {
    while true {
      switch decoder.next(into: storage.block, isQuiet: isQuiet) {
      case .needsBytes:
        // Each change is told once: it ends.
        while decoder.takeNews() != nil {}
        return checkCounters()
      case .format: precondition(decoder.announcedFormat != nil)
      case .samples: checkBlock()
      }
    }
  }

  private mutating func checkBlock() {
    let header = storage.block.header.pointee
    precondition((1...SampleBlock.sampleCountMax).contains(Int(header.sampleCount)))
    precondition(header.gapBefore == 0 || header.gapBefore > 0 && header.gapCause != .none)
    precondition(header.firstIndex == endOfLast + header.gapBefore)
    precondition(header.leadOff >> UInt32(SignalFormat.channelCountMax) == 0)
    precondition(header.counters == decoder.counters)
    endOfLast = header.firstIndex + Int64(header.sampleCount)
    samplesDelivered += Int64(header.sampleCount)
    precondition(decoder.nextIndex == endOfLast)
  }

  private mutating func checkCounters() {
    let now = decoder.counters
    precondition(now.samplesReceived == samplesDelivered)
    precondition(now.samplesReceived * Self.bytesPerSampleMin <= bytesTaken)
    precondition(now.samplesLost >= samplesSkipped && now.samplesLost >= before.samplesLost)
    precondition(now.samplesLostInFrontEnd + now.samplesLostByClock <= now.samplesLost)
    // Losses that no block has told yet may be pending.
    precondition(
      decoder.nextIndex == endOfLast && endOfLast <= now.samplesReceived + now.samplesLost)
    precondition(now.bytesDiscarded >= before.bytesDiscarded && now.bytesDiscarded <= bytesTaken)
    precondition(now.framesReceived >= before.framesReceived && now.framesReceived <= bytesTaken)
    precondition(now.framesFailedChecksum <= now.framesCorrupt)
    precondition(now.framesRepeated >= before.framesRepeated && now.framesRepeated <= bytesTaken)
    before = now
  }
}

/// One input; the name by which libFuzzer's own main would call it.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  guard size > 2 else { return 0 }
  let formats = WireFormat.allCases
  let format = chosenFormat ?? formats[Int(data[0]) % formats.count]
  var exercise = Exercise(format, settings: data[1])
  var position = 2
  while position < size {
    let step = data[position]
    position += 1
    let operand = position < size ? data[position] : 0
    switch step {
    case 0xF7: exercise.decoder.follow(sampleRate: Double(operand) * 8)
    case 0xF8...0xFA: exercise.arrival &+= UInt64(operand) * 1_000_000
    case 0xFB: exercise.arrival &+= UInt64(operand) * 1_000_000_000
    case 0xFC: exercise.arrival &-= min(exercise.arrival, UInt64(operand) * 1_000_000)
    case 0xFD: exercise.drain(isQuiet: true)
    case 0xFE: exercise.skip(Int64(operand), .frontEndOverflow)
    case 0xFF: exercise.skip(Int64(operand) * 250, .deviceLost)
    default:
      let count = min(Int(step) + 1, size - position)
      exercise.feed(UnsafeBufferPointer(start: data + position, count: count))
      position += count - 1
    }
    position += 1
  }
  exercise.drain(isQuiet: true)
  return 0
}

@main
enum Main {
  static func main() {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    exit(runDriver(&count, &arguments, testOneInput))
  }
}
