// Puts the inputs of an ADS129x on something known and back. It remembers nothing that it has not read back: after a
// failure the inputs are unknown until a whole bring-up has succeeded.

import Devices

/// The control of a chip of the ADS129x family, behind SPI or a bridge.
public final class ADS129xControl: FrontEndControl {
  public let selections = InputSelection.allCases
  /// What the inputs are on, as read back; nil before the first bring-up and after a failure.
  public private(set) var selected: InputSelection?
  /// What the registers hold with the inputs as they are.
  public private(set) var image: RegisterImage
  /// Grows with every change, tried or done: what was read before it is of another format.
  public private(set) var generation = 0
  private let profileImage: RegisterImage
  private let sequence: ADS129xBringUp

  /// - Parameter image: the profile's registers, with the inputs on the electrodes.
  public init(_ image: RegisterImage, bringUp: ADS129xBringUp) {
    self.image = image
    profileImage = image
    sequence = bringUp
  }

  public func select(_ input: InputSelection) throws(SourceError) {
    guard input != .electrodes, selected != nil else { return try bringUp(input) }
    let wanted = profileImage.selecting(input)
    forget()
    try sequence.change(from: image, to: wanted)
    remember(input, wanted)
  }

  public func stimulus(of input: InputSelection) -> InputStimulus {
    profileImage.stimulus(of: input)
  }

  public func restore() throws(SourceError) { try bringUp(.electrodes) }

  /// The whole bring-up, whatever state the chip is in, with the inputs on something.
  public func bringUp(_ input: InputSelection) throws(SourceError) {
    let wanted = profileImage.selecting(input)
    forget()
    try sequence.run(wanted)
    remember(input, wanted)
  }

  /// Stops conversions, as far as the chip still listens.
  public func halt() {
    forget()
    try? sequence.halt()
  }

  private func forget() {
    selected = nil
    generation += 1
  }

  private func remember(_ input: InputSelection, _ image: RegisterImage) {
    self.image = image
    selected = input
  }
}
