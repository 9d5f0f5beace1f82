// A pacemaker of the simulated heart: when it gives pulses, what they capture and what it senses.

extension HeartPlan {
  private var pacingInterval: Double { 60 / segment.rateBPM }
  private static let avDelay = 0.16
  /// From a pulse to the activation that it starts.
  private static let latency = 0.01
  /// After an activation no pulse starts another.
  private static let refractory = 0.3

  /// Every `every`-th fails; 0 for none.
  private func fails(_ count: Int, every: Int) -> Bool { every > 0 && count % every == 0 }

  /// A P wave of the heart's own: pacemakers that sense the atria wait for the next one.
  mutating func atriaSensed(at time: Double) {
    guard segment.rhythm == .aai || segment.rhythm == .ddd else { return }
    sensedCount += 1
    if fails(sensedCount, every: script.sensingFailure) { return }
    self[.atrialPulse] = time + pacingInterval
    if segment.rhythm == .ddd { self[.ventricularPulse] = time + Self.avDelay }
  }

  /// A QRS of the heart's own.
  mutating func ventriclesSensed(at time: Double) {
    guard segment.rhythm == .vvi else { return }
    sensedCount += 1
    if fails(sensedCount, every: script.sensingFailure) { return }
    self[.ventricularPulse] = time + pacingInterval
  }

  mutating func atrialPulse(at time: Double) {
    pulses.append(PacingPulse(seconds: time, isVentricular: false))
    self[.atrialPulse] = time + pacingInterval
    if segment.rhythm == .ddd {
      self[.ventricularPulse] = time + Self.avDelay
    } else {
      pulseCount += 1
      if fails(pulseCount, every: script.captureFailure) { return }
    }
    guard time - lastAtrial > Self.refractory else { return }
    addAtrialWave(BeatShape.sinusP, at: time + Self.latency)
    conduct(from: time + Self.latency, isEctopic: false)
  }

  mutating func ventricularPulse(at time: Double) {
    pulses.append(PacingPulse(seconds: time, isVentricular: true))
    if segment.rhythm == .vvi { self[.ventricularPulse] = time + pacingInterval }
    pulseCount += 1
    guard !fails(pulseCount, every: script.captureFailure),
      time - lastOnset > Self.refractory
    else { return }
    addBeat(BeatShape.paced, at: time + Self.latency, symbol: "/")
    // The impulse that comes back meets the next one from the atria.
    self[.conduction] = .infinity
    blockedUntil = time + 0.35
  }
}
