// What can sound, rendered once: the bursts of three priorities, each also with the mark of a test before it, the
// reminder, and the note with which a device starts.

import Alarms

/// What the sounder plays over and over, in the order in which one displaces another.
enum SoundName: Int, CaseIterable, BitwiseCopyable {
  case greeting, reminder
  case testLow, testMedium, testHigh
  case low, medium, high

  /// What an annunciation asks for; nil for silence.
  init?(_ annunciation: Annunciation) {
    switch (annunciation.sound, annunciation.isTest) {
    case (.high, false): self = .high
    case (.medium, false): self = .medium
    case (.low, false): self = .low
    case (.high, true): self = .testHigh
    case (.medium, true): self = .testMedium
    case (.low, true): self = .testLow
    case (nil, _):
      guard annunciation.reminds else { return nil }
      self = .reminder
    }
  }

  /// The priority that it tells; nil for the reminder and the greeting.
  var priority: AlarmPriority? {
    switch self {
    case .greeting, .reminder: nil
    case .testLow, .low: .low
    case .testMedium, .medium: .medium
    case .testHigh, .high: .high
    }
  }

  /// Whether the mark of a test stands before it.
  var isTest: Bool { self == .testLow || self == .testMedium || self == .testHigh }
}

/// The samples of one sound and its times in samples from its first.
struct SoundTrack: BitwiseCopyable {
  /// From the first sample above silence to the last. Owned by the schedule.
  let samples: UnsafeMutableBufferPointer<Int16>
  /// What is heard although its alarm ends meanwhile.
  let leastCount: Int
  /// From its start to its next start.
  let periodCount: Int

  /// Every sound in the order of `SoundName`, rendered with `render`, which gives a burst's samples without the silence
  /// after it.
  static func all(
    melody: AlarmMelody, sampleRateHz: Double, render: (AlarmBurst) -> [Int16]
  ) -> [SoundTrack] {
    let bursts = AlarmPriority.allCases.map { AlarmBurst($0, melody: melody) }
    let sounds = bursts.map(render)
    let leadCount = Int((AlarmBurst.testMark.periodSeconds * sampleRateHz).rounded())
    let mark = render(.testMark)
    let lead = mark + [Int16](repeating: 0, count: leadCount - mark.count)
    return SoundName.allCases.map { name in
      guard let priority = name.priority else {
        let note = name == .greeting ? AlarmBurst.testMark : .reminder
        return SoundTrack(note, render(note), sampleRateHz: sampleRateHz)
      }
      let index = Int(priority.rawValue)
      return SoundTrack(
        bursts[index], sounds[index], after: name.isTest ? lead : [], sampleRateHz: sampleRateHz)
    }
  }

  private init(
    _ burst: AlarmBurst, _ rendered: [Int16], after lead: [Int16] = [], sampleRateHz: Double
  ) {
    func count(_ seconds: Double) -> Int { Int((seconds * sampleRateHz).rounded()) }
    let sound = lead + rendered
    samples = .allocate(capacity: sound.count)
    _ = samples.initialize(from: sound)
    leastCount = min(lead.count + count(burst.leastSeconds), sound.count)
    periodCount = lead.count + count(burst.periodSeconds)
  }
}
