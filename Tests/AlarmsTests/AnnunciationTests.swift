import Alarms
import Testing

@Test("an annunciation survives the way through one word")
func word() {
  let priorities: [AlarmPriority?] = [nil, .low, .medium, .high]
  for light in priorities {
    for sound in priorities {
      for flags in 0..<4 {
        for onset: UInt16 in [0, 1, 0x8000, .max] {
          let one = Annunciation(
            light: light, sound: sound, reminds: flags & 1 != 0, onset: onset,
            isTest: flags & 2 != 0)
          #expect(Annunciation(word: one.word) == one)
        }
      }
    }
  }
}
