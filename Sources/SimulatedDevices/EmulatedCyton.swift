// A Cyton that is not there, wired for an ECG as firmware-config/wiring/cyton.md says: what its converter makes of the
// signal at its electrodes depends on what programs told it before.

import CLinux
import ECGSignal
import FrontEnds

/// A Cyton with its electrodes. One thread: signal and responder are the same front-end.
///
/// The reference (SRB2, at the positive inputs) is the right arm; the other electrodes are at the negative inputs. So
/// what it measures of a chest lead V is minus (V + (I + II) / 3), and of I and II minus these.
public final class EmulatedCyton: EmulatedSignal, CommandResponder, SelfDescribing {
  /// Reference / 2400.
  private static let testMicrovolts = 1875.0
  /// What its converter adds of its own, RMS, at gain 24 (data sheet SBAS499, table 3: 0.14 at 250 samples a second).
  private static let noiseMicrovolts = 0.14
  /// What an open input picks up, RMS; not measured on a board.
  private static let openMicrovolts = 30.0

  public let format: SignalFormat
  public var isStreaming: Bool { firmware.isStreaming }

  let firmware: CytonFirmware
  /// By how much each channel's gain is too large, as a share.
  var gainErrors = [Double](repeating: 0, count: 16)
  /// How long a reset takes before it is answered; what is said meanwhile the board does not hear.
  public var resetSeconds = 0.0
  /// The answer to a reset that is not over.
  private var greeting: (text: [UInt8], at: UInt64)?
  private let signal: any EmulatedSignal
  private let sendsByItself: Bool
  private let readsDaisy: Bool
  private let limbs: (first: Int, second: Int)?
  private var hasPower = true
  private var hasStarted = false
  private var generator = SeededGenerator(seed: 1299)

  /// - Parameters:
  ///   - isStreaming: false for a board as after power-on, which is silent until it is told to start.
  ///   - hasDaisy: whether a Daisy is plugged on it; its inputs are open.
  ///   - readsDaisy: whether its line carries the Daisy's channels behind the board's: the signal has half the board's
  ///     rate then, and `CytonEncoder.daisyConverter` is the line's.
  ///   - sendsByItself: whether it streams after power-on, as no board does: for lines on which it hears nothing.
  public init(
    _ signal: any EmulatedSignal, isStreaming: Bool, hasDaisy: Bool = false,
    readsDaisy: Bool = false, sendsByItself: Bool = false
  ) {
    self.signal = signal
    self.sendsByItself = sendsByItself
    self.readsDaisy = readsDaisy
    format = readsDaisy ? Self.withDaisy(signal.format) : signal.format
    firmware = CytonFirmware(isStreaming: isStreaming, hasDaisy: hasDaisy || readsDaisy)
    let leads = signal.format.channels.map(\.lead)
    limbs = leads.firstIndex(of: .I).flatMap { first in
      leads.firstIndex(of: .II).map { (first, $0) }
    }
  }

  /// The board's eight channels, open where the signal has fewer, and the Daisy's, to which nothing is connected.
  private static func withDaisy(_ format: SignalFormat) -> SignalFormat {
    func open(_ name: String) -> Channel {
      Channel(name: name, lead: nil, microvoltsPerCode: EmulatedConverter.microvoltsPerCode)
    }
    var format = format
    let connected = format.channels.prefix(8)
    format.channels =
      connected + (connected.count..<8).map { open("open \($0 + 1)") }
      + (1...8).map { open("daisy \($0)") }
    return format
  }

  // MARK: Samples

  public func fill(_ block: SampleBlock, count: Int) -> Bool {
    guard signal.fill(block, count: count) else { return false }
    if readsDaisy {
      for channel in min(signal.format.channels.count, 8)..<block.channelCount {
        float(channel, of: block)
      }
    }
    for sample in 0..<Int(block.header.pointee.sampleCount) { measure(sample, of: block) }
    return true
  }

  public func rewind() { signal.rewind() }

  /// What an input picks up that nothing is connected to.
  private func float(_ channel: Int, of block: SampleBlock) {
    for sample in 0..<Int(block.header.pointee.sampleCount) {
      block.channel(channel)[sample] = EmulatedConverter.code(
        Self.openMicrovolts * generator.normal())
    }
  }

