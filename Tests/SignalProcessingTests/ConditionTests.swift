// Pauses, runs of ventricular beats and shifts of the ST level as conditions that an alarm can go by.

import Alarms
import SignalProcessing
import Testing

@Test("a pause of three seconds is told when it is over, a long interval is none")
func pauseIsACondition() throws {
  let long = try SimulatedRun("asystole?onset=20&offset=22.4", seconds: 35)
  #expect(long.record.starts(of: .pause).count == 1)
  #expect(long.highAlarms == [])
  let short = try SimulatedRun("asystole?onset=20&offset=20.3", seconds: 35)
  #expect(short.record.starts(of: .pause) == [])
}

@Test("five ventricular beats in a row are a run, single ones and couplets are none")
func runIsACondition() throws {
  let runs = try SimulatedRun("nsr?pvc=20x5&onset=10", seconds: 60)
  #expect(runs.record.starts(of: .ventricularRun).count == 3)
  #expect(runs.record.starts(of: .ventricularTachycardia) == [])
  for script in ["nsr", "nsr?pvc=4&onset=10", "nsr?pvc=10x2&onset=10"] {
    #expect(try SimulatedRun(script, seconds: 60).record.starts(of: .ventricularRun) == [])
  }
}

@Test(
  "an ST level that leaves the patient's own by more than the limit is told after a minute",
  arguments: ["nsr?st=anterior:400", "nsr?st=inferior:-400"])
func shiftIsACondition(script: String) throws {
  let record = MonitoredRecord(
    try Signal(simulation: script + "&onset=130&rate=250", seconds: 240))
  let told = try #require(record.starts(of: .stShift).first)
  #expect((130 + 45...130 + 90).contains(told))
}

@Test("an ST level that was always so, or moves by less, is not")
func unshiftedIsNone() throws {
  for script in ["nsr?st=anterior:400", "nsr?st=anterior:100&onset=130", "nsr?block=lbbb"] {
    let record = MonitoredRecord(try Signal(simulation: script + "&rate=250", seconds: 240))
    #expect(record.starts(of: .stShift) == [], "\(script)")
  }
}
