// The simulated patient: eight channels (I, II, V1-V6; the other four leads follow) at any rate, seeded and the
// same bits every time. It is there to try alarms and devices, not to teach a model.

import ECGSignal
import Glibc

/// A patient who plays a script.
public final class SimulatedPatient: EmulatedSignal {
  /// The channels: the eight leads that are measured.
  public static let leads: [Lead] = [.I, .II, .V1, .V2, .V3, .V4, .V5, .V6]

  public let format: SignalFormat
  private let script: PatientScript
  private var generator: SeededGenerator
  private var index: Int64 = 0
  /// The last, the present and the next beat.
  private var beats: [HeartBeat] = []
  private var fibrillationPhases: [Double]

  /// A patient at the start of the script.
  public init(script: PatientScript, sampleRate: Double = 500) {
    self.script = script
    generator = SeededGenerator(seed: script.seed)
    fibrillationPhases = []
    format = SignalFormat(
      sampleRate: sampleRate,
      channels: Self.leads.map {
        Channel(
          name: $0.name, lead: $0, microvoltsPerCode: EmulatedConverter.microvoltsPerCode)
      }, provenance: .simulated, sourceName: "simulated")
    fibrillationPhases = (0..<9).map { _ in generator.uniform() * 2 * .pi }
    beats = [HeartBeat(rPeakSeconds: 0.5, kind: .sinus, intervalSeconds: 60.0 / 72)]
  }

  public func rewind() {}

  public func fill(_ block: SampleBlock, count: Int) -> Bool {
    let header = block.header
    header.pointee.firstIndex = index
    header.pointee.sampleCount = Int32(count)
    header.pointee.leadOff = 0
    for sample in 0..<count {
      let seconds = Double(index) / format.sampleRate
      let dipole = dipole(at: seconds)
      let offChannels = electrodeOffChannels(at: seconds)
      header.pointee.leadOff |= offChannels
      for channel in 0..<8 {
        let noise = generator.normal() * script.noiseMicrovolts
        if offChannels & (1 << UInt32(channel)) != 0 {
          block.channel(channel)[sample] = 8_388_607
        } else {
          let microvolts =
            dipole.projected(on: channel) * 1000 + background(channel, seconds) + noise
          block.channel(channel)[sample] = EmulatedConverter.code(microvolts)
        }
      }
      index &+= 1
    }
    return true
  }

  /// The rhythm that plays now.
  private func rhythm(at seconds: Double) -> PatientScript.Rhythm {
    seconds < script.onsetSeconds ? .nsr : script.rhythm
  }

  private func dipole(at seconds: Double) -> Dipole {
    let rhythm = rhythm(at: seconds)
    scheduleBeats(until: seconds + 1, at: seconds)
    var sum = Dipole(x: 0, y: 0, z: 0)
    for beat in beats { sum = sum + beat.dipole(at: seconds) }
    switch rhythm {
    case .af: return sum + fibrillatoryWaves(seconds)
    case .vf: return sum + ventricularFibrillation(seconds)
    default: return sum
    }
  }

  /// Keeps beats planned a second ahead, so that a P wave comes before its R.
  private func scheduleBeats(until horizon: Double, at seconds: Double) {
    while let last = beats.last, last.rPeakSeconds < horizon {
      let rhythm = rhythm(at: last.rPeakSeconds + 0.3)
      let rate = rhythm == .nsr && script.rhythm != .nsr ? 72 : script.heartRateBPM
      var interval = 60 / rate
      switch rhythm {
      case .vf, .asystole:
        beats.removeAll { $0.rPeakSeconds < seconds - 1 }
        return
      case .af: interval *= max(0.45, 1 + 0.24 * generator.normal())
      case .vt: interval *= 1 + 0.01 * generator.normal()
      case .nsr, .brady, .tachy:
        let breath = sin(2 * .pi * 0.25 * last.rPeakSeconds)
        interval *= 1 + 0.03 * breath + 0.01 * generator.normal()
      }
      let kind: HeartBeat.Kind =
        rhythm == .vt ? .ventricular : rhythm == .af ? .withoutP : .sinus
      beats.append(
        HeartBeat(
          rPeakSeconds: last.rPeakSeconds + interval, kind: kind, intervalSeconds: interval))
      beats.removeAll { $0.rPeakSeconds < seconds - 1 }
    }
  }

  /// Fibrillatory waves of the atria: 5-7 a second, largest in V1.
  private func fibrillatoryWaves(_ seconds: Double) -> Dipole {
    let drift = 1.2 * sin(2 * .pi * 0.11 * seconds + fibrillationPhases[0])
    let first = sin(2 * .pi * 6.1 * seconds + 3 * drift + fibrillationPhases[1])
    let second = sin(2 * .pi * 7.3 * seconds - 2 * drift + fibrillationPhases[2])
    return Dipole(x: -0.01, y: 0.035, z: -0.045) * first + Dipole(x: 0.01, y: 0.02, z: -0.03)
      * second
  }

  /// Ventricular fibrillation: waves of 4-7 a second in changing directions.
  private func ventricularFibrillation(_ seconds: Double) -> Dipole {
    var sum = Dipole(x: 0, y: 0, z: 0)
    for (position, frequency) in [4.3, 5.1, 5.9, 6.8].enumerated() {
      let phase = fibrillationPhases[position]
      let swell = 0.6 + 0.4 * sin(2 * .pi * (0.21 + 0.07 * Double(position)) * seconds + phase)
      let wobble = 1.5 * sin(2 * .pi * 0.17 * seconds + fibrillationPhases[position + 4])
      let value = 0.22 * swell * sin(2 * .pi * frequency * seconds + wobble + phase)
      let turn = phase + 0.9 * seconds
      sum = sum + Dipole(x: cos(turn), y: 1, z: sin(turn)) * value
    }
    return sum
  }

  /// Breath and mains, in microvolts.
  private func background(_ channel: Int, _ seconds: Double) -> Double {
    let wander = sin(2 * .pi * 0.23 * seconds + Double(channel)) * script.wanderMicrovolts
    guard script.mainsMicrovolts > 0 else { return wander }
    return wander + sin(2 * .pi * 50 * seconds + 0.3 * Double(channel)) * script.mainsMicrovolts
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
