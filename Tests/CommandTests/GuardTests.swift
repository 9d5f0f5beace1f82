// Monitor and guard as real processes: the monitor is stopped, killed, hung and started anew, and the guard says so.

import Annunciator
import CLinux
import Devices
import Foundation
import Glibc
import Guard
import Synchronization
import TestSupport
import Testing

/// A state folder with a monitor of the simulated patient and its guard.
private final class Bedside {
  let folder: TemporaryFolder
  var state: String { folder.path }

  init() throws {
    folder = try TemporaryFolder()
    chmod(folder.path, 0o700)
  }

  deinit { if let path = try? HeartbeatPlace.ofState(folder: state) { unlink(path) } }

  func monitor(_ more: String..., source: String = "sim:nsr") throws -> LivingProgram {
    try LivingProgram(["monitor", "--source", source, "--state", state, "--json"] + more)
  }

  func makeGuard(_ more: String...) throws -> LivingProgram {
    let program = try LivingProgram(["guard", "--state", state, "--json"] + more)
    try program.line { $0["type"] as? String == "start" }
    return program
  }
}

/// The highest level in a sound file, 0 to 32768.
private func loudest(_ path: String) -> Int {
  let bytes = FileManager.default.contents(atPath: path).map { [UInt8]($0.dropFirst(44)) } ?? []
  return stride(from: 0, to: bytes.count - 1, by: 2).map {
    abs(Int(Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)))
  }.max() ?? 0
}

extension [String: Any] {
  fileprivate var type: String? { self["type"] as? String }
}

/// A line with a lamp that the test looks at.
private final class LampLine: AlarmLamp, Sendable {
  private let lit = Atomic<Bool>(false)
  var isLit: Bool { lit.load(ordering: .relaxed) }
  func set(isLit: Bool) throws(SourceError) { lit.store(isLit, ordering: .relaxed) }

  /// Dark for longer than the dark half of a flash, which is below a second.
  func waitUntilDark() {
    var since = clinux_monotonic_nanoseconds()
    while clinux_monotonic_nanoseconds() - since < 2_000_000_000 {
      if isLit { since = clinux_monotonic_nanoseconds() }
      usleep(1000)
    }
  }
}

@Suite(.serialized) struct GuardTests {
  @Test(
    "SIGSTOP and SIGKILL of the monitor alarm within 5 s, until it is back; an end in order does not"
  )
  func stoppedAndKilled() throws {
    let bedside = try Bedside()
    let sound = bedside.state + "/heard.wav"
    let watcher = try bedside.makeGuard("--sound", sound)
    var monitor = try bedside.monitor()
    let watching = try watcher.line { $0.type == "watching" }
    #expect(loudest(sound) == 0)
    #expect(watching["monitorProcessID"] as? Int32 == monitor.processID)

    let stopped = clinux_monotonic_nanoseconds()
    monitor.signal(SIGSTOP)
    var alarm = try watcher.line { $0.type == "alarm" }
    #expect(alarm["lapse"] as? String == "stopped" && alarm["priority"] as? String == "high")
    #expect(try #require(alarm["silentSeconds"] as? Double) <= 5)
    // Nothing but silence until the alarm; then a burst.
    while loudest(sound) == 0 { usleep(10_000) }
    // The bar: from the signal to the first sample in the file.
    #expect(clinux_monotonic_nanoseconds() - stopped <= 5_000_000_000)
    watcher.signal(SIGUSR1)
    try watcher.line { $0.type == "acknowledged" }
    monitor.signal(SIGCONT)
    var back = try watcher.line { $0.type == "back" }
    #expect(back["restarted"] as? Bool == false)

    monitor.signal(SIGKILL)
    alarm = try watcher.line { $0.type == "alarm" }
    #expect(alarm["lapse"] as? String == "killed")
    #expect(try #require(alarm["silentSeconds"] as? Double) <= 5)
    monitor = try bedside.monitor()
    back = try watcher.line { $0.type == "back" }
    #expect(back["restarted"] as? Bool == true)
    #expect(back["monitorProcessID"] as? Int32 == monitor.processID)

    #expect(monitor.finish() == 0)
    #expect(try watcher.line { $0.type == "ended" || $0.type == "alarm" }.type == "ended")
    #expect(watcher.finish() == 0)
  }

