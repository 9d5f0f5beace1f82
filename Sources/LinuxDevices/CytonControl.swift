// Puts the inputs of an OpenBCI Cyton on its ground or its test signal and back. Its packets do not say what they are
// on, so it is stopped, told and heard before it sends again, and what comes then is marked here.

import Devices
import FrontEnds

/// The control of a Cyton: what its commands can connect. The source owns it.
public final class CytonControl<Channel: ByteChannel>: FrontEndControl {
  public let selections: [InputSelection] = [.electrodes, .shorted, .testSignal]
  private unowned let source: FramedSource<Channel, CytonDecoder>
  private let toElectrodes: StartDialogue
  private let referenceMicrovolts: Double

  /// - Parameters:
  ///   - source: a source that can be written to, and begins with the board's start dialogue.
  ///   - board: the profile. Nil where it is none of a Cyton.
  public init?(_ source: FramedSource<Channel, CytonDecoder>, _ board: BoardProfile) {
    guard let reference = board.referenceMicrovolts,
      let dialogue = board.format.startDialogue(channelCount: board.channels.count)
    else { return nil }
    self.source = source
    toElectrodes = dialogue
    referenceMicrovolts = reference
  }

  public func select(_ input: InputSelection) throws(SourceError) {
    switch input {
    case .electrodes: try restore()
    case .shorted:
      try source.converse(.cyton(connecting: .inputsToGround), connectsElectrodes: false)
    case .testSignal:
      try source.converse(.cyton(connecting: .testSignalSlow), connectsElectrodes: false)
    case .supply, .temperature, .leadOffCurrent:
      throw SourceError(
        "A Cyton has no command for the input '\(input.rawValue)': it cannot be measured.")
    }
  }

  public func stimulus(of input: InputSelection) -> InputStimulus {
    guard input == .testSignal else { return .none }
    // The ADS1299 divides its clock of 2.048 MHz by 2^21 (data sheet SBAS499, CONFIG2).
    return .squareWave(microvolts: referenceMicrovolts / 2400, frequencyHz: 0.976_562_5)
  }

  public func restore() throws(SourceError) {
    try source.converse(toElectrodes, connectsElectrodes: true)
  }
}
