// The control of a board behind a bridge: its chip's control, with registers reached by the bridge's commands.

import Devices
import FrontEnds

/// Makes the controls of bridges.
public enum BridgeControl {
  /// The control of the chip that a profile names; nil for a bridge whose profile names none. The source owns it.
  public static func of<Channel: ByteChannel>(
    _ source: FramedSource<Channel, BridgeDecoder>, _ profile: BoardProfile
  ) throws(SourceError) -> (any FrontEndControl)? {
    guard let chip = profile.chip else { return nil }
    guard let map = ADS129xMap(chip) else {
      throw SourceError(
        "The \(chip.rawValue) behind a bridge takes no commands yet: leave 'chip' out of '\(profile.board)'."
      )
    }
    let access = BridgeRegisterAccess(source)
    // While the chip needs time its bridge goes on sending: the line is read meanwhile.
    let sequence = ADS129xBringUp(access: access, reset: nil, start: nil) { [unowned source] in
      _ = try? source.readOn(
        seconds: Double($0) / 1e9, switchesInputs: true, until: { _ in false })
    }
    return ADS129xControl(
      try RegisterImage(map, settings: profile.registers), bringUp: sequence)
  }
}
