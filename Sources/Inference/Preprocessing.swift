// What the model's input went through in training, as the model file states it.

/// The parameters of the model's own preprocessing branch: resampling to 100 Hz, then a high-pass.
public struct Preprocessing: Hashable, Sendable {
  /// Samples per second of the output.
  public let sampleRateHz: Int
  /// Cut-off of the resampler's sinc.
  public let cutoffHz: Double
  /// Half the length of its window, in whole microseconds so that the ends are exact.
  public let halfWidthMicroseconds: Int
  /// Shape parameter of its Kaiser window.
  public let kaiserBeta: Double
  /// Corner of the high-pass, for display; the coefficients decide.
  public let highPassHz: Double
  /// b0, b1, b2 of the high-pass.
  public let numerator: [Double]
  /// a1, a2 of the high-pass (a0 = 1).
  public let denominator: [Double]

  /// Reads the text of a preprocessing file.
  init(text: String, path: String) throws(ModelError) {
    let reader = try JSONReader(text: text.utf8, path: path)
    try reader.member("format").expect("ecgclip-preprocessing/1")
    try reader.member("startup").expect("steadyState")
    try reader.member("unit").expect("mV")
    sampleRateHz = try reader.member("sampleRateHz").integer(in: 100...100)

    let resampler = try reader.member("resampler")
    try resampler.member("kind").expect("kaiserSinc")
    cutoffHz = try resampler.member("cutoffHz").number(in: 1...50)
    kaiserBeta = try resampler.member("kaiserBeta").number(in: 0...20)
    let halfWidth = try resampler.member("halfWidthSeconds")
    let microseconds = try halfWidth.number(in: 0.01...1) * 1e6
    guard abs(microseconds - microseconds.rounded()) < 1e-6 else {
      throw halfWidth.failure("a whole number of microseconds")
    }
    halfWidthMicroseconds = Int(microseconds.rounded())

    let highPass = try reader.member("highPass")
    try highPass.member("kind").expect("biquad")
    highPassHz = try highPass.member("frequencyHz").number(in: 0...50)
    numerator = try Self.coefficients(highPass.member("b"))
    let divisor = try highPass.member("a")
    let a = try Self.coefficients(divisor)
    // The triangle of stable second-order filters, less the edge where the sum rounds to 0.
    guard a[0] == 1, abs(a[2]) < 1, abs(a[1]) < 1 + a[2], 1 + a[1] + a[2] > 0 else {
      throw divisor.failure("1, a1, a2 of a stable filter")
    }
    denominator = [a[1], a[2]]
  }

  private static func coefficients(_ reader: JSONReader) throws(ModelError) -> [Double] {
    var values: [Double] = []
    for element in try reader.elements(count: 3...3) {
      values.append(try element.number(in: -16...16))
    }
    return values
  }
}
