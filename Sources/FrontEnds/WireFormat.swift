// The wire formats by name, each with its decoder and its encoder.

/// The wire formats, by the names that the command line and the profiles use.
public enum WireFormat: String, CaseIterable, Sendable {
  /// Our own frame, for bridges and emulators (firmware-config/bridge-frame.md).
  case bridge
  /// OpenBCI Cyton, 33-byte binary packets, with a Daisy or without.
  case cyton
  /// Frames of Texas Instruments' ADS1292R, ADS1294, ADS1296, ADS1298 and ADS1299.
  case ads1298
  /// OpenEEG's P2 packets, as of Olimex' shields.
  case p2
  /// FIFO words of Maxim's MAX30003 and MAX30001.
  case max30003
  /// Frames of Analog Devices' ADAS1000 at 2 or 16 kHz.
  case adas1000
  /// HealthyPi v4, 27-byte packets of one filtered lead.
  case healthyPi4 = "healthypi-v4"
  /// HealthyPi 5 as OpenView reads it, 29-byte packets of one lead.
  case healthyPi5 = "healthypi-5"
  /// HealthyPi 5 in its OpenView 3 format, eight samples of one lead in 57 bytes.
  case openView3 = "openview3"
  /// Lines of whole numbers, as sketches for the AD8232 print them.
  case text

  /// What reads the format.
  public var decoder: any FrameDecoder.Type {
    switch self {
    case .bridge: BridgeDecoder.self
    case .cyton: CytonDecoder.self
    case .ads1298: ADS1298Decoder.self
    case .p2: P2Decoder.self
    case .max30003: MAX30003Decoder.self
    case .adas1000: ADAS1000Decoder.self
    case .healthyPi4: HealthyPi4Decoder.self
    case .healthyPi5: HealthyPi5Decoder.self
    case .openView3: OpenView3Decoder.self
    case .text: TextDecoder.self
    }
  }

  /// What writes the format, as the front-end's firmware does.
  public var encoder: any FrameEncoder.Type {
    switch self {
    case .bridge: BridgeEncoder.self
    case .cyton: CytonEncoder.self
    case .ads1298: ADS1298Encoder.self
    case .p2: P2Encoder.self
    case .max30003: MAX30003Encoder.self
    case .adas1000: ADAS1000Encoder.self
    case .healthyPi4: HealthyPi4Encoder.self
    case .healthyPi5: HealthyPi5Encoder.self
    case .openView3: OpenView3Encoder.self
    case .text: TextEncoder.self
    }
  }

  /// Whether the frames tell rate, scale and channels; those of the others stand in the board's profile.
  public var tellsFormat: Bool { self == .bridge }

  /// What is said to a front-end of so many channels before it is read; nil where it sends by itself and takes no
  /// commands.
  public func startDialogue(channelCount: Int) -> StartDialogue? {
    self == .cyton ? .cyton(hasDaisy: channelCount > CytonLayout.channelCount) : nil
  }

  /// Bytes that make it stop.
  public var stopCommand: [UInt8] {
    switch self {
    case .cyton: Array("s".utf8)
    default: []
    }
  }

  /// Channels that a board of this format has at most; a Cyton doubles its own with a Daisy.
  public var channelCountMax: Int {
    self == .cyton ? 2 * CytonLayout.channelCount : encoder.converter.channelCountMax
  }
}
