// Whether the alarm bursts are heard: by a microphone, tone by tone, or by the technician's ear.

import Alarms

extension FieldMeasurement {
  /// The bursts that were played, each with what a microphone heard of it; nil where it heard nothing.
  public static func audio(
    _ bursts: [(played: AlarmBurst, heard: HeardBurst?)], device: String
  ) -> FieldMeasurement {
    FieldMeasurement(
      .audio, method: "alarm bursts on \(device), heard by a microphone", conditions: [:],
      values: bursts.flatMap { played, heard in
        notes(of: played).map { note in
          tone(note, of: played, heard, "no burst of this priority was heard")
        }
      })
  }

  /// The bursts that were played, each with whether somebody heard it. Nothing is measured: the numbers are those that
  /// were played.
  public static func audio(
    _ bursts: [(played: AlarmBurst, isConfirmed: Bool)], device: String
  ) -> FieldMeasurement {
    FieldMeasurement(
      .audio, method: "alarm bursts on \(device), by ear", conditions: [:],
      values: bursts.flatMap { played, isConfirmed in
        notes(of: played).map { note in
          MeasuredValue(
            note.name(played.priority), .toneHertz, played.pulses[note.pulses[0]].frequencyHz,
            uncertainty: 0, limits: .toneHertz, note: "as played; heard, not measured",
            fault: isConfirmed ? nil : "was not heard")
        }
      })
  }

  private struct Note {
    let frequencyHz: Double
    /// Indices of the pulses that have it.
    var pulses: [Int]

    func name(_ priority: AlarmPriority) -> String {
      "\(priority.name) \(Int(frequencyHz.rounded())) Hz"
    }
  }

  private static func notes(of burst: AlarmBurst) -> [Note] {
    var notes: [Note] = []
    for (index, pulse) in burst.pulses.enumerated() {
      if let known = notes.firstIndex(where: { $0.frequencyHz == pulse.frequencyHz }) {
        notes[known].pulses.append(index)
      } else {
        notes.append(Note(frequencyHz: pulse.frequencyHz, pulses: [index]))
      }
    }
    return notes
  }

  private static func tone(
    _ note: Note, of played: AlarmBurst, _ heard: HeardBurst?, _ silence: String
  ) -> MeasuredValue {
    let name = note.name(played.priority)
    guard let heard else {
      return MeasuredValue(
        name, .toneHertz, .nan, uncertainty: .nan, limits: .toneHertz, fault: silence)
    }
    let pulses = note.pulses.map { heard.pulses[$0] }
    let harmonics = pulses.map(HeardBurst.harmonicsInRange).min() ?? 0
    let level = (pulses.map(\.levelDecibels).min() ?? 0) - heard.noiseDecibels
    let mean = pulses.map(\.frequencyHz).reduce(0, +) / Double(pulses.count)
    // The spectrum is searched in steps of 0.5 %.
    return MeasuredValue(
      name, .toneHertz, mean, uncertainty: 0.0025 * mean, limits: .toneHertz,
      note: "\(harmonics) harmonics, \(Int(level.rounded())) dB above the noise",
      fault: heard.problems.first)
  }
}

extension Limits {
  /// IEC 60601-1-8: the fundamental of a pulse is 150-1000 Hz.
  public static let toneHertz = Limits(atLeast: 150, atMost: 1000)
}
