// The words after `sim:`: what is understood, and that a refusal names what would be.

import Devices
import Testing

@testable import SimulatedDevices

@Test("every rhythm and test waveform is known by its name and plays")
func names() throws {
  for rhythm in PatientScript.Rhythm.allCases {
    #expect(try PatientScript(parsing: rhythm.rawValue).scene == .rhythm(rhythm))
  }
  for name in TestWaveform.names {
    guard case .waveform(let waveform) = try PatientScript(parsing: name).scene else {
      Issue.record("\(name) is no waveform")
      continue
    }
    #expect(waveform.name == name)
  }
}

@Test("options are read with their units")
func options() throws {
  let script = try PatientScript(
    parsing: "nsr?hr=80&base=65&onset=5&offset=9&seed=4&rate=250&pr=180&pvc=10x2&pac=trigeminy"
      + "&foci=2&block=rbbb&st=posterior:-150&mains=20&mainshz=60&muscle=8&motion=9&wander=1&noise=2"
      + "&leadoff=V2@20-40&hrv=0.5")
  #expect(script.heartRateBPM == 80 && script.baseRateBPM == 65)
  #expect(script.onsetSeconds == 5 && script.offsetSeconds == 9)
  #expect(script.seed == 4 && script.sampleRate == 250 && script.prSeconds == 0.18)
  #expect(script.ventricularEctopy == PatientScript.Ectopy(every: 10, count: 2))
  #expect(script.atrialEctopy == PatientScript.Ectopy(every: 3, count: 1))
  #expect(script.focusCount == 2 && script.block == .rbbb)
  #expect(script.wall == .posterior && script.stMicrovolts == -150)
  #expect(script.mainsMicrovolts == 20 && script.mainsHz == 60)
  #expect(script.muscleMicrovolts == 8 && script.motionMicrovolts == 9)
  #expect(script.wanderMicrovolts == 1 && script.noiseMicrovolts == 2 && script.variability == 0.5)
  let off = PatientScript.ElectrodeOff(electrode: "V2", from: 20, until: 40)
  #expect(script.electrodeOff == off)
  #expect(try PatientScript(parsing: "flutter?conduction=variable").conduction == 0)
  #expect(try PatientScript(parsing: "flutter?conduction=3").heartRateBPM == 100)
  #expect(try PatientScript(parsing: "tachy").heartRateBPM == 140)
}

@Test(
  "what is not understood is named with what would be",
  arguments: [
    ("tango", ["tango", "nsr", "flutter", "asystole", "ec13-3a"]), ("", ["nsr"]),
    ("nsr?pulse=3", ["pulse", "hr", "pvc", "leadoff"]), ("nsr?hr", ["hr", "key=value"]),
    ("nsr?hr=fast", ["hr=fast", "10.0", "320.0"]), ("nsr?hr=nan", ["hr=nan"]),
    ("nsr?block=left", ["left", "lbbb", "rbbb"]), ("nsr?st=septal:100", ["septal", "anterior"]),
    ("nsr?pvc=often", ["often", "bigeminy", "10x2"]), ("nsr?pvc=4x4", ["4x4"]),
    ("nsr?pvc=1", ["pvc=1"]), ("vf?pvc=4", ["pvc=", "vf", "nsr"]),
    ("vt?block=lbbb", ["block=", "af"]),
    ("nsr?failcapture=2", ["failcapture=", "vvi"]), ("nsr?gain=2", ["gain=", "ec13"]),
    ("ec13-3a?hr=90", ["hr=", "ec13-3a"]), ("ec13-3a?pvc=2", ["pvc=", "ec13-3a"]),
    ("flutter?conduction=9", ["conduction=9", "variable"]), ("nsr?leadoff=V2", ["V2@20-40"]),
    ("nsr?leadoff=N@3", ["leadoff=N@3"]), ("af?onset=20&offset=10", ["offset", "onset"]),
  ])
func refusals(script: String, words: [String]) {
  #expect {
    try PatientScript(parsing: script)
  } throws: { error in
    words.allSatisfy { "\(error)".contains($0) }
  }
}
