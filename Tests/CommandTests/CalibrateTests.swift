// `ecgclip calibrate` as a technician runs it, on the simulated patient: what needs a front-end that takes commands is
// refused, what needs only its samples is measured.

import Foundation
import TestSupport
import Testing

@Suite struct CalibrateTests {
  @Test("a measurement that passes is 0, one that fails is 1, and both stay in the device's file")
  func passesAndFails() throws {
    let bench = try CalibrationBench()
    let good = try bench.mains("nsr")
    #expect(good.status == 0, "\(good.complaint)")
    let object = try good.object()
    #expect(object["passed"] as? Bool == true && object["simulated"] as? Bool == true)
    #expect(object["operator"] as? String == "m.rossi" && object["path"] as? String == bench.file)
    let values = try #require(object["values"] as? [[String: Any]])
    #expect(values.contains { $0["mainsResidualMicrovolts"] != nil && $0["of"] as? String == "II" })

    let bad = try bench.mains("nsr?mains=3000&mainshz=50.4")
    #expect(bad.status == 1)
    #expect(try bad.object()["passed"] as? Bool == false)

    let shown = try bench.run(
      "calibrate", "show", "--device", "simulated", "--folder", bench.folder.path)
    #expect(shown.status == 1)
    #expect(
      shown.output.contains("2 measurements, seal good") && shown.output.contains("FAILED mains"))
  }

  @Test("a short by hand that is none fails: somebody's heart is on the electrodes")
  func noShort() throws {
    let bench = try CalibrationBench()
    for kind in ["offset", "noise"] {
      let run = try bench.run(
        "calibrate", kind, "--source", "sim:nsr", "--speed", "max", "--assume-ready", "--folder",
        bench.folder.path, "--json")
      #expect(run.status == 1, "\(kind): \(run.complaint)")
      let values = try #require(try run.object()["values"] as? [[String: Any]])
      let second = values.first { $0["of"] as? String == "II" }
      #expect((second?["note"] as? String)?.contains("tie the electrodes together") == true)
    }
  }

  @Test(
    "a board that takes no commands is shorted by hand: a technician is asked, presses Enter, and it is measured"
  )
  func shortByHand() throws {
    let bench = try CalibrationBench()
    // asystole: nothing at the inputs but the converter's own noise.
    let technician = try LivingProgram(onTerminal: [
      "calibrate", "offset", "--source", "sim:asystole", "--seconds", "1", "--folder",
      bench.folder.path, "--dry-run",
    ])
    try technician.shows("Tie all its electrodes together at the reference electrode")
    technician.press("\n")
    try technician.shows("PASSED, not written")
  }

  @Test("a dry run writes nothing, not even a key")
  func dryRun() throws {
    let bench = try CalibrationBench()
    let run = try bench.run(
      "calibrate", "mains", "--source", "sim:nsr", "--speed", "max", "--assume-ready", "--dry-run",
      "--folder", bench.folder.path)
    #expect(run.status == 0 && run.output.contains("PASSED, not written"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: bench.folder.path).isEmpty)
  }

  @Test("what cannot be measured is one sentence and status 2")
  func refusals() throws {
    let bench = try CalibrationBench()
    for kind in ["gain", "supply", "temperature"] {
      let run = try bench.run(
        "calibrate", kind, "--source", "sim:nsr", "--speed", "max", "--folder", bench.folder.path)
      #expect(run.refused("cannot connect its inputs"), "\(kind): \(run.complaint)")
    }
    for kind in ["offset", "noise"] {
      let run = try bench.run(
        "calibrate", kind, "--source", "sim:nsr", "--folder", bench.folder.path)
      #expect(run.refused("Tie all its electrodes together", "--assume-ready"), "\(kind)")
    }
    // Where libgpiod is not installed, as in the emulator, that is the sentence.
    let lamp = try bench.run(
      "calibrate", "latency", "--source", "sim:nsr", "--lamp", "no-chip:17")
    #expect(lamp.refused("no-chip") || lamp.refused("libgpiod is not installed"))
    let alone = try bench.run(
      "calibrate", "leads", "--source", "sim:nsr", "--folder", bench.folder.path)
    #expect(alone.refused("--assume-ready", "Connect all electrodes"))
    #expect(
      try bench.run("calibrate", "show", "--device", "bench-9", "--folder", bench.folder.path)
        .refused("bench-9"))
    #expect(
      try bench.run("calibrate", "gain", "--source", "sim:nsr", "--external", "1 kg").status == 64)
  }

  @Test("a monitor uses its calibration, tells what it lacks, and refuses one that was changed")
  func monitor() throws {
    let bench = try CalibrationBench()
    #expect(try bench.mains("nsr").status == 0)
    let monitor = [
      "monitor", "--source", "sim:nsr", "--speed", "max", "--seconds", "2", "--json",
      "--calibration", bench.file,
    ]
    let told = try Run(arguments: monitor, environment: bench.environment)
    #expect(told.status == 0, "\(told.complaint)")
    let problem = told.lines.first { $0["type"] as? String == "problem" }
    #expect((problem?["message"] as? String)?.contains("Gain, offset, clock of simulated") == true)
    #expect((told.lines.last?["warnings"] as? [String])?.count == 1)

    let text = try String(contentsOfFile: bench.file, encoding: .utf8)
    try text.replacing("m.rossi", with: "n.rossi")
      .write(toFile: bench.file, atomically: true, encoding: .utf8)
    let changed = try Run(arguments: monitor, environment: bench.environment)
    #expect(changed.refused("changed after it was sealed", "calibrate again"))
  }

  @Test("an emulated board passes over its bridge, and its inputs are back on the electrodes")
  func overTheBridge() throws {
    let bench = try CalibrationBench()
    let emulator = try Emulator("--simulation", "nsr")
    for kind in ["supply", "offset"] {
      let run = try bench.run(
        "calibrate", kind, "--profile", "pico-ads1298", "--source", "serial:" + emulator.port,
        "--assume-ready", "--folder", bench.folder.path, "--json")
      #expect(run.status == 0, "\(kind): \(run.complaint)")
    }
    let monitor = try Run(
      "monitor", "--profile", "pico-ads1298", "--source", "serial:" + emulator.port, "--seconds",
      "2",
      "--json")
    #expect(monitor.status == 0 && monitor.lines.last?["samplesLost"] as? Int == 0)
    #expect(monitor.lines.first?["provenance"] as? String == "simulated")
  }
}
