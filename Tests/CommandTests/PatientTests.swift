// Whom the monitor watches and who acts on its alarms, as the command line sees it.

import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct PatientTests {
  @Test("a restart goes on with the patient, the limits and the alarms that nobody has seen")
  func restart() throws {
    let folder = try TemporaryFolder()
    let state = folder.path + "/state"
    let patient = TestData.repository + "/docs/patient-example.json"
    func run(_ script: String, _ more: String...) throws -> Run {
      try Run(
        arguments: [
          "monitor", "--source", "sim:" + script, "--speed", "max", "--seconds", "14", "--json",
          "--state", state,
        ] + more)
    }
    func told(_ run: Run, _ phase: String) -> Set<String> {
      Set(
        run.lines.filter { $0["phase"] as? String == phase }
          .compactMap { $0["condition"] as? String })
    }
    let first = try run("asystole?onset=6", "--patient", patient)
    #expect(first.status == 0, "\(first.complaint)")
    #expect(told(first, "start").contains("asystole"))
    #expect(told(first, "off") == ["irregularRhythm", "finding.AFIB"])
    let second = try run("nsr?hr=72")
    #expect(told(second, "latched") == ["asystole"], "\(second.complaint)")
    #expect(told(second, "off") == ["irregularRhythm", "finding.AFIB"])
    let other = try run("nsr?hr=72", "--new-patient")
    #expect(told(other, "latched").isEmpty && told(other, "off").isEmpty)
  }

  /// What a patient's file, then perhaps another one, leaves on a monitor that starts again.
  private func restarted(_ before: String, _ after: String) throws -> (
    off: Set<String>, latched: Int
  ) {
    let folder = try TemporaryFolder()
    let state = folder.path + "/state"
    func run(_ script: String, _ patient: String) throws -> Run {
      try Run(
        arguments: [
          "monitor", "--source", "sim:" + script, "--speed", "max", "--seconds", "12", "--json",
          "--state", state, "--patient", try folder.write("patient.json", patient),
        ])
    }
    let first = try run("asystole?onset=6", before)
    #expect(first.status == 0, "\(first.complaint)")
    let lines = try run("nsr?hr=72", after).lines
    func told(_ phase: String) -> [String] {
      lines.filter { $0["phase"] as? String == phase }.compactMap { $0["condition"] as? String }
    }
    return (Set(told("off")), told("latched").count)
  }

  @Test(
    "an edited file goes before what is remembered, as far as it says anything; the same one does not"
  )
  func edited() throws {
    func file(_ patient: String, _ alarms: String) -> String {
      #"{"schemaVersion": 1, "patient": {\#(patient)}, "alarms": {\#(alarms)}}"#
    }
    let off = #""irregularRhythm": {"off": true}, "tachycardia": {"off": true}"#
    let edited = #""irregularRhythm": {"off": false}, "pause": {"off": true}"#
    for person in [#""id": "7""#, #""name": "Ana""#] {
      let same = try restarted(file(person, off), file(person, off))
      #expect(same.off == ["irregularRhythm", "tachycardia"] && same.latched == 1, "\(person)")
      let other = try restarted(file(person, off), file(person, edited))
      #expect(other.off == ["tachycardia", "pause"] && other.latched == 1, "\(person)")
    }
    // Who has neither number nor name is somebody else when the file is another one.
    let unknown = try restarted(file("", off), file("", edited))
    #expect(unknown.off == ["pause"] && unknown.latched == 0)
    let sameUnknown = try restarted(file("", off), file("", off))
    #expect(sameUnknown.off == ["irregularRhythm", "tachycardia"] && sameUnknown.latched == 1)
  }

  @Test("who may enter the state folder acts on a running monitor from elsewhere")
  func operatorsDoor() throws {
    let folder = try TemporaryFolder()
    let state = folder.path + "/s"
    let monitor = Run.process([
      "monitor", "--source", "sim:nsr?hr=72", "--json", "--state", state,
    ])
    let output = Pipe()
    monitor.standardOutput = output
    try monitor.run()
    defer { monitor.terminate() }
    // A line each second: the first says that the door is there.
    var text = Data()
    func wait(for word: String) {
      while text.range(of: Data(word.utf8)) == nil {
        let more = output.fileHandleForReading.availableData
        if more.isEmpty { return }
        text.append(more)
      }
    }
    wait(for: "heartRateBPM")
    #expect(
      try Run("alarms", "do", "pause", "60", "--by", "Nurse Ben", "--state", state).status == 0)
    wait(for: "audioPauseSecondsLeft\":60")
    #expect(try Run("alarms", "do", "off", "tachycardia", "--state", state).status == 0)
    wait(for: "alarmsOff\":[\"tachycardia\"]")
    let refusal = try Run("alarms", "do", "off", "asystole", "--state", state)
    #expect(refusal.status == 64 && refusal.complaint.contains("may not be off"))
    monitor.interrupt()
    monitor.waitUntilExit()
    #expect(monitor.terminationStatus == 0)
    #expect(try Run("alarms", "do", "resume", "--state", state).refused("No monitor answers"))
    // The log says who it was, where a name was given.
    let log = try Run("alarms", "--state", state, "--json").lines
    let acts = log.filter { $0["kind"] as? String == "operator" }
    #expect(acts.compactMap { $0["phase"] as? String } == ["audioPaused", "off"])
    #expect(acts.first?["person"] as? String == "Nurse Ben" && acts.last?["person"] is NSNull)
  }

  @Test("a patient's file that asks for what is not safe is refused with the bound")
  func unsafeLimits() throws {
    let folder = try TemporaryFolder()
    try folder.write("p.json", #"{"schemaVersion": 1, "limits": {"asystoleSeconds": 60}}"#)
    let path = folder.path + "/p.json"
    #expect(
      try Run("monitor", "--source", "sim:nsr", "--patient", path, "--json")
        .refused("p.json", "asystoleSeconds", "from 3 to 6"))
    #expect(
      try Run("monitor", "--source", "sim:nsr", "--patient", "/nowhere.json", "--json")
        .refused("/nowhere.json", "--patient"))
  }
}
