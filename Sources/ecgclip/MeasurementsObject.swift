// The measurements of a recording as `ecgclip screen` prints them.

import ECGSignal
import Monitor
import SignalProcessing

/// The JSON object; what could not be measured is null.
struct MeasurementsObject: Encodable {
  struct InLead: Encodable {
    let pMicrovolts: Nullable<Float>
    let qMicrovolts: Nullable<Float>
    let rMicrovolts: Nullable<Float>
    let sMicrovolts: Nullable<Float>
    let tMicrovolts: Nullable<Float>
    let stMicrovolts: Nullable<Float>
  }

  let time: Double
  let heartRateBPM: Nullable<Double>
  let pDurationMilliseconds: Nullable<Double>
  let prMilliseconds: Nullable<Double>
  let qrsMilliseconds: Nullable<Double>
  let qtMilliseconds: Nullable<Double>
  let qtcBazettMilliseconds: Nullable<Double>
  let qtcFridericiaMilliseconds: Nullable<Double>
  let pAxisDegrees: Nullable<Double>
  let qrsAxisDegrees: Nullable<Double>
  let tAxisDegrees: Nullable<Double>
  let leads: [String: InLead]

  init(_ stretch: MeasuredStretch, leads recorded: LeadSet) {
    let found = stretch.measurements
    time = stretch.seconds
    heartRateBPM = Nullable(found.heartRateBPM)
    pDurationMilliseconds = Nullable(found.pDurationMilliseconds)
    prMilliseconds = Nullable(found.prMilliseconds)
    qrsMilliseconds = Nullable(found.qrsMilliseconds)
    qtMilliseconds = Nullable(found.qtMilliseconds)
    qtcBazettMilliseconds = Nullable(found.qtcBazettMilliseconds)
    qtcFridericiaMilliseconds = Nullable(found.qtcFridericiaMilliseconds)
    pAxisDegrees = Nullable(found.pAxisDegrees)
    qrsAxisDegrees = Nullable(found.qrsAxisDegrees)
    tAxisDegrees = Nullable(found.tAxisDegrees)
    leads = recorded.leads.reduce(into: [:]) { leads, lead in
      let measured = found.leads[Int(lead.rawValue)]
      leads[lead.name] = InLead(
        pMicrovolts: Nullable(measured.pMicrovolts), qMicrovolts: Nullable(measured.qMicrovolts),
        rMicrovolts: Nullable(measured.rMicrovolts), sMicrovolts: Nullable(measured.sMicrovolts),
        tMicrovolts: Nullable(measured.tMicrovolts), stMicrovolts: Nullable(measured.stMicrovolts))
    }
  }
}

extension Measurements {
  /// One line for people: what is not measurable is "--".
  var text: String {
    func number(_ value: Double?) -> String { value.map { "\(Int($0.rounded()))" } ?? "--" }
    return "PR \(number(prMilliseconds)), QRS \(number(qrsMilliseconds)), "
      + "QT \(number(qtMilliseconds)), QTcB \(number(qtcBazettMilliseconds)), "
      + "QTcF \(number(qtcFridericiaMilliseconds)) ms; axis P \(number(pAxisDegrees)), "
      + "QRS \(number(qrsAxisDegrees)), T \(number(tAxisDegrees)) degrees"
  }
}
