// What a Cyton's firmware does with commands (docs.openbci.com/Cyton/CytonSDK; OpenBCI_Cyton_Library 3.1.2), as far as
// programs use them to begin, and those that leave a board as no patient may be shown.

import FrontEnds

/// The settings of an emulated Cyton and the commands that change them. One thread.
final class CytonFirmware {
  /// What a channel is connected to.
  enum Input: Hashable {
    case electrodes
    case ground
    /// The chip's square wave, so many times its reference / 2400.
    case squareWave(times: Double, hertz: Double)
    /// The square wave held still.
    case still
  }

  /// What a channel is set to.
  struct ChannelSetting: Hashable {
    var input = Input.electrodes
    var gain = 24.0
    var isOn = true
  }

  private(set) var isStreaming: Bool
  /// Times that it was made to stop.
  private(set) var stopCount = 0
  /// The board's eight, and the Daisy's eight.
  private(set) var channels: [ChannelSetting]
  /// Whether packets end with the board's milliseconds.
  private(set) var sendsTime = false
  /// Whether packets carry a Daisy's channels in turn.
  private(set) var usesDaisy: Bool
  private(set) var sampleRateHz = 250
  private let hasDaisy: Bool
  /// A command of several characters that is not complete yet.
  private var openCommand: [UInt8] = []

  private static let gains: [Double] = [1, 2, 4, 6, 8, 12, 24]
  private static let rates = [16_000, 8000, 4000, 2000, 1000, 500, 250]

  /// - Parameter isStreaming: false for a board as after power-on, which is silent until it is told to start.
  init(isStreaming: Bool, hasDaisy: Bool) {
    self.isStreaming = isStreaming
    self.hasDaisy = hasDaisy
    usesDaisy = hasDaisy
    channels = Array(repeating: ChannelSetting(), count: hasDaisy ? 16 : 8)
  }

  /// The supply comes on.
  func powerOn() {
    reset()
    sendsTime = false
    sampleRateHz = 250
    openCommand = []
  }

  /// The rate outlasts a reset, in the real firmware too.
  private func reset() {
    stop()
    usesDaisy = hasDaisy
    channels = channels.map { _ in ChannelSetting() }
  }

  private func stop() {
    isStreaming = false
    stopCount += 1
  }

  /// Obeys one character; gives what the board says.
  func respond(to byte: UInt8) -> String {
    if !openCommand.isEmpty { return goOn(with: byte) }
    switch CytonCommand(rawValue: byte) {
    case .start?: isStreaming = true
    case .stop?: stop()
    case .reset?:
      reset()
      return greeting
    case .queryRegisters?: return text(registers)
    case .defaultChannels?:
      channels = channels.map { _ in ChannelSetting() }
      return text("updating channel settings to default$$$")
    case .eightChannels?:
      defer { usesDaisy = false }
      return usesDaisy ? text("daisy removed$$$") : ""
    case .sixteenChannels?: return attachDaisy()
    case .inputsToGround?: return connect(to: .ground)
    case .testSignalSlow?: return connect(to: .squareWave(times: 1, hertz: 0.9765625))
    case .testSignalFast?: return connect(to: .squareWave(times: 1, hertz: 1.953125))
    case .testSignalDoubleSlow?: return connect(to: .squareWave(times: 2, hertz: 0.9765625))
    case .testSignalDoubleFast?: return connect(to: .squareWave(times: 2, hertz: 1.953125))
    case .testSignalStill?: return connect(to: .still)
    case .startTimeStamps?: return tellTime(true)
    case .stopTimeStamps?: return tellTime(false)
    default: return other(byte)
    }
    return ""
  }

  private func connect(to input: Input) -> String {
    for channel in channels.indices { channels[channel].input = input }
    return text("Success: Configured internal test signal.$$$")
  }

  private func tellTime(_ isOn: Bool) -> String {
    sendsTime = isOn
    return text("Time stamp \(isOn ? "ON" : "OFF")$$$")
  }

  /// Answered also by a board that streams.
  private func attachDaisy() -> String {
    defer { usesDaisy = hasDaisy }
    if !hasDaisy { return "no daisy to attach!8$$$" }
    return usesDaisy ? "16$$$" : text("daisy attached") + "16$$$"
  }

  private func other(_ byte: UInt8) -> String {
    switch UnicodeScalar(byte) {
    case "V": return text("v3.1.2$$$")
    case "D": return text("060110$$$")
    case "~", "/", "x":
      openCommand = [byte]
      return ""
    default: return text("Failure: not emulated$$$")
    }
  }

  /// A further character: of a sample rate or a board mode, one; of a channel's setting, eight.
  private func goOn(with byte: UInt8) -> String {
    openCommand.append(byte)
    let command = String(decoding: openCommand, as: UTF8.self)
    if command.hasPrefix("x") && openCommand.count < 9 { return "" }
    openCommand = []
    if command.hasPrefix("x") { return setChannel(command.utf8.map { Int($0) - 48 }) }
    if command.hasPrefix("/") { return text("Success: default$$$") }
    if let code = Int(command.dropFirst()), Self.rates.indices.contains(code) {
      sampleRateHz = Self.rates[code]
    } else if command != "~~" {
      return text("Failure: invalid sample value.$$$")
    }
    return text("Success: Sample rate is \(sampleRateHz)Hz$$$")
  }

  /// `x CHANNEL POWER GAIN INPUT BIAS SRB2 SRB1 X`, in digits.
  private func setChannel(_ digits: [Int]) -> String {
    let inputs: [Int: Input] = [
      0: .electrodes, 1: .ground, 5: .squareWave(times: 1, hertz: 0.9765625),
    ]
    guard (1...8).contains(digits[1]), Self.gains.indices.contains(digits[3]),
      let input = inputs[digits[4]]
    else { return text("Failure: not emulated$$$") }
    channels[digits[1] - 1] = ChannelSetting(
      input: input, gain: Self.gains[digits[3]], isOn: digits[2] == 0)
    return text("Success: Channel set for \(digits[1])$$$")
  }

  private var greeting: String {
    "OpenBCI V3 8-16 channel\nOn Board ADS1299 Device ID: 0x3E\n"
      + (hasDaisy ? "On Daisy ADS1299 Device ID: 0x3E\n" : "")
      + "LIS3DH Device ID: 0x33\nFirmware: v3.1.2\n$$$"
  }

  private var registers: String {
    let settings = channels.enumerated().map { "CH\($0 + 1)SET gain \($1.gain)\n" }
    return "Board ADS Registers\n" + settings.joined() + "$$$"
  }

  /// A streaming board does not talk: text would lie among its packets.
  private func text(_ answer: String) -> String { isStreaming ? "" : answer }
}
