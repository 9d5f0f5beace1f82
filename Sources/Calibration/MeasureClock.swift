// How fast the front-end really samples, by this machine's monotonic clock.

import Devices
import ECGSignal

extension FieldMeasurement {
  /// The clock's error, from the fit of `SampleClock`. `hostPartsPerMillion`: how far this machine's own clock may be
  /// off; it and the fit are independent, their squares add.
  static func clock(
    _ fit: ClockFit?, seconds: Double, hostPartsPerMillion: Double, source: SampleClockSource
  ) -> FieldMeasurement {
    let scatter = fit?.uncertaintyPartsPerMillion ?? .nan
    return FieldMeasurement(
      .clock, method: "arrival of samples by this machine's clock",
      conditions: ["seconds": seconds, "hostPartsPerMillion": hostPartsPerMillion],
      values: [
        MeasuredValue(
          "clock", .clockPartsPerMillion, fit?.partsPerMillion ?? .nan,
          uncertainty: (scatter * scatter + hostPartsPerMillion * hostPartsPerMillion).squareRoot(),
          limits: .clockPartsPerMillion(source),
          note: fit == nil ? "arrivals tell no rate: measure for longer, at real speed" : nil)
      ])
  }
}
