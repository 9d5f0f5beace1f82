// `ecgclip alarms test`: whether lamp, loudspeaker, buzzer and alert link do what an alarm asks of them, marked as a
// test.

import AlarmLog
import Alarms
import Annunciator
import ArgumentParser
import CLinux
import LinuxDevices
import Monitor

struct AlarmsTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Sound and light each priority once and send one alert, marked as a test.",
    discussion: """
      One long note stands before every burst, so that nobody takes it for an alarm; tell the \
      people in the room all the same. With --alert a test alert goes to the central station, \
      which shows it as TEST; its receipt is waited for. Stop a monitor on the same devices or \
      state folder before: they are its own while it runs.

      The test is written into the alarm log of --state, or of the usual folder where a monitor \
      has run before.

        ecgclip alarms test
        ecgclip alarms test --profile ward-7 --priority high
        ecgclip alarms test --sound Headphones --lamp red=17,yellow=27,cyan=22 \\
          --buzzer 18
        ecgclip alarms test --sound alarms.wav
        ecgclip alarms test --sound none --alert udp://192.168.4.1:5514 \\
          --alert-key bed-7.key

      Exit status: 0 all parts worked, 1 one did not, 2 there is nothing to test. Whether \
      somebody hears it, 'ecgclip calibrate audio' asks.
      """)

  @OptionGroup var options: AnnunciatorOptions

  @OptionGroup var alerts: AlertOptions

  @Option(help: StateFolder.help)
  var state: String?

  @Option(help: "The name of whoever tests, for the alarm log.")
  var by: String?

  @Option(help: "Board profile that names the devices: a name in firmware-config or a path.")
  var profile: String?

  @Option(help: "Only this priority. Repeatable.")
  var priority: [AlarmPriority] = []

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let stop = StopFlag()
    let signals = StopSignals(stop)
    defer { signals.cancel() }
    let wiring = try profile.flatMap { try BoardProfile.load(named: $0).alarm }
    let annunciator = try options.annunciator(profile: wiring, isLive: true)
    guard
      annunciator.loudspeakerName != nil || annunciator.hasLamp || annunciator.hasBuzzer
        || alerts.alert != nil
    else {
      throw CommandFailure("There is nothing to test: name --sound, --lamp, --buzzer or --alert.")
    }
    let place = try place()
    defer { withExtendedLifetime(place) {} }
    let priorities = priority.isEmpty ? AlarmPriority.allCases.reversed() : priority
    var parts: [AlarmTestPart] = []
    if annunciator.loudspeakerName != nil || annunciator.hasLamp {
      parts += exercise(annunciator, priorities, stop)
    }
    // While a loudspeaker sounds the buzzer is silent: it has its own turn.
    if annunciator.hasBuzzer {
      parts += exercise(annunciator.buzzerAlone, priorities, stop)
    }
    if let alert = alerts.alert, let place, !stop.isSet {
      parts.append(testLink(alert, place, stop))
    }
    if let place, !stop.isSet { log(parts, place) }
    try report(AlarmTestObject(priorities: priorities.map(\.name), parts: parts))
  }

  /// Each priority once, and what became of it.
  private func exercise(
    _ annunciator: Annunciator, _ priorities: [AlarmPriority], _ stop: StopFlag
  ) -> [AlarmTestPart] {
    annunciator.start()
    defer { annunciator.stop() }
    // The lamp's greeting first, by which also the loudspeaker is open.
    Self.wait(1.5, stop)
    for (index, priority) in priorities.enumerated() where !stop.isSet {
      if !json { print(Self.announcement(priority, annunciator)) }
      annunciator.cell.publish(
        Annunciation(
          light: priority, sound: priority, onset: UInt16(index + 1), isTest: true))
      let burst = AlarmBurst(priority)
      Self.wait(AlarmBurst.testMark.periodSeconds + burst.seconds + 0.5, stop)
      annunciator.cell.publish(Annunciation(onset: UInt16(index + 1)))
      Self.wait(0.5, stop)
    }
    return AlarmTestPart.all(annunciator)
  }

  /// The folder of the monitor that has these alarms, and the right to it, which a monitor has while it runs.
  private struct Place {
    let folder: StateFolder
    let claim: Result<StateClaim, StateFolderError>
  }

  /// Nil where no monitor has run here and nothing asks for a folder.
  private func place() throws -> Place? {
    let folder =
      state == nil && alerts.alert == nil
      ? try? StateFolder.existing(named: nil) : try StateFolder.open(named: state, isLive: true)
    return folder.map { folder in
      Place(
        folder: folder,
        claim: Result { () throws(StateFolderError) in
          try StateClaim("monitor", in: folder, remedy: Self.linkIsInUse)
        })
    }
  }

  /// Writes down that the alarms were tested. A monitor that runs has its log to itself.
  private func log(_ parts: [AlarmTestPart], _ place: Place) {
    let folder = place.folder
    guard case .success = place.claim else {
      return JSONOutput.complain(
        "The test is not in the alarm log: a monitor has \(folder.path) to itself while it runs.")
    }
    do throws(AlarmLogError) {
      let log = try AlarmLog(path: folder.alarmLog)
      try log.append([
        .alarmTest(
          worked: parts.filter(\.passed).map(\.part),
          failed: parts.filter { !$0.passed }.map(\.part), person: by)
      ])
    } catch {
      JSONOutput.complain("The test is not in the alarm log. \(error)")
    }
  }

  /// A test alert to the central station, in the name of the monitor whose state folder it is.
  private func testLink(_ alert: String, _ place: Place, _ stop: StopFlag) -> AlarmTestPart {
    do {
      // Where another has the folder, this says so.
      _ = try place.claim.get()
      guard let configure = try alerts.configuration(place.folder) else {
        throw CommandFailure("--alert needs --alert-key.")
      }
      if !json { print("TEST, an alert to \(alert)") }
      let configuration = configure { JSONOutput.complain($0) }
      return AlarmTestPart(link: alert, try LinkTest(configuration, stop: stop))
    } catch {
      return AlarmTestPart(link: alert, problem: "\(error)")
    }
  }

  /// Two that count on one outbox would count a number twice; and of two lives of one key the central station believes
  /// the later alone.
  private static let linkIsInUse =
    "stop it for this test. While it runs the link is its own, and it alarms by itself when the central "
    + "station does not answer. Do not test its key with another folder: it would not be believed any more."

  private static func announcement(_ priority: AlarmPriority, _ annunciator: Annunciator) -> String
  {
    let pattern = LampPattern(priority)
    let flashing = pattern.flashHz.map { "flashing \($0) times a second" } ?? "steady"
    var words = "TEST, \(priority.name) priority:"
    if annunciator.loudspeakerName != nil || annunciator.hasBuzzer {
      words += " one long note, then \(AlarmBurst(priority).pulses.count) pulses"
    }
    if annunciator.hasLamp { words += "; \(pattern.colour.rawValue) light, \(flashing)" }
    return words
  }

  private static func wait(_ seconds: Double, _ stop: StopFlag) {
    let end = clinux_monotonic_nanoseconds() + UInt64(seconds * 1e9)
    while !stop.isSet && clinux_monotonic_nanoseconds() < end {
      clinux_sleep_nanoseconds(20_000_000)
    }
  }

  private func report(_ result: AlarmTestObject) throws {
    if json {
      try JSONOutput.print(result)
    } else {
      for part in result.parts { print(part) }
    }
    if !result.passed { throw ExitCode(1) }
  }
}
