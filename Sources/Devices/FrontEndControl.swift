// What calibration asks of a front-end besides samples: to put its inputs on something known, and back.

/// What a front-end's inputs are connected to.
public enum InputSelection: String, CaseIterable, Sendable, BitwiseCopyable {
  /// The electrodes: the only selection that may be shown as a patient.
  case electrodes
  /// Both inputs of each channel shorted inside the chip.
  case shorted
  /// The chip's own square wave, derived from its reference.
  case testSignal
  /// The chip's supply voltage.
  case supply
  /// The chip's temperature sensor.
  case temperature
  /// The electrodes, with the chip's alternating lead-off current through them.
  case leadOffCurrent
}

/// What a selection puts on the inputs, as far as the chip's data sheet says.
public enum InputStimulus: Hashable, Sendable {
  /// Nothing that is known.
  case none
  /// A square wave between plus and minus so many microvolts. It follows the chip's own reference and clock: it
  /// shows the gain of the channels, not an error of the reference.
  case squareWave(microvolts: Double, frequencyHz: Double)
  /// A square wave of plus and minus so much current through the electrodes.
  case current(nanoamperes: Double, frequencyHz: Double)
  /// These shares of the supplies: `digitalChannels` (0 is the first) measure the digital one, the others the analog.
  case supply(analogShare: Double, digitalShare: Double, digitalChannels: [Int])
  /// A sensor of the chip's temperature.
  case temperature(microvoltsAt25Celsius: Double, microvoltsPerCelsius: Double)
}

/// A front-end that takes commands. All calls come from the thread that reads its source.
public protocol FrontEndControl: AnyObject {
  /// The selections that it can make; `.electrodes` is always among them.
  var selections: [InputSelection] { get }

  /// Connects the inputs and returns when the front-end has confirmed it, read back where it can be read. Every
  /// selection but `.electrodes` marks the samples that come as `Provenance.testSignal`: the stream that was open ends
  /// (`read` gives `.ended`), and `open` gives the format of what comes now.
  func select(_ input: InputSelection) throws(SourceError)

  /// What a selection puts on the inputs.
  func stimulus(of input: InputSelection) -> InputStimulus

  /// Puts every setting back to the profile's and reads every register back. Throws where one differs. The stream
  /// that was open ends, as after `select`.
  func restore() throws(SourceError)
}

/// The registers of a converter chip, behind SPI or behind a bridge. One thread.
public protocol RegisterAccess: AnyObject {
  /// Reads `count` registers from `address` on.
  func readRegisters(from address: UInt8, count: Int) throws(SourceError) -> [UInt8]

  /// Writes registers from `address` on.
  func writeRegisters(_ values: [UInt8], at address: UInt8) throws(SourceError)

  /// Sends a command byte of the chip (its data sheet's opcodes, as SDATAC).
  func command(_ opcode: UInt8) throws(SourceError)
}

extension FrontEndControl {
  /// Nothing is known of most front-ends.
  public func stimulus(of input: InputSelection) -> InputStimulus { .none }
}

extension SampleSource {
  /// The way to give the front-end commands, nil where it takes none.
  public var control: (any FrontEndControl)? { nil }
}
