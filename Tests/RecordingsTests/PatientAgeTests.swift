// Ages as the data sets of PhysioNet write them into their headers.

import Recordings
import Testing

@Test(
  "the age is found in the comments of PhysioNet's data sets",
  arguments: [
    (["Age: 74", "Sex: Male", "Dx: 59118001"], 74),
    (["<age>: 51", "<sex>: F"], 51),
    (["<age>: 64 <sex>: M <diagnoses>: sinus bradycardia"], 64),
    (["69 M 1085 1629 x1", "Aldomet, Inderal"], 69),
    (["Age:0"], 0),
    (["Age: NaN", "Sex: Unknown"], nil),
    (["Age: 999"], nil),
    (["Voltage: 12", "Stage: 4"], nil),
    (["10 mm/mV"], nil),
    ([], nil),
  ] as [([String], Int?)])
func patientAge(comments: [String], years: Int?) {
  #expect(PatientAge.years(comments: comments) == years)
}
