// Each measurement as a procedure: what is connected, what the technician does, how long it takes.

import Devices
import ECGSignal
import SignalProcessing

extension Bench {
  /// Shorted inputs, ten seconds.
  public func measureOffset(seconds: Double = 10) throws -> FieldMeasurement {
    let (capture, short) = try captureShorted(seconds: seconds)
    return .offset(capture, short: short)
  }

  /// Shorted inputs, three stretches of ten seconds.
  public func measureNoise(seconds: Double = 30) throws -> FieldMeasurement {
    let (capture, short) = try captureShorted(
      seconds: FieldMeasurement.noiseSettlingSeconds + seconds)
    return .noise(capture, short: short)
  }

  /// Shorts the inputs in the chip, or, where it takes no such command, lets the technician tie the electrodes.
  private func captureShorted(seconds: Double) throws -> (Capture, Short) {
    if source.control?.selections.contains(.shorted) == true {
      return (try with(.shorted) { _ in try capture(seconds: seconds) }, .inChip)
    }
    try guide(
      GuidedStep(
        "Take the front-end off the person. Tie all its electrodes together at the reference electrode (or "
          + "RL): clip the snaps to one piece of metal, lead wires close to each other.",
        measures: "what the channels show when nothing is at their inputs"))
    return (try capture(seconds: seconds), .byHand)
  }

  /// The chip's test signal, and shorted inputs for its zero.
  public func measureGain(seconds: Double = 10) throws -> FieldMeasurement {
    _ = try control(for: .testSignal)
    let shorted = try with(.shorted) { _ in try capture(seconds: seconds) }
    return try with(.testSignal) { stimulus in
      guard case .squareWave(let microvolts, _) = stimulus, microvolts > 0 else {
        throw CalibrationError(
          "\(format.sourceName) does not say how large its test signal is: use --external.")
      }
      return .internalGain(
        test: try capture(seconds: seconds), shorted: shorted, testSignalMicrovolts: microvolts)
    }
  }

  /// A source of known voltage, connected for each group of leads in turn.
  public func measureGain(source: VoltageSource, seconds: Double = 10) throws -> FieldMeasurement {
    let millivolts = source.microvoltsPeakToValley / 1000
    var captures: [(capture: Capture, channels: [Int])] = []
    for group in leadGroups() {
      try guide(
        GuidedStep(
          "Set the source to \(millivolts) mV from peak to valley, \(source.wave.rawValue) wave. "
            + group.connection,
          measures:
            "gain of \(group.channels.map { format.channels[$0].name }.joined(separator: " "))"
        ))
      captures.append((try capture(seconds: seconds), group.channels))
    }
    return .externalGain(captures, source: source)
  }

  /// Minutes of streaming. `source`: what makes the front-end's clock, and so how exact it must be.
  public func measureClock(
    seconds: Double, hostPartsPerMillion: Double, source: SampleClockSource = .crystal
  ) throws -> FieldMeasurement {
    let clock = SampleClock(sampleRate: format.sampleRate)
    var last: FrameCounters?
    var hasGuessed = false
    try stream(seconds: seconds) { block in
      let header = block.header.pointee
      hasGuessed = hasGuessed || header.isCountedByHost(since: last ?? header.counters)
      last = header.counters
      clock.take(
        endIndex: header.firstIndex + Int64(header.sampleCount),
        arrivalNanoseconds: header.arrivalNanoseconds)
    }
    guard !hasGuessed else {
      throw CalibrationError(
        "\(format.sourceName) lost or repeated samples that nothing but this computer's clock counts: its rate "
          + "cannot be told from that. Put the link in order first (cable, baud rate, load of the machine)."
      )
    }
    return .clock(
      clock.fit, seconds: seconds, hostPartsPerMillion: hostPartsPerMillion, source: source)
  }

  /// The electrodes as they are.
  public func measureMains(seconds: Double = 12) throws -> FieldMeasurement {
    try guide(
      GuidedStep(
        "Connect all electrodes, to a person at rest or to a simulator, with the cables as in use.",
        measures: "the hum of the mains and what the notch leaves of it"))
    return .mains(try capture(seconds: seconds))
  }

