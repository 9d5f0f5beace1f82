// A bridge that is not there: a simulated ADS1298 between electrodes and frames, and the firmware's answers to
// commands. Its registers live as long as the emulator, whoever comes and goes on the line.

import CLinux
import Devices
import ECGSignal
import FrontEnds
import LinuxDevices

/// A front-end that describes itself to the encoder of its stream.
protocol SelfDescribing: AnyObject {
  /// The front-end starts: after power-up, or plugged in again. `encoder` is new.
  func start(_ encoder: any FrameEncoder)
}

/// A bridge with an ADS1298. One thread: signal and responder are the same front-end.
public final class EmulatedBridge: EmulatedSignal, CommandResponder, SelfDescribing {
  public let format: SignalFormat
  /// The converter.
  public let chip: SimulatedADS1298
  public var isStreaming: Bool { chip.nextConversionNanoseconds != nil }

  private let signal: any EmulatedSignal
  private let image: RegisterImage
  private let conversions: SampleBlockStorage
  private let access: ADS129xAccess
  private var reader = BridgeCommandReader()
  private var hasStarted = false
  private var lastAnnouncementNanoseconds: UInt64 = 0
  /// Host time at which the chip's time was last brought on; it stands still while nothing is converted.
  private var lastNanoseconds = clinux_monotonic_nanoseconds()

  /// A bridge between electrodes and a line. Nil where no ADS1298 can give the signal's rate and channels: a bridge
  /// with such a signal has no chip that takes commands.
  public init?(_ signal: any EmulatedSignal) {
    guard let map = ADS129xMap(.ads1298), signal.format.channels.count <= map.channelCount,
      let image = Self.registers(map, sampleRate: signal.format.sampleRate)
    else { return nil }
    self.signal = signal
    self.image = image
    format = signal.format
    chip = SimulatedADS1298(map, signal: nil)
    conversions = SampleBlockStorage(channelCount: map.channelCount)
    access = ADS129xAccess(bus: chip, name: "the emulated bridge", map: map, clockHz: 2_000_000)
    guard (try? bringUp()) != nil else { return nil }
  }

  /// What the firmware puts into the registers when it starts, as firmware-config/pico-ads1298 does.
  private static func registers(_ map: ADS129xMap, sampleRate: Double) -> RegisterImage? {
    let rates: [Double: UInt32] = [250: 0x06, 500: 0x86, 1000: 0x85, 2000: 0x84]
    guard let rate = rates[sampleRate] else { return nil }
    let settings: [(String, UInt32)] = [
      ("CONFIG1", rate), ("CONFIG2", 0x00), ("CONFIG3", 0xCC), ("LOFF", 0x03), ("RLD_SENSP", 0x06),
      ("RLD_SENSN", 0x02), ("LOFF_SENSP", 0xFF), ("LOFF_SENSN", 0x02), ("CONFIG4", 0x02),
      ("WCT1", 0x0A), ("WCT2", 0xE3),
    ]
    return try? RegisterImage(
      map, settings: settings.map { RegisterSetting(name: $0.0, value: $0.1) })
  }

  private func bringUp() throws(SourceError) {
    let sequence = ADS129xBringUp(access: access, reset: nil, start: nil) { [chip] in
      chip.pause(nanoseconds: $0)
    }
    try sequence.run(image)
    // The firmware reads conversions by command: registers are always within reach.
    try access.command(ADS129xCommand.stopReadingContinuously)
  }

  // MARK: Samples

  /// The signal as it is while the inputs are on the electrodes at the usual gain, and what the chip makes of all else.
  public func fill(_ block: SampleBlock, count: Int) -> Bool {
    guard signal.fill(block, count: count) else { return false }
    let samples = Int(block.header.pointee.sampleCount)
    _ = chip.takeConversions(into: conversions.block, count: samples)
    lastNanoseconds = clinux_monotonic_nanoseconds()
    let held = chip.image
    let hasCurrent = held["LOFF"] & 3 == 1
    for channel in format.channels.indices {
      let isElectrode = held["CH\(channel + 1)SET"] & 7 == 0
      let gain = held.gain(channel: channel) / 6
      let share = gain * (1 + chip.inputs.gainErrors[channel])
      // What the chip converts has it already.
      let offset =
        hasCurrent
        ? 0
        : chip.inputs.offsetsMicrovolts[channel] * gain
          / format.channels[channel].microvoltsPerCode
      guard !isElectrode || hasCurrent || share != 1 || offset != 0 else { continue }
      let measured = block.channel(channel)
      let converted = conversions.block.channel(channel)
      for sample in 0..<samples where measured[sample] != SampleBlock.missing {
        let electrodes = isElectrode ? Double(measured[sample]) * share + offset : 0
        let chip = !isElectrode || hasCurrent ? Double(converted[sample]) : 0
        measured[sample] = Int32(
          max(-8_388_608, min(8_388_607, (electrodes + chip).rounded())))
      }
    }
    return true
  }

  public func rewind() { signal.rewind() }

  // MARK: Commands

  func start(_ encoder: any FrameEncoder) {
    guard let encoder = encoder as? BridgeEncoder else { return }
    encoder.status.start = UInt32.random(in: .min ... .max)
    encoder.status.startCause = .power
    encoder.status.chipID = chip.map.identity
    // Unplugged, it had no supply.
    if hasStarted { try? bringUp() }
    hasStarted = true
    describe(to: encoder)
  }

