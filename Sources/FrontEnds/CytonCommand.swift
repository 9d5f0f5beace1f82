// The commands of an OpenBCI Cyton as bytes (docs.openbci.com/Cyton/CytonSDK).

/// A command to a Cyton board. Those that change the inputs are answered by text that ends with "$$$" unless the board
/// streams; a streaming board stops, changes its registers and goes on.
public enum CytonCommand: UInt8, CaseIterable, Sendable {
  /// Sends packets until told to stop.
  case start = 0x62  // b
  case stop = 0x73  // s
  /// Puts every setting to its default and tells the board's name and firmware.
  case reset = 0x76  // v
  /// Tells all registers of its chips.
  case queryRegisters = 0x3F  // ?
  /// Connects all channels to their electrodes, gain 24.
  case defaultChannels = 0x64  // d
  /// Uses the board's eight channels, a Daisy or not.
  case eightChannels = 0x63  // c
  /// Uses the Daisy's channels too, if there is one.
  case sixteenChannels = 0x43  // C

  /// Connects both inputs of all channels to the chip's ground: what is left is noise.
  case inputsToGround = 0x30  // 0
  /// Connects all channels to the chip's square wave of its reference / 2400 (1.875 mV at 4.5 V), clock / 2^21: 0.98
  /// Hz.
  case testSignalSlow = 0x2D  // -
  /// The same at clock / 2^20: 1.95 Hz.
  case testSignalFast = 0x3D  // =
  /// The slow one at twice the amplitude.
  case testSignalDoubleSlow = 0x5B  // [
  /// The fast one at twice the amplitude.
  case testSignalDoubleFast = 0x5D  // ]
  /// Connects all channels to the test signal held still.
  case testSignalStill = 0x70  // p

  /// Ends packets with the board's milliseconds (C3 to C6), firmware 2.0.0 and later.
  case startTimeStamps = 0x3C  // <
  case stopTimeStamps = 0x3E  // >
}
