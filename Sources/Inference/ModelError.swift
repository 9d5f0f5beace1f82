// Why a model cannot be used.

/// Why a model cannot be used: one sentence that names the file, the reason and the remedy.
public struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  /// Creates the error from its sentence.
  public init(_ description: String) { self.description = description }
}
