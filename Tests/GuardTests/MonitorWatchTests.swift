// The rules of the guard, with handed-in time: every way in which a monitor can be away, and every way back.

import TestSupport
import Testing

@testable import Guard

/// A monitor and a guard that looks ten times a second.
private struct Scene {
  var watch: MonitorWatch
  var beat = Heartbeat(
    processID: 100, startNanoseconds: 1, phase: .starting,
    turns: [.acquisition: 0, .processing: 0, .sound: 0])
  var process = ProcessState.present
  /// What the guard finds instead of the heartbeat.
  var instead: HeartbeatReading?
  /// Loops that do not turn.
  var standing: Set<WatchedLoop> = []
  var isFrozen = false
  var seconds = 50.0
  var told: [(seconds: Double, notice: GuardNotice)] = []

  init(_ change: (inout MonitorWatch.Limits) -> Void = { _ in }) {
    var limits = MonitorWatch.Limits()
    change(&limits)
    watch = MonitorWatch(limits: limits)
  }

  mutating func run(_ duration: Double) {
    for _ in 0..<Int((duration * 10).rounded()) {
      seconds += 0.1
      if beat.phase == .running && !isFrozen {
        for loop in beat.turns.keys where !standing.contains(loop) { beat.turns[loop]! += 3 }
      }
      let reading = instead ?? .beat(beat)
      let state = process
      if let notice = watch.look(reading, at: seconds, process: { _ in state }) {
        told.append((seconds, notice))
      }
      if let notice = watch.keepSilence(at: seconds) { told.append((seconds, notice)) }
    }
  }

  /// Starts a run of a monitor that is watched, and forgets what was told of it.
  mutating func startRunning() {
    beat.phase = .running
    run(2)
    told = []
  }

  /// Another process takes over.
  mutating func restart() {
    beat.processID += 1
    beat.startNanoseconds += 1_000_000_000
    beat.phase = .starting
    for loop in beat.turns.keys { beat.turns[loop] = 0 }
    process = .present
    isFrozen = false
  }

  var notices: [GuardNotice] { told.map(\.notice) }

  var alarms: [Lapse] {
    notices.compactMap { if case .alarm(let lapse, _) = $0 { lapse } else { nil } }
  }
}

@Test("a monitor that runs is told once, and nothing more in an hour")
func quiet() {
  var scene = Scene()
  scene.run(1)
  scene.beat.phase = .running
  scene.run(3600)
  #expect(scene.notices == [.watching])
}

@Test(
  "killed, stopped, hanging, its heartbeat gone or damaged: one alarm that says so, 3 s after the last sign of life",
  arguments: [
    Lapse.killed, .stopped, .hanging(.acquisition), .hanging(.processing), .hanging(.sound),
    .heartbeatGone, .heartbeatUnreadable,
  ])
func lapses(_ lapse: Lapse) throws {
  var scene = Scene()
  scene.startRunning()
  let since = scene.seconds
  switch lapse {
  case .killed: (scene.isFrozen, scene.process) = (true, .gone)
  case .stopped: (scene.isFrozen, scene.process) = (true, .stopped)
  case .hanging(let loop): scene.standing = [loop]
  case .heartbeatGone: scene.instead = .absent
  default: scene.instead = .unreadable
  }
  scene.run(60)
  #expect(scene.alarms == [lapse] && scene.notices.count == 1)
  let told = try #require(scene.told.first)
  #expect(told.seconds - since <= 3.11)
  guard case .alarm(_, let silent) = told.notice else { return }
  #expect(abs(silent - (told.seconds - since)) < 0.001)
  #expect(scene.watch.lapse == lapse)
}

@Test("a monitor that goes on after SIGSTOP is back, by the same process")
func resumes() {
  var scene = Scene()
  scene.startRunning()
  (scene.isFrozen, scene.process) = (true, .stopped)
  scene.run(10)
  (scene.isFrozen, scene.process) = (false, .present)
  scene.run(10)
  #expect(scene.alarms == [.stopped] && scene.notices.count == 2)
  guard case .back(let silent, let restarted) = scene.notices[1] else {
    Issue.record("\(scene.notices)")
    return
  }
  #expect(!restarted && abs(silent - 10) < 0.3)
  #expect(scene.watch.lapse == nil)
}

@Test("a restart within the patience sounds nothing, and is told")
func quickRestart() {
  var scene = Scene()
  scene.startRunning()
  (scene.isFrozen, scene.process) = (true, .gone)
  scene.run(0.6)
  scene.restart()
  scene.run(1)
  scene.beat.phase = .running
  scene.run(10)
  #expect(scene.alarms.isEmpty)
  guard scene.notices.count == 1, case .back(let silent, let restarted) = scene.notices[0] else {
    Issue.record("\(scene.notices)")
    return
  }
  #expect(restarted && silent > 1.5 && silent < 2)
}

@Test("a monitor that dies at each start alarms as soon as one that is dead")
func crashLoop() {
  var scene = Scene()
  scene.startRunning()
  let since = scene.seconds
  for _ in 0..<20 {
    scene.restart()
    scene.run(0.5)
  }
  #expect(scene.alarms == [.notStarting])
  #expect(scene.told[0].seconds - since <= 3.11)
  scene.beat.phase = .running
  scene.run(1)
  #expect(scene.watch.lapse == nil)
}

@Test("a start has 20 s, whatever the front-end takes, and a kill during it is a kill")
func start() {
  var scene = Scene()
  scene.run(19.8)
  #expect(scene.notices.isEmpty)
  scene.run(1)
  #expect(scene.alarms == [.notStarting])

  scene = Scene()
  scene.run(1)
  scene.process = .gone
  scene.run(3)
  #expect(scene.alarms == [.killed])
}

