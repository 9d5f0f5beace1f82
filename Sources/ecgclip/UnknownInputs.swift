// What is said of a front-end that neither tells what its inputs are on nor can be told to put them on the electrodes.

import Devices
import ECGSignal

enum UnknownInputs {
  /// A sentence for people, nil where the inputs are known. What is emulated is marked as that and nobody's heart.
  static func notice(_ format: SignalFormat, of source: any SampleSource) -> String? {
    guard format.provenance == .live && !source.knowsInputs else { return nil }
    return
      "\(format.sourceName): its inputs cannot be known, as its line neither tells them nor takes "
      + "commands. See that a patient's ECG is shown, and no test signal that a program left on."
  }
}
