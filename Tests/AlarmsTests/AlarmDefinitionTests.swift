// The table of built-in alarms against the standard, as `reference/standards.md` 3.4 reads it.

import Alarms
import Testing

private let high: Set<BuiltInAlarm> = [
  .asystole, .ventricularFibrillation, .ventricularTachycardia, .extremeTachycardia,
  .extremeBradycardia, .cannotAnalyse,
]
private let low: Set<BuiltInAlarm> = [
  .irregularRhythm, .noise, .samplesLost, .clockUnsynchronised, .storageNearlyFull,
  .temperatureHigh, .calibrationExpired,
]
private let ofPatient: Set<BuiltInAlarm> = [
  .asystole, .ventricularFibrillation, .ventricularTachycardia, .extremeTachycardia,
  .extremeBradycardia, .tachycardia, .bradycardia, .pause, .ventricularRun, .irregularRhythm,
  .stShift,
]

/// Table 1 of IEC 60601-1-8: death within moments high, prompt attention medium, awareness low.
@Test("the built-in alarms have the priorities of the standard", arguments: BuiltInAlarm.allCases)
func prioritiesFollowTheStandard(alarm: BuiltInAlarm) {
  let definition = alarm.definition
  let expected: AlarmPriority = high.contains(alarm) ? .high : low.contains(alarm) ? .low : .medium
  #expect(definition.priority == expected)
  #expect(definition.isTechnical == !ofPatient.contains(alarm))
  // What is grave is not kept waiting: 10 s from the event, of which the detectors need most.
  #expect(expected < .high || definition.onsetSeconds <= 2)
  #expect(expected < .high || !definition.mayBeOff)
  #expect(definition.priorityMax >= definition.priority)
  // What nobody answers rises, but for what is over when it is told and what only must be mended.
  #expect((definition.priorityMax > definition.priority) == (definition.escalationSeconds != nil))
}

@Test("an alarm is named as it is in the code, and no two have the same name or text")
func namesAreUnique() {
  let definitions = BuiltInAlarm.allCases.map(\.definition)
  #expect(zip(definitions, BuiltInAlarm.allCases).allSatisfy { $0.name == "\($1)" })
  #expect(Set(definitions.map(\.name)).count == definitions.count)
  #expect(Set(definitions.map(\.message)).count == definitions.count)
}

@Test("words of phases, causes and priorities are unique, and priorities are ordered")
func words() {
  #expect(Set(AlarmPhase.allCases.map(\.name)).count == AlarmPhase.allCases.count)
  #expect(Set(AlarmCause.allCases.map(\.name)).count == AlarmCause.allCases.count)
  #expect(AlarmPriority.low < .medium && AlarmPriority.medium < .high)
  #expect(AlarmPriority.allCases.map(\.sign) == ["!", "!!", "!!!"])
}
