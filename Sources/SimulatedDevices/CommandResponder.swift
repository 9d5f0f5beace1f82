// What an emulated front-end does with the bytes that a program sends to it.

import FrontEnds

/// The receiving part of a front-end's firmware. All calls come from the front-end's thread. A signal that obeys
/// commands, as a converter whose inputs can be shorted, is signal and responder in one object.
public protocol CommandResponder: AnyObject {
  /// Takes bytes as they came, in pieces of any size.
  ///
  /// - Parameter encoder: that of the stream, whose numbering an answer may have to go on with.
  /// - Returns: what the front-end sends back at once.
  func respond(to bytes: UnsafeRawBufferPointer, encoder: any FrameEncoder) -> [UInt8]

  /// Whether the front-end sends samples now. While it does not, its signal stands still.
  var isStreaming: Bool { get }

  /// The front-end loses its power, or has it back, while its port stays. `SelfDescribing.start` tells the signal when
  /// it begins anew.
  func setPower(isOn: Bool)

  /// Grows whenever the front-end stops sending: what it measured before and has not sent it never sends.
  var stopCount: Int { get }

  /// What the front-end says while it does not stream; asked at least ten times a second.
  func announcementWhileSilent(encoder: any FrameEncoder) -> [UInt8]
}

extension CommandResponder {
  /// Most have the power of their port.
  public func setPower(isOn: Bool) {}

  /// Most send whatever they measure.
  public var stopCount: Int { 0 }

  /// Most say nothing.
  public func announcementWhileSilent(encoder: any FrameEncoder) -> [UInt8] { [] }
}
