// A chip of the ADS129x family that is not there, byte by byte as its data sheet describes it: commands, registers,
// conversions by its own clock, frames. Time is simulated: it goes on with every transfer, pause and wait.

import Devices
import ECGSignal
import FrontEnds
import LinuxDevices

/// What can be wrong with a simulated chip or its wires.
public struct ConverterFaults: Sendable {
  /// What a bus without an answer reads.
  public enum Silence: UInt8, Sendable { case low = 0x00, high = 0xFF }

  /// Bits of registers that do not change: address, which bits, and what they read.
  public var stuckBits: [(address: UInt8, bits: UInt8, value: UInt8)] = []
  /// Another identity than the chip's.
  public var identity: UInt8?
  /// Nothing answers.
  public var silence: Silence?
  /// The computer clocks in the wrong SPI mode: every bit arrives one late.
  public var isModeWrong = false
  /// Transfers that still succeed, nil for all: afterwards everything fails, as if the program had been killed.
  public var transfersLeft: Int?
  /// Numbers of data-ready edges that nobody sees.
  public var missedEdges: Set<Int64> = []

  /// None.
  public init() {}
}

/// A simulated ADS1294, ADS1296, ADS1298(R), ADS1299 or ADS1292R. One thread.
public final class SimulatedADS1298: SPIBus {
  /// The chip's registers.
  public let map: ADS129xMap
  /// Their contents.
  public private(set) var image: RegisterImage
  /// What is wrong with it.
  public var faults = ConverterFaults()
  /// Transfers so far.
  public private(set) var transferCount = 0
  /// Whether conversions can be clocked out without a command: registers cannot be read meanwhile.
  public private(set) var isReadingContinuously = true
  /// The simulated time.
  public private(set) var nanoseconds: UInt64 = 1_000_000_000
  /// Conversions finished so far.
  public private(set) var conversionCount: Int64 = 0
  /// What happens when a conversion is ready: the data-ready line falls.
  var onConversion: ((_ nanoseconds: UInt64, _ number: Int64) -> Void)?

  /// What it is connected to.
  public let inputs: ConverterInputs
  private let clockError: Double
  private var isStarted = false
  private var isStartPinHigh = false
  private var isHeldInReset = false
  private var nextConversion = Double.infinity
  private var referenceReady = Double.infinity
  /// The last conversion as it goes out.
  private(set) var frame: [UInt8]

  /// A chip after power-up.
  ///
  /// - Parameters:
  ///   - leads: the lead of each channel; a channel whose lead the signal has not, or that has none, reads the signal's
  ///     channel of the same number.
  ///   - clockError: by how much its oscillator is fast, as a share: 0.005 is 0.5 %.
  public init(
    _ map: ADS129xMap, signal: (any EmulatedSignal)?, leads: [Lead?] = [], clockError: Double = 0,
    seed: UInt64 = 1
  ) {
    self.map = map
    self.clockError = clockError
    image = RegisterImage(map, contents: Self.resetContents(map))
    inputs = ConverterInputs(map, signal: signal, leads: leads, seed: seed)
    frame = Array(repeating: 0, count: map.frameByteCount)
  }

  // MARK: Time

  /// Lets time go on by so much.
  public func pause(nanoseconds duration: UInt64) { advance(to: nanoseconds &+ duration) }

  /// When the next conversion will be ready, nil while none is under way.
  var nextConversionNanoseconds: UInt64? {
    nextConversion.isFinite ? UInt64(nextConversion.rounded(.up)) : nil
  }

  func advance(to time: UInt64) {
    while let next = nextConversionNanoseconds, next <= time {
      nanoseconds = next
      convert()
      nextConversion += periodNanoseconds
    }
    nanoseconds = max(nanoseconds, time)
  }

  private var periodNanoseconds: Double { 1e9 / image.sampleRateHz / (1 + clockError) }

  private func convert() {
    conversionCount += 1
    let isReferenceReady = Double(nanoseconds) >= referenceReady
    inputs.convert(
      image, seconds: Double(nanoseconds) / 1e9, isReferenceReady: isReferenceReady, into: &frame)
    if !faults.missedEdges.contains(conversionCount) {
      onConversion?(nanoseconds, conversionCount)
    }
  }

  /// Conversions start anew: the first result is settled after four periods.
  private func restartConversions() {
    let isConverting = (isStarted || isStartPinHigh) && !isHeldInReset
    nextConversion = isConverting ? Double(nanoseconds) + 4 * periodNanoseconds : .infinity
  }

  // MARK: Pins

  /// The RESET pin, active low.
  func setReset(isHigh: Bool) {
    if isHeldInReset && isHigh {
      isHeldInReset = false
      reset()
    }
    isHeldInReset = !isHigh
  }

  /// The START pin.
  func setStart(isHigh: Bool) {
    guard isHigh != isStartPinHigh else { return }
    isStartPinHigh = isHigh
    restartConversions()
  }

  /// The supply fails for a moment: everything is as after power-up.
  public func brownOut() { reset() }

  private func reset() {
    image = RegisterImage(map, contents: Self.resetContents(map))
    isReadingContinuously = true
    isStarted = false
    referenceReady = .infinity
    restartConversions()
  }

