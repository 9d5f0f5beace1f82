// The simulated patient: eight channels (I, II, V1-V6; the other four leads follow) at any rate, seeded and the
// same bits every time, on every machine. It is there to try alarms and devices, not to teach a model.

import ECGSignal

/// A patient who plays a script. Samples do not depend on how they are asked for in blocks. One thread.
public final class SimulatedPatient: EmulatedSignal {
  /// The channels: the eight leads that are measured.
  public static let leads: [Lead] = [.I, .II, .V1, .V2, .V3, .V4, .V5, .V6]

  public let format: SignalFormat
  private let script: PatientScript
  private let fibrillation: Fibrillation
  private var heart: HeartPlan
  private var noise: ElectrodeNoise
  private var index: Int64 = 0

  /// A patient at the start of the script, at the script's sample rate or another.
  public init(script: PatientScript, sampleRate: Double? = nil) {
    self.script = script
    let rate = sampleRate ?? script.sampleRate
    heart = HeartPlan(script: script)
    fibrillation = Fibrillation(seed: script.seed)
    noise = ElectrodeNoise(script: script, sampleRate: rate)
    format = SignalFormat(
      sampleRate: rate,
      channels: Self.leads.map {
        Channel(
          name: $0.name, lead: $0, microvoltsPerCode: EmulatedConverter.microvoltsPerCode)
      }, provenance: .simulated, sourceName: "simulated")
  }

  public func rewind() {}

  public func fill(_ block: SampleBlock, count: Int) -> Bool {
    let header = block.header
    header.pointee.firstIndex = index
    header.pointee.sampleCount = Int32(count)
    header.pointee.leadOff = 0
    for sample in 0..<count {
      let seconds = Double(index) / format.sampleRate
      let offChannels = electrodeOffChannels(at: seconds)
      header.pointee.leadOff |= offChannels
      let source = source(at: seconds)
      noise.step(to: seconds)
      for channel in 0..<8 {
        let microvolts =
          source.microvolts(channel) + noise.microvolts(channel: channel, at: seconds)
        block.channel(channel)[sample] =
          offChannels & (1 << UInt32(channel)) != 0
          ? EmulatedConverter.codeMax : EmulatedConverter.code(microvolts)
      }
      index &+= 1
    }
    return true
  }

  /// What the heart, or the generator, gives at a time.
  private enum Source {
    case dipole(Dipole)
    case lead(Double)

    func microvolts(_ channel: Int) -> Double {
      switch self {
      case .dipole(let dipole): dipole.projected(on: channel) * 1000
      case .lead(let millivolts): millivolts * (channel == 0 ? 600 : 1000)
      }
    }
  }

  private func source(at seconds: Double) -> Source {
    switch script.scene {
    case .waveform(let waveform): .lead(waveform.millivolts(at: seconds, script: script))
    case .rhythm: .dipole(dipole(at: seconds))
    }
  }

  private func dipole(at seconds: Double) -> Dipole {
    heart.plan(until: seconds + 2)
    if index % 64 == 0 { heart.forget(before: seconds) }
    var sum = Dipole.zero
    for wave in heart.waves { sum = sum + wave.dipole(at: seconds) }
    if let segment = script.segments.last(where: { $0.from <= seconds }) {
      switch segment.rhythm {
      case .af: sum = sum + fibrillation.atrialDipole(at: seconds)
      case .vf:
        // The first waves grow out of the last beat.
        let growth = min(1, (seconds - segment.from) / 0.3)
        sum = sum + fibrillation.ventricularDipole(at: seconds) * growth
      default: break
      }
    }
    // The heart swings with the breath.
    let swing = 0.008 * script.variability * ExactMath.sine(turns: 0.25 * seconds)
    return sum.turned(turns: swing) + pacingPulse(at: seconds)
  }

  private static let pulseSeconds = 0.0005

  /// Pacing pulses as one sample sees them: averaged over the time from half a sample before it to half a sample
  /// after. So at 500 Hz a pulse of 10 mV and 0.5 ms is a spike of 2.5 mV; only a pace channel sees its true shape.
  private func pacingPulse(at seconds: Double) -> Dipole {
    let half = 0.5 / format.sampleRate
    var sum = Dipole.zero
    for pulse in heart.pulses {
      let overlap =
        min(seconds + half, pulse.seconds + Self.pulseSeconds) - max(seconds - half, pulse.seconds)
      guard overlap > 0 else { continue }
      let direction =
        pulse.isVentricular ? Dipole(x: 0.2, y: 0.85, z: -0.3) : Dipole(x: 0.3, y: 0.35, z: -0.1)
      sum = sum + direction * (script.pulseMillivolts * overlap / (2 * half))
    }
    return sum
  }

  /// Channels that measure with an electrode which is off now, a bit each.
  private func electrodeOffChannels(at seconds: Double) -> UInt32 {
    guard let off = script.electrodeOff, seconds >= off.from, seconds < off.until else { return 0 }
    switch off.electrode {
    case "RA": return 0b11
    case "LA": return 0b01
    case "LL": return 0b10
    default:
      let channel = Self.leads.firstIndex { $0.name == off.electrode } ?? 0
      return 1 << UInt32(channel)
    }
  }
}