  public func respond(
    to bytes: UnsafeRawBufferPointer, encoder: any FrameEncoder
  ) -> [UInt8] {
    guard let encoder = encoder as? BridgeEncoder else { return [] }
    let now = clinux_monotonic_nanoseconds()
    if !isStreaming { chip.pause(nanoseconds: now &- lastNanoseconds) }
    lastNanoseconds = now
    var sent: [UInt8] = []
    var held = chip.image.values
    var frame = [UInt8](repeating: 0, count: BridgeEncoder.frameByteCountMax)
    for answer in reader.take(bytes, execute: { [self] in execute($0) }) {
      if chip.image.values != held {
        held = chip.image.values
        encoder.hello.configuration &+= 1
        describe(to: encoder)
        sent += frame[..<encoder.announce(into: &frame)]
      }
      sent += frame[..<encoder.acknowledge(answer, into: &frame)]
    }
    return sent
  }

  /// A bridge whose chip is stopped says HELLO all the same, once a second.
  public func announcementWhileSilent(encoder: any FrameEncoder) -> [UInt8] {
    let now = clinux_monotonic_nanoseconds()
    guard now &- lastAnnouncementNanoseconds >= 1_000_000_000 else { return [] }
    lastAnnouncementNanoseconds = now
    var frame = [UInt8](repeating: 0, count: BridgeEncoder.frameByteCountMax)
    return Array(frame[..<encoder.announce(into: &frame)])
  }

  /// Tells the encoder what the registers make of the samples.
  private func describe(to encoder: BridgeEncoder) {
    let held = chip.image
    var hello = encoder.hello
    hello.provenance = Self.inputsAreTest(held) ? .testSignal : format.provenance
    hello.rateMillihertz = UInt32(held.sampleRateHz * 1000)
    hello.referenceMicrovolts = UInt32(held.referenceMicrovolts ?? 2_400_000)
    hello.gainsSixteenths = format.channels.indices.map {
      UInt16(held.gain(channel: $0) * 16)
    }
    encoder.hello = hello
  }

  /// Whether any input may be something else than an electrode: the rule of firmware-config/bridge-frame.md.
  static func inputsAreTest(_ image: RegisterImage) -> Bool {
    image["CONFIG2"] & 0x10 != 0
      || (0..<image.map.channelCount).contains {
        image.isPowered(channel: $0) && image["CH\($0 + 1)SET"] & 7 != 0
      }
  }

  private func execute(_ command: BridgeCommand) -> BridgeAcknowledgement {
    do {
      let (status, data) = try perform(command)
      return BridgeAcknowledgement(id: command.id, status, data)
    } catch {
      return BridgeAcknowledgement(id: command.id, .busError)
    }
  }

  private func perform(
    _ command: BridgeCommand
  ) throws(SourceError) -> (BridgeAcknowledgement.Status, [UInt8]) {
    let arguments = command.arguments
    switch BridgeCommand.Operation(rawValue: command.operation) {
    case .ping: return (.done, arguments)
    case .readRegisters:
      guard arguments.count == 2, arguments[1] > 0, isRegister(arguments[0], count: arguments[1])
      else { return (.badArgument, []) }
      return (.done, try access.readRegisters(from: arguments[0], count: Int(arguments[1])))
    case .writeRegisters:
      guard arguments.count >= 2, isRegister(arguments[0], count: UInt8(arguments.count - 1))
      else { return (.badArgument, []) }
      return (try write(Array(arguments.dropFirst()), at: arguments[0]), [])
    case .chipCommand:
      guard arguments.count == 1 else { return (.badArgument, []) }
      return (try obey(arguments[0]), [])
    case nil: return (.unknownOperation, [])
    }
  }

  private func isRegister(_ address: UInt8, count: UInt8) -> Bool {
    Int(address) + Int(count) <= chip.image.values.count
  }

  /// The emulator's frames have one rate and all channels: others are refused.
  private func write(
    _ values: [UInt8], at address: UInt8
  ) throws(SourceError) -> BridgeAcknowledgement.Status {
    for (offset, value) in values.enumerated() {
      switch Int(address) + offset {
      case 0x01 where value & 0x87 != image["CONFIG1"] & 0x87: return .refused
      case 0x05...0x0C where value & 0x80 != 0: return .refused
      case 0x05...0x0C where value & 0x70 == 0x70: return .badArgument
      default: break
      }
    }
    try access.writeRegisters(values, at: address)
    let read = try access.readRegisters(from: 0, count: chip.image.values.count)
    let isHeld = chip.map.registers.allSatisfy { register in
      let offset = Int(register.address) - Int(address)
      guard values.indices.contains(offset) else { return true }
      return (read[Int(register.address)] ^ values[offset]) & register.settableBits == 0
    }
    return isHeld ? .done : .busError
  }

  private func obey(_ opcode: UInt8) throws(SourceError) -> BridgeAcknowledgement.Status {
    switch opcode {
    case ADS129xCommand.readContinuously: return .done
    case ADS129xCommand.start where chip.image.sampleRateHz != image.sampleRateHz: return .refused
    case ADS129xCommand.wakeUp, 0x04, 0x1A, ADS129xCommand.start, ADS129xCommand.stop,
      ADS129xCommand.stopReadingContinuously:
      try access.command(opcode)
    case ADS129xCommand.reset:
      try access.command(opcode)
      try access.command(ADS129xCommand.stopReadingContinuously)
    default: return .badArgument
    }
    let identity = try access.readRegisters(from: 0, count: 1)[0]
    return identity == chip.map.identity ? .done : .busError
  }
}
