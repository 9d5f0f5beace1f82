// Who acted: a number in the hot path, a name for whoever reads.

import Alarms
import Testing

@Test("everybody has a number of their own, the same each time; nobody has the name of another")
func peopleAreKnown() {
  let people = AlarmPeople()
  let names = (0..<5000).map { "nurse \($0)" }
  let persons = names.map { people.person(named: $0) }
  #expect(persons == names.map { people.person(named: $0) })
  for (name, person) in zip(names, persons) {
    #expect([name, nil].contains(people.name(of: person)))
  }
  #expect(persons.filter { people.name(of: $0) != nil }.count == 4096)
}

@Test(
  "a name holds nothing that a terminal would obey, and is no longer than a line has room for",
  arguments: [
    ("\u{1B}[2JEve\r\n", "[2JEve"), ("", nil), ("\u{7}\u{0}", nil), ("\u{202E}Ana", "Ana"),
    ("José Łąka 山田", "José Łąka 山田"),
    (String(repeating: "x", count: 500), String(repeating: "x", count: 64)),
  ] as [(String, String?)])
func namesAreSafe(told: String, shown: String?) {
  let people = AlarmPeople()
  #expect(people.name(of: people.person(named: told)) == shown)
  #expect(people.name(of: .unnamed) == nil && people.person(named: nil) == .unnamed)
}

@Test("what a person did carries the person; what the machine does by itself carries nobody")
func transitionsCarryPersons() {
  let people = AlarmPeople()
  let (ana, ben) = (people.person(named: "Ana"), people.person(named: "Ben"))
  let scene = AlarmScene()
  scene.set(.asystole, true)
  scene.run(1)
  let alarm = BuiltInAlarm.asystole.rawValue
  // The second word comes too late: the alarm is Ana's.
  scene.perform(.remoteAcknowledge(alarm: alarm), by: ana)
  scene.perform(.remoteAcknowledge(alarm: alarm), by: ben)
  scene.perform(.pauseAudio(seconds: 1), by: ben)
  scene.set(.asystole, false)
  scene.run(10)
  scene.perform(.acknowledgeAll, by: ben)
  let doers = scene.takeNews().compactMap { news -> String? in
    switch news {
    case .transition(let change):
      return people.name(of: change.person).map { "\($0) \(change.phase.name)" }
    case .inactivation(let now):
      return people.name(of: now.person).map { "\($0) \(now.cause.name)" }
    }
  }
  #expect(doers == ["Ana accepted", "Ben operator", "Ben acknowledged", "Ben end"])
}
