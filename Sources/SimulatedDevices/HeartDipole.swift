// The heart as one moving electric dipole: Gaussian waves of its three components (after McSharry et al., IEEE
// Trans Biomed Eng 2003, and Sameni et al. 2007), seen by the leads through Dower's matrix (Dower et al.,
// J Electrocardiol 1980). Amplitudes are chosen for an upright heart of ordinary voltage.

import Glibc

/// A dipole, in millivolts: x to the left, y to the feet, z to the back.
struct Dipole {
  var x: Double
  var y: Double
  var z: Double

  static func + (a: Dipole, b: Dipole) -> Dipole {
    Dipole(x: a.x + b.x, y: a.y + b.y, z: a.z + b.z)
  }

  static func * (a: Dipole, factor: Double) -> Dipole {
    Dipole(x: a.x * factor, y: a.y * factor, z: a.z * factor)
  }

  /// What lead I, II, V1...V6 (0...7) sees, in millivolts.
  func projected(on lead: Int) -> Double {
    switch lead {
    case 0: 0.632 * x - 0.235 * y + 0.059 * z
    case 1: 0.235 * x + 1.066 * y - 0.132 * z
    case 2: -0.515 * x + 0.157 * y - 0.917 * z
    case 3: 0.044 * x + 0.164 * y - 1.387 * z
    case 4: 0.882 * x + 0.098 * y - 1.277 * z
    case 5: 1.213 * x + 0.127 * y - 0.601 * z
    case 6: 1.125 * x + 0.127 * y - 0.086 * z
    default: 0.831 * x + 0.076 * y + 0.230 * z
    }
  }
}

/// One beat of a heart: when its R wave peaks and what kind it is.
struct HeartBeat {
  enum Kind { case sinus, withoutP, ventricular }

  var rPeakSeconds: Double
  var kind: Kind
  /// The interval to the beat before: repolarisation takes its square root (Bazett).
  var intervalSeconds: Double

  /// The dipole of this beat at a time.
  func dipole(at seconds: Double) -> Dipole {
    let time = seconds - rPeakSeconds
    if time < -0.45 || time > 0.75 { return Dipole(x: 0, y: 0, z: 0) }
    let stretch = min(1.3, max(0.6, intervalSeconds.squareRoot()))
    switch kind {
    case .ventricular:
      let scale = min(1, intervalSeconds / 0.32)
      return wave(time, -0.045 * scale, 0.016 * scale, 0.25, -0.3, 0.4)
        + wave(time, 0, 0.022 * scale, -0.8, 1.1, -1.1)
        + wave(time, 0.05 * scale, 0.02 * scale, 0.3, -0.2, 0.6)
        + wave(time, 0.17 * scale, 0.04 * scale, 0.3, -0.4, 0.4)
    case .sinus, .withoutP:
      var sum =
        wave(time, -0.022, 0.008, -0.08, -0.04, -0.20)
        + wave(time, 0, 0.011, 1.10, 0.75, 0.35)
        + wave(time, 0.028, 0.012, -0.15, -0.10, 0.55)
        + wave(time, 0.27 * stretch, 0.045 * stretch, 0.30, 0.22, -0.12)
      if kind == .sinus {
        sum = sum + wave(time, -0.16 * stretch.squareRoot(), 0.022, 0.05, 0.11, -0.01)
      }
      return sum
    }
  }

  private func wave(
    _ time: Double, _ centre: Double, _ width: Double, _ x: Double, _ y: Double, _ z: Double
  ) -> Dipole {
    let distance = (time - centre) / width
    if abs(distance) > 6 { return Dipole(x: 0, y: 0, z: 0) }
    return Dipole(x: x, y: y, z: z) * exp(-0.5 * distance * distance)
  }
}
