// Tells the technician what to do and waits for Enter: only where a terminal asks, never in a script.

import Calibration
import Foundation
import Monitor

struct StepPrompt {
  let isAssumedReady: Bool

  /// Shows a step on standard error and returns when Enter was pressed or the flag to stop was set.
  func ask(_ step: GuidedStep, stop: StopFlag, _ whileWaiting: () throws -> Void) throws {
    if isAssumedReady { return }
    guard isatty(STDIN_FILENO) == 1 else {
      throw CommandFailure(
        "This measurement needs hands (\(step.instruction)) and nobody is at a terminal: "
          + "run it on one, or say --assume-ready when everything is connected.")
    }
    let text = """

      \(step.instruction)
      Measured then: \(step.measures).
      Press Enter when it is done, Ctrl-C to stop.

      """
    FileHandle.standardError.write(Data(text.utf8))
    while !stop.isSet {
      var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      if poll(&descriptor, 1, 0) > 0 {
        guard readLine() != nil else {
          throw CommandFailure("The terminal closed before the step was done: nothing was written.")
        }
        return
      }
      try whileWaiting()
    }
  }
}
