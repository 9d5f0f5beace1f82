// What `ecgclip alarms test` says of each part of the alarm.

import Annunciator
import Monitor

/// What the test says.
struct AlarmTestObject: Encodable {
  let test = true
  let passed: Bool
  let priorities: [String]
  let parts: [AlarmTestPart]

  init(priorities: [String], parts: [AlarmTestPart]) {
    passed = parts.allSatisfy(\.passed)
    self.priorities = priorities
    self.parts = parts
  }
}

/// One part of the alarm.
struct AlarmTestPart: Encodable, CustomStringConvertible {
  let part: String
  let passed: Bool
  var device: String?
  /// Why it did not pass, with the remedy.
  var problem: String?
  var delayMillisecondsMax: Double?
  var underruns: Int?
  /// From the decision until the central station's receipt was here.
  var receiptMilliseconds: Double?

  /// Every part that an annunciator has, as it is now.
  static func all(_ annunciator: Annunciator) -> [AlarmTestPart] {
    let health = annunciator.health
    var parts: [AlarmTestPart] = []
    if let name = annunciator.loudspeakerName {
      parts.append(AlarmTestPart(sound: name, health))
    }
    if annunciator.hasVolume { parts.append(AlarmTestPart(.volume, health)) }
    if annunciator.hasLamp { parts.append(AlarmTestPart(.lamp, health)) }
    if annunciator.hasBuzzer && parts.isEmpty { parts.append(AlarmTestPart(.buzzer, health)) }
    return parts
  }

  private init(_ part: AnnunciatorPart, _ health: AnnunciatorHealth) {
    self.part = part.name
    problem = health.problem(part)
    passed = problem == nil
  }

  private init(sound name: String, _ health: AnnunciatorHealth) {
    part = AnnunciatorPart.sound.name
    device = name
    let holes =
      health.underruns == 0
      ? nil
      : "The sound had \(health.underruns) holes: this machine is too busy, or its limits forbid real-time threads."
    problem = health.problem(.sound) ?? holes
    passed = problem == nil
    delayMillisecondsMax = (health.delayMillisecondsMax * 10).rounded() / 10
    underruns = health.underruns
  }

  init(link place: String, problem: String) {
    part = "link"
    device = place
    passed = false
    self.problem = problem
  }

  init(link place: String, _ test: LinkTest) {
    part = "link"
    device = place
    passed = test.receiptMilliseconds != nil
    receiptMilliseconds = test.receiptMilliseconds.map { ($0 * 10).rounded() / 10 }
    guard !passed else { return }
    let reason =
      test.contactMilliseconds == nil
      ? "No answer from there. Is 'ecgclip listen' running, has it this key in its folder, and does "
        + "every firewall on the way let its port pass in both directions? What it prints tells more."
      : "The central station answers, but has not confirmed the test. Older alerts go before it: let "
        + "the monitor send them, then test again. What 'ecgclip listen' prints tells more."
    problem = (test.problems + [reason]).joined(separator: " ")
  }

  var description: String {
    let name = device.map { "\(part) on \($0)" } ?? part
    let receipt = receiptMilliseconds.map { ", receipt after \($0) ms" } ?? ""
    return problem.map { "FAILED \(name): \($0)" } ?? "passed \(name)\(receipt)"
  }
}