  private func measure(_ sample: Int, of block: SampleBlock) {
    let index = block.header.pointee.firstIndex + Int64(sample)
    let terminal = limbs.map {
      Double(block.channel($0.first)[sample]) + Double(block.channel($0.second)[sample])
    }
    for channel in 0..<min(block.channelCount, firmware.channels.count) {
      let setting = firmware.channels[channel]
      let code = block.channel(channel)[sample]
      let scale = setting.gain / 24 / format.channels[channel].microvoltsPerCode
      let converted: Double
      switch setting.input {
      case .electrodes:
        if code == SampleBlock.missing { continue }
        converted = electrodes(code, (isOnChest(channel) ? terminal : nil) ?? 0) * setting.gain / 24
      case .ground: converted = inside(0) * scale
      case .squareWave(let times, let hertz):
        let half = Int64(format.sampleRate / hertz / 2)
        let isHigh = index / half % 2 == 0
        converted = inside((isHigh ? 1 : -1) * times * Self.testMicrovolts) * scale
      case .still: converted = inside(2 * Self.testMicrovolts) * scale
      }
      // Every second packet is the Daisy's, which a line of eight channels does not know.
      let isDaisys = firmware.usesDaisy && !readsDaisy && index % 2 == 0
      block.channel(channel)[sample] =
        isDaisys || !setting.isOn
        ? 0
        : Int32(
          max(
            Double(EmulatedConverter.codeMin),
            min(
              Double(EmulatedConverter.codeMax),
              (converted * (1 + gainErrors[channel])).rounded())))
    }
  }

  /// The reference less the electrode. At a rail the reference makes no difference but the sign.
  private func electrodes(_ code: Int32, _ limbSum: Double) -> Double {
    if code >= EmulatedConverter.codeMax { return -.infinity }
    if code <= EmulatedConverter.codeMin { return .infinity }
    return -(Double(code) + limbSum / 3)
  }

  /// A voltage of the chip itself, which the electrodes' own noise is not on.
  private func inside(_ microvolts: Double) -> Double {
    microvolts + Self.noiseMicrovolts * generator.normal()
  }

  private func isOnChest(_ channel: Int) -> Bool {
    format.channels[channel].lead?.isOnChest ?? false
  }

  // MARK: Commands

  /// After power-up, or plugged in again: nothing is remembered.
  func start(_ encoder: any FrameEncoder) {
    defer { hasStarted = true }
    guard hasStarted else { return }
    greeting = nil
    firmware.powerOn()
    if sendsByItself { _ = firmware.respond(to: CytonCommand.start.rawValue) }
  }

  public func setPower(isOn: Bool) { hasPower = isOn }

  public var stopCount: Int { firmware.stopCount }

  public func respond(
    to bytes: UnsafeRawBufferPointer, encoder: any FrameEncoder
  ) -> [UInt8] {
    // The dongle answers for a board that it does not hear.
    guard hasPower else {
      return Array("Failure: Communications timeout - Device failed to poll Host$$$".utf8)
    }
    let answer = bytes.flatMap { obey($0) }
    (encoder as? CytonEncoder)?.sendsTime = firmware.sendsTime
    return answer
  }

  private func obey(_ command: UInt8) -> [UInt8] {
    guard greeting == nil else { return [] }
    if readsDaisy && command == CytonCommand.eightChannels.rawValue {
      // Its line goes on with pairs.
      return firmware.isStreaming ? [] : Array("Failure: not emulated$$$".utf8)
    }
    let answer = Array(firmware.respond(to: command).utf8)
    guard resetSeconds > 0, command == CytonCommand.reset.rawValue else { return answer }
    greeting = (answer, clinux_monotonic_nanoseconds() &+ UInt64(resetSeconds * 1e9))
    return []
  }

  public func announcementWhileSilent(encoder: any FrameEncoder) -> [UInt8] {
    guard let told = greeting, clinux_monotonic_nanoseconds() >= told.at else { return [] }
    greeting = nil
    return told.text
  }
}