  @Test(
    "the guard's lamp is lit within 5 s of SIGSTOP and of SIGKILL, and dark while the monitor runs")
  func lamp() throws {
    let bedside = try Bedside()
    let line = LampLine()
    let annunciator = Annunciator(
      loudspeaker: nil, lights: AlarmLights(red: 1, yellow: 0, cyan: 0) { [line] }, buzzer: nil)
    annunciator.start()
    defer { annunciator.stop() }
    let loop = GuardLoop(
      path: try HeartbeatPlace.ofState(folder: bedside.state), cells: [annunciator.cell],
      limits: MonitorWatch.Limits())
    let thread = loop.start(life: SignsOfLife())
    defer {
      loop.stop()
      thread.join()
    }
    var monitor = try bedside.monitor()
    for number in [SIGSTOP, SIGKILL] {
      try monitor.line { $0.type == "heartRate" }
      line.waitUntilDark()
      let sent = clinux_monotonic_nanoseconds()
      monitor.signal(number)
      while !line.isLit { usleep(1000) }
      #expect(clinux_monotonic_nanoseconds() - sent <= 5_000_000_000)
      if number == SIGSTOP { monitor.signal(SIGCONT) }
    }
    monitor = try bedside.monitor()
    try monitor.line { $0.type == "heartRate" }
    line.waitUntilDark()
    #expect(monitor.finish() == 0)
  }

  @Test(
    "a monitor that cannot open its front-end alarms as one that gave up; one that never starts, when it is expected"
  )
  func gaveUp() throws {
    let bedside = try Bedside()
    let expecting = try bedside.makeGuard("--start-within", "0.5")
    let never = try expecting.line { $0.type == "alarm" }
    #expect(never["lapse"] as? String == "neverStarted")
    let watcher = try bedside.makeGuard()
    let monitor = try bedside.monitor(source: "serial:\(bedside.state)/nothing?format=bridge")
    let alarm = try watcher.line { $0.type == "alarm" }
    #expect(alarm["lapse"] as? String == "failed")
    withExtendedLifetime(monitor) {}
  }

  @Test(
    "after SIGKILL patient, limits, latched and switched-off alarms are back; an audio pause and standby are not"
  )
  func restart() throws {
    let bedside = try Bedside()
    let patient = try bedside.folder.write(
      "bed3.json",
      """
      {"schemaVersion": 1, "patient": {"id": "bed 3", "name": "A. N. Other"},
       "limits": {"tachycardiaBPM": 130}, "alarms": {"irregularRhythm": {"off": true}}}
      """)
    // Asystole is latched, and somebody pauses the sound.
    let before = try LivingProgram(onTerminal: [
      "monitor", "--source", "sim:asystole?onset=3&offset=12", "--state", bedside.state,
      "--patient", patient,
    ])
    try before.shows("Asystole")
    before.press("p")
    try before.shows("AUDIO PAUSED")
    let file = bedside.state + "/alarm-state.json"
    try before.runs {
      (try? String(contentsOfFile: file, encoding: .utf8))?.contains("asystole") == true
    }
    before.signal(SIGKILL)

    let after = try bedside.monitor()
    let latched = try after.line { $0.type == "alarm" && $0["condition"] as? String == "asystole" }
    #expect(latched["phase"] as? String == "latched" && latched["cause"] as? String == "restart")
    var inactivations: [[String: Any]] = []
    try after.line { line in
      if line.type == "inactivation" { inactivations.append(line) }
      return line.type == "heartRate" && line["time"] as? Double ?? 0 >= 2
    }
    for line in inactivations {
      #expect(line["audioPauseSecondsLeft"] is NSNull && line["standby"] as? Bool == false)
    }
    #expect(inactivations.last?["alarmsOff"] as? [String] == ["irregularRhythm"])
    #expect(after.finish() == 0)
    // The limits, as the log has them of the run that was told nothing of the patient.
    let log = try Run("alarms", "--state", bedside.state, "--json").lines
    let starts = log.filter {
      $0["kind"] as? String == "system" && $0["phase"] as? String == "start"
    }
    let limits = try #require(starts.last?["limits"] as? [String: Any])
    #expect(starts.count == 2 && limits["tachycardiaBPM"] as? Double == 130)
  }

  @Test("standby ends by itself with a good ECG: what comes later alarms")
  func standbyEnds() throws {
    let bedside = try Bedside()
    // Eight seconds of signal a second: the key has 8 s, and 10 s of good ECG are over long before the heart stops.
    let monitor = try LivingProgram(onTerminal: [
      "monitor", "--source", "sim:asystole?onset=80", "--speed", "8", "--state", bedside.state,
    ])
    try monitor.shows("standby")
    monitor.press("s")
    try monitor.shows("STANDBY")
    try monitor.shows("Asystole")
    monitor.press("q")
  }

  @Test(
    "damaged files of the state are told, and the monitor runs with every alarm on",
    arguments: [
      ("alarm-state.json", "{\"off\": [\"asys"), ("alarm-state.json", ""),
      ("patient.json", "no JSON"),
      ("patient.json", "{\"schemaVersion\": 1, \"limits\": {\"tachycardiaBPM\": 900}}"),
    ])
  func damagedState(name: String, content: String) throws {
    let bedside = try Bedside()
    _ = try bedside.folder.write(name, content)
    let monitor = try bedside.monitor()
    let problem = try monitor.line { $0.type == "problem" }
    #expect((problem["message"] as? String)?.contains(name) == true)
    try monitor.line { $0.type == "heartRate" && $0["time"] as? Double ?? 0 >= 1 }
    #expect(monitor.finish() == 0)
  }
}
