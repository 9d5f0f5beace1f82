// The heart as one moving electric dipole: Gaussian waves of its three components (after McSharry et al., IEEE
// Trans Biomed Eng 2003, and Sameni et al. 2007), seen by the leads through Dower's matrix (Dower et al.,
// J Electrocardiol 1980).

/// A dipole, in millivolts: x to the left, y to the feet, z to the back.
struct Dipole {
  var x: Double
  var y: Double
  var z: Double

  static let zero = Dipole(x: 0, y: 0, z: 0)

  static func + (a: Dipole, b: Dipole) -> Dipole {
    Dipole(x: a.x + b.x, y: a.y + b.y, z: a.z + b.z)
  }

  static func * (a: Dipole, factor: Double) -> Dipole {
    Dipole(x: a.x * factor, y: a.y * factor, z: a.z * factor)
  }

  /// Turned in the frontal plane, clockwise as one looks at the patient: from the left towards the feet.
  func turned(turns: Double) -> Dipole {
    let sine = ExactMath.sine(turns: turns)
    let cosine = ExactMath.cosine(turns: turns)
    return Dipole(x: x * cosine - y * sine, y: x * sine + y * cosine, z: z)
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

/// A Gaussian wave of the dipole that may rise and fall at different speeds and stay at its top for a while.
struct Wave {
  /// The middle of its top, in seconds.
  var centre: Double
  /// Half of the time at the top.
  var halfPlateau = 0.0
  /// Standard deviations of the two flanks, in seconds.
  var rise: Double
  var fall: Double
  var dipole: Dipole

  init(_ centre: Double, rise: Double, fall: Double, halfPlateau: Double = 0, _ dipole: Dipole) {
    self.centre = centre
    self.halfPlateau = halfPlateau
    self.rise = rise
    self.fall = fall
    self.dipole = dipole
  }

  /// A symmetric wave whose direction is x, y, z.
  init(_ centre: Double, _ width: Double, _ x: Double, _ y: Double, _ z: Double) {
    self.init(centre, rise: width, fall: width, Dipole(x: x, y: y, z: z))
  }

  /// Flanks are cut off where the wave is below 2e-8 of its height.
  private static let reach = 6.0

  /// From here on it is gone.
  var endSeconds: Double { centre + halfPlateau + Self.reach * fall }

  /// Its dipole at a time.
  func dipole(at seconds: Double) -> Dipole {
    let time = seconds - centre
    let distance =
      time < 0 ? max(0, -time - halfPlateau) / rise : max(0, time - halfPlateau) / fall
    if distance > Self.reach { return .zero }
    return dipole * ExactMath.exponential(-0.5 * distance * distance)
  }

  /// Moved in time, stretched and made larger.
  func placed(at seconds: Double, stretch: Double = 1, gain: Double = 1) -> Wave {
    Wave(
      seconds + centre * stretch, rise: rise * stretch, fall: fall * stretch,
      halfPlateau: halfPlateau * stretch, dipole * gain)
  }
}
