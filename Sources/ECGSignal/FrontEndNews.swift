// What a front-end, or who reads it, says of its own state while it streams: people must know it and what to do.

/// Why a front-end started anew.
public enum RestartCause: UInt8, Sendable, BitwiseCopyable { case unknown, power, watchdog, reset }

/// A change of a front-end's state.
public enum FrontEndNews: Hashable, Sendable, BitwiseCopyable {
  /// Its converter does not answer, or is another than it should be.
  case chipSilent
  /// A register of its converter does not hold what was written to it.
  case registersDiffer
  /// Its converter answers, but gives no conversions.
  case noConversions
  /// What was wrong with it is over.
  case recovered
  /// It started anew.
  case restarted(RestartCause)
  /// It lost samples of its own.
  case losesSamples
  /// Every bit of its frames comes one clock late.
  case wrongMode
  /// Nothing but zeros comes, nothing but ones, or bytes that are no frame.
  case allZeros, allOnes, noFrames

  /// What to tell people: what is wrong, and the remedy.
  public var sentence: String {
    switch self {
    case .chipSilent:
      "The front-end's converter does not answer: check its supply, and the wires between bridge and chip."
    case .registersDiffer:
      "A register of the front-end's converter does not hold what was written to it, so its gain or inputs may be "
        + "others than they should: check its supply and wires, else the chip is defective."
    case .noConversions:
      "The front-end's converter answers but converts nothing: check its clock (CLKSEL), its START and DRDY wires."
    case .recovered: "The front-end reports no fault any more."
    case .restarted(.power):
      "The front-end lost its power and started anew: check its plug, supply or battery."
    case .restarted(.watchdog):
      "The front-end's watchdog started it anew because its firmware hung: update its firmware, tell its makers."
    case .restarted(.reset):
      "The front-end was reset and started anew: check what is at its reset pin."
    case .restarted(.unknown): "The front-end started anew and does not say why: check its supply."
    case .losesSamples:
      "The front-end loses samples before it can send them: raise the baud rate or lower the sample rate, and look "
        + "for other load on its line."
    case .wrongMode:
      "Each frame's bits come one clock late (600000 400000 for C00000 800000): the chip needs SPI mode 1, correct "
        + "'mode' in the profile, or shorten SCLK."
    case .allZeros:
      "Nothing but zeros comes from the converter: check its supply, its reset and the wire of DOUT."
    case .allOnes:
      "Nothing but ones comes from the converter: check chip select and the wire of DOUT."
    case .noFrames:
      "What comes from the converter are no frames: check the wires and their length, lower 'clockHz'."
    }
  }
}