  private static func resetContents(_ map: ADS129xMap) -> [UInt8] {
    var contents = [UInt8](repeating: 0, count: Int(map.registers.last?.address ?? 0) + 1)
    for register in map.registers { contents[Int(register.address)] = register.resetValue }
    return contents
  }

  // MARK: SPI

  public func transfer(
    _ transmit: UnsafePointer<UInt8>, _ receive: UnsafeMutablePointer<UInt8>, count: Int,
    clockHz: UInt32, holdMicroseconds: UInt16
  ) -> Int32 {
    if let left = faults.transfersLeft {
      guard left > 0 else { return -5 }
      faults.transfersLeft = left - 1
    }
    transferCount += 1
    var decoder = CommandDecoder()
    let start = Double(nanoseconds)
    let byteNanoseconds = 8e9 / Double(clockHz)
    for index in 0..<count {
      receive[index] = faults.silence?.rawValue ?? output(index, decoder)
      advance(to: UInt64(start + Double(index + 1) * byteNanoseconds))
      guard faults.silence == nil, !isHeldInReset else { continue }
      if let action = decoder.take(transmit[index], isReadingContinuously) { perform(action) }
    }
    pause(nanoseconds: UInt64(holdMicroseconds) * 1000)
    if faults.isModeWrong { Self.delayByOneBit(receive, count: count) }
    return 0
  }

  /// The byte that the chip puts out: of a register, or of the conversion that is in its output register now.
  private func output(_ index: Int, _ decoder: CommandDecoder) -> UInt8 {
    if let address = decoder.readAddress { return read(address) }
    guard isReadingContinuously, index < frame.count else { return 0 }
    return frame[index]
  }

  private func perform(_ action: CommandDecoder.Action) {
    switch action {
    case .write(let address, let value): write(value, at: address)
    case .command(ADS129xCommand.reset): reset()
    case .command(ADS129xCommand.start) where !isStarted:
      isStarted = true
      restartConversions()
    case .command(ADS129xCommand.stop):
      isStarted = false
      restartConversions()
    case .command(ADS129xCommand.readContinuously): isReadingContinuously = true
    case .command(ADS129xCommand.stopReadingContinuously): isReadingContinuously = false
    case .command: break
    }
  }

  private func read(_ address: UInt8) -> UInt8 {
    guard Int(address) < image.values.count else { return 0 }
    if address == 0 { return faults.identity ?? image.values[0] }
    var value = image.values[Int(address)]
    if let status = inputs.status(ofRegister: address) { value |= status }
    return stuck(value, at: address)
  }

  private func write(_ value: UInt8, at address: UInt8) {
    guard let register = map.registers.first(where: { $0.address == address }) else { return }
    let wasReferenceOn = image.referenceMicrovolts != nil
    var contents = image.values
    let kept = contents[Int(address)] & ~register.settableBits
    contents[Int(address)] = stuck(value & register.settableBits | kept, at: address)
    image = RegisterImage(map, contents: contents)
    if (image.referenceMicrovolts != nil) != wasReferenceOn {
      referenceReady = wasReferenceOn ? .infinity : Double(nanoseconds) + 140e6
    }
    if register.name == "CONFIG1" { restartConversions() }
  }

  private func stuck(_ value: UInt8, at address: UInt8) -> UInt8 {
    faults.stuckBits.filter { $0.address == address }.reduce(value) { value, fault in
      value & ~fault.bits | fault.value & fault.bits
    }
  }

  private static func delayByOneBit(_ bytes: UnsafeMutablePointer<UInt8>, count: Int) {
    var carry: UInt8 = 0
    for index in 0..<count {
      let byte = bytes[index]
      bytes[index] = byte >> 1 | carry << 7
      carry = byte & 1
    }
  }
}

/// Understands the bytes of one transfer as commands.
private struct CommandDecoder {
  enum Action {
    case command(UInt8)
    case write(address: UInt8, value: UInt8)
  }

  /// The register that goes out next.
  private(set) var readAddress: UInt8?
  private var opcode: UInt8?
  private var address: UInt8 = 0
  private var left = 0

  /// Takes a byte; registers are out of reach while conversions are read continuously.
  mutating func take(_ byte: UInt8, _ isReadingContinuously: Bool) -> Action? {
    if let opcode {
      self.opcode = nil
      guard !isReadingContinuously else { return nil }
      address = opcode & 0x1F
      left = Int(byte & 0x1F) + 1
      readAddress = opcode & 0xE0 == ADS129xCommand.readRegisters ? address : nil
      return nil
    }
    if left > 0 {
      left -= 1
      defer { address += 1 }
      guard readAddress == nil else {
        readAddress = left > 0 ? address + 1 : nil
        return nil
      }
      return .write(address: address, value: byte)
    }
    let kind = byte & 0xE0
    if kind == ADS129xCommand.readRegisters || kind == ADS129xCommand.writeRegisters {
      opcode = byte
      return nil
    }
    let isAllowed = !isReadingContinuously || byte == ADS129xCommand.stopReadingContinuously
    let isAnyTime =
      byte == ADS129xCommand.reset || byte == ADS129xCommand.start
      || byte == ADS129xCommand.stop || byte == ADS129xCommand.wakeUp
    return isAllowed || isAnyTime ? .command(byte) : nil
  }
}
