// What every exercise says and checks with.

import Devices
import Glibc

/// Prints a line at once, so that it is seen before a guest hangs.
func say(_ text: String) {
  print("exercise: \(text)")
  fflush(nil)
}

/// Ends the exercise with what is wrong, unless it is so.
func check(_ isSo: Bool, _ what: String) throws(SourceError) {
  guard isSo else { throw SourceError(what) }
}

/// The sentence of an error, empty where there is none.
func refusal(_ body: () throws -> Void) -> String {
  do { try body() } catch { return "\(error)" }
  return ""
}