@Test("an end in order is no alarm, and ends one")
func endsInOrder() {
  var scene = Scene()
  scene.startRunning()
  scene.beat.phase = .ended
  (scene.isFrozen, scene.process) = (true, .gone)
  scene.run(3600)
  scene.instead = .absent
  scene.run(3600)
  #expect(scene.notices == [.ended])

  scene = Scene()
  scene.startRunning()
  scene.standing = [.sound]
  scene.run(5)
  scene.beat.phase = .ended
  scene.run(5)
  #expect(scene.alarms == [.hanging(.sound)] && scene.notices.last == .ended)
  #expect(scene.watch.lapse == nil)
}

@Test("a monitor that gave up alarms at once")
func gaveUp() {
  var scene = Scene()
  scene.startRunning()
  scene.beat.phase = .failed
  scene.run(0.1)
  #expect(scene.alarms == [.failed])
}

@Test("without a monitor a guard is silent, unless it was told to expect one")
func neverStarted() {
  var scene = Scene()
  scene.instead = .absent
  scene.run(600)
  #expect(scene.notices.isEmpty)

  scene = Scene { $0.firstStartSeconds = 30 }
  scene.instead = .absent
  scene.run(29.9)
  #expect(scene.notices.isEmpty)
  scene.run(0.3)
  #expect(scene.alarms == [.neverStarted])
  scene.instead = nil
  scene.beat.phase = .running
  scene.run(1)
  #expect(scene.watch.lapse == nil && scene.notices.count == 2)
}

@Test("a guard that starts beside a dead monitor alarms")
func startsBesideTheDead() {
  var scene = Scene()
  scene.beat.phase = .running
  (scene.isFrozen, scene.process) = (true, .gone)
  scene.run(3.2)
  #expect(scene.alarms == [.killed])
}

@Test("an acknowledgement lasts for its alarm, not for the next")
func acknowledgement() {
  var scene = Scene()
  scene.watch.acknowledge()
  scene.startRunning()
  (scene.isFrozen, scene.process) = (true, .stopped)
  scene.run(9)
  #expect(!scene.watch.isSilent, "nobody has come since it sounds")
  scene.watch.acknowledge()
  scene.run(0.1)
  #expect(scene.watch.isSilent && scene.notices.last == .acknowledged(silentSeconds: 120))
  #expect(scene.watch.annunciation(onset: 0).light == .high)
  #expect(
    scene.watch.annunciation(onset: 0).sound == nil && scene.watch.annunciation(onset: 0).reminds)
  // What is learned of the same alarm sounds no more.
  scene.process = .gone
  scene.run(5)
  #expect(scene.alarms == [.stopped, .killed] && scene.watch.isSilent)
  scene.restart()
  scene.beat.phase = .running
  scene.run(2)
  #expect(!scene.watch.isSilent)
  scene.standing = [.processing]
  scene.run(5)
  #expect(scene.watch.lapse == .hanging(.processing) && !scene.watch.isSilent)
}

@Test(
  "silence lasts 120 s and comes back while the monitor is away; a press meanwhile does not prolong it"
)
func silenceIsBounded() {
  var scene = Scene()
  scene.startRunning()
  (scene.isFrozen, scene.process) = (true, .gone)
  scene.run(20)
  scene.told = []
  scene.watch.acknowledge()
  scene.run(0.1)
  let since = scene.seconds
  scene.run(60)
  scene.watch.acknowledge()
  scene.run(59.8)
  #expect(scene.watch.isSilent)
  scene.run(0.3)
  #expect(scene.notices == [.acknowledged(silentSeconds: 120), .soundsAgain])
  #expect(abs((scene.told.last?.seconds ?? 0) - since - 120) < 0.15)
  #expect(scene.watch.annunciation(onset: 0).sound == .high)
}

/// Whatever the button's line does, stuck, bouncing or picking up noise.
@Test(
  "no button makes a guard mute: five seconds are heard before every silence", arguments: 0..<20)
func noisyButton(seed: UInt64) {
  var random = SeededRandom(seed: seed)
  var scene = Scene()
  scene.startRunning()
  (scene.isFrozen, scene.process) = (true, .gone)
  let pressesOf100 = [1, 10, 50, 100][Int(seed % 4)]
  var heard = 0
  var silent = 0
  for _ in 0..<20_000 {
    if Int.random(in: 0..<100, using: &random) < pressesOf100 { scene.watch.acknowledge() }
    scene.run(0.1)
    guard scene.watch.lapse != nil else { continue }
    if scene.watch.isSilent {
      if silent == 0 && heard < 50 { Issue.record("silent after \(heard) tenths") }
      silent += 1
      heard = 0
    } else {
      if silent > 1201 { Issue.record("silent for \(silent) tenths") }
      silent = 0
      heard += 1
    }
  }
  #expect(scene.notices.count > 20, "nobody pressed: the test shows nothing")
}

@Test("a computer that stood still as a whole is no dead monitor")
func guardHeldUp() {
  var scene = Scene()
  scene.startRunning()
  // Both were frozen for a minute; the guard happens to run first.
  scene.seconds += 60
  scene.isFrozen = true
  scene.run(0.3)
  scene.isFrozen = false
  scene.run(10)
  #expect(scene.alarms.isEmpty)
  // It is, when it stays so.
  scene.seconds += 60
  (scene.isFrozen, scene.process) = (true, .gone)
  scene.run(0.7)
  #expect(scene.alarms == [.killed])
}
