// Which device a calibration is of: a kind of board, and which of its kind. The numbers of one are wrong for another.

/// A front-end as its calibration knows it.
public struct DeviceIdentity: Hashable, Sendable {
  /// The kind of board, as the source names itself.
  public let board: String
  /// What tells it from others of its kind: a serial number, an id of its own, the label that somebody gave it. Nil
  /// where nothing does.
  public let unit: String?

  /// A board and what tells it from others.
  public init(board: String, unit: String?) {
    self.board = board
    self.unit = unit
  }

  /// The name by which its calibration is kept: `cyton-DM01N7AE`; the unit alone where the board calls itself so.
  public var name: String {
    guard let unit, unit != board else { return board }
    return "\(board)-\(unit)"
  }
}
