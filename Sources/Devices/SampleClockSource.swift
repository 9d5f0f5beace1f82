// What makes the clock by which a front-end samples: how exact its rate can be.

/// The source of a front-end's sample clock.
public enum SampleClockSource: String, CaseIterable, Sendable {
  /// A quartz crystal, within 100 parts per million.
  case crystal
  /// An oscillator without one, inside the converter or with a ceramic resonator as of most Arduinos: within a percent.
  case `internal`
}
