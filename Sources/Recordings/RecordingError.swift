// The one error of this room: a file of the outside world that cannot be used, said to a person.

/// Why a recording cannot be read or written: one sentence with the thing, the reason and the remedy.
public struct RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence, as it is printed.
  public let description: String

  /// Creates an error from its sentence.
  public init(_ description: String) { self.description = description }
}
