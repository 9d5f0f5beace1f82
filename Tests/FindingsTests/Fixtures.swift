// What the findings tests run on: the tiny model of the inference tests, and a real record in WFDB's
// format 16 (plain little-endian samples of all leads in turn).

import Foundation
import Inference
import TestSupport

enum Fixtures {
  static let tiny = Result {
    try Model(folder: TestData.repository + "/Tests/InferenceTests/Fixtures/tiny")
  }

  /// Ten seconds of PTB-XL at 500 Hz ("hr") or 100 Hz ("lr") as microvolts `[sample][12]` (1000 codes
  /// a millivolt).
  static func ptbxl(_ record: String, suffix: String = "hr") throws -> [[Float]] {
    let bytes = [UInt8](
      try Data(contentsOf: URL(filePath: TestData.path("ptbxl/native/\(record)_\(suffix).dat"))))
    let codes = stride(from: 0, to: bytes.count, by: 2).map {
      Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
    }
    return stride(from: 0, to: codes.count, by: 12).map { codes[$0..<$0 + 12].map(Float.init) }
  }

  /// A signal that never repeats within a test and differs by lead.
  static func synthetic(sampleCount: Int) -> [[Float]] {
    (0..<sampleCount).map { sample in
      (0..<12).map { lead in
        let beat = Float((sample * (lead + 3)) % 401) - 200
        return beat * 8 + Float((sample / 17 * 31 + lead * 7) % 97)
      }
    }
  }
}