  /// Every electrode taken off in turn.
  public func measureLeads(seconds: Double = 2) throws -> FieldMeasurement {
    try guide(
      GuidedStep(
        "Connect all electrodes, to a simulator or to a person at rest.",
        measures: "that no channel says an electrode is off"))
    let attached = try capture(seconds: seconds, withElectrodesOff: true)
    var removed: [(electrode: String, capture: Capture)] = []
    for electrode in ElectrodeChannels.all(electrodes).map(\.electrode) {
      try guide(
        GuidedStep(
          "Take \(electrode) off, and only it. (Put the one before back on.)",
          measures: "that exactly the channels of \(electrode) notice"))
      removed.append((electrode, try capture(seconds: seconds, withElectrodesOff: true)))
    }
    return .leads(attached: attached, removed: removed, electrodes: electrodes)
  }

  /// The chip's alternating lead-off current through the electrodes.
  public func measureImpedance(
    tolerancePercent: Double = 20, seriesKilohms: Double = 0, seconds: Double = 8
  ) throws -> FieldMeasurement {
    try guide(
      GuidedStep(
        "Connect all electrodes to a person at rest, or resistors of known value in their place.",
        measures: "the impedance of the electrodes in each channel's path"))
    return try with(.leadOffCurrent) { stimulus in
      guard case .current(let nanoamperes, let hertz) = stimulus else {
        throw CalibrationError(
          "\(format.sourceName) does not say how large its lead-off current is: "
            + "its impedances cannot be told.")
      }
      let current = LeadOffCurrent(
        nanoamperes: nanoamperes, hertz: hertz, tolerancePercent: tolerancePercent,
        seriesKilohms: seriesKilohms)
      return .impedance(
        try capture(seconds: seconds), current: current, paths: electrodes.map(\.path))
    }
  }

  /// All electrodes on one wave.
  public func measureCommonModeRejection(
    peakVolts: Double, hertz: Double, seconds: Double = 10
  ) throws -> FieldMeasurement {
    try guide(
      GuidedStep(
        "Tie all electrodes together on the jig, right leg included where it is not driven. Put the "
          + "generator, \(peakVolts) V peak at \(hertz) Hz, between them and the front-end's ground. "
          + "Run the front-end from its battery.",
        measures: "how much of the common wave is left between the inputs of each channel"))
    return .commonModeRejection(
      try capture(seconds: seconds), peakVolts: peakVolts, hertz: hertz)
  }

  /// The chip's supply.
  public func measureSupply(seconds: Double = 2) throws -> FieldMeasurement {
    try with(.supply) { stimulus in
      guard case .supply(let analog, let digital, let channels) = stimulus else {
        throw CalibrationError("\(format.sourceName) does not say how it shows its supply.")
      }
      return .supply(
        try capture(seconds: seconds), analogShare: analog, digitalShare: digital,
        digitalChannels: channels)
    }
  }

  /// The chip's temperature.
  public func measureTemperature(seconds: Double = 2) throws -> FieldMeasurement {
    try with(.temperature) { stimulus in
      guard case .temperature(let at25, let perCelsius) = stimulus else {
        throw CalibrationError("\(format.sourceName) does not say how it shows its temperature.")
      }
      return .temperature(
        try capture(seconds: seconds), microvoltsAt25Celsius: at25,
        microvoltsPerCelsius: perCelsius)
    }
  }

  /// Channels that can be driven at the same time, and how: an electrode must not be on both sides. A chest lead is
  /// measured against all limbs, so that it sees the whole voltage.
  private func leadGroups() -> [(connection: String, channels: [Int])] {
    var groups: [(positive: Set<String>, negative: Set<String>, channels: [Int])] = []
    for (index, channel) in electrodes.enumerated() {
      let (positive, negative) = (Set(channel.positive), channel.drivenNegative)
      let fitting = groups.firstIndex { group in
        group.positive.union(positive).isDisjoint(with: group.negative.union(negative))
      }
      if let fitting {
        groups[fitting].positive.formUnion(positive)
        groups[fitting].negative.formUnion(negative)
        groups[fitting].channels.append(index)
      } else {
        groups.append((positive, negative, [index]))
      }
    }
    return groups.map { group in
      let minus = group.negative.isEmpty ? ["the negative inputs"] : group.negative.sorted()
      return (
        "Its + to \(group.positive.sorted().joined(separator: " ")), its - to "
          + "\(minus.joined(separator: " ")) and RL.", group.channels
      )
    }
  }
}
