// Numbers as people read them. What cannot be told, not a number or beyond reason, is "--", never 0.

/// Texts of numbers.
enum Readout {
  /// Shown for what is not known.
  static let unknown = "--"

  /// A whole number of at most three digits: heart rates and shares in percent.
  static func whole(_ value: Float?) -> String {
    guard let value, (-0.5..<999.5).contains(value) else { return unknown }
    return String(Int(value.rounded()))
  }

  /// Hours, minutes and seconds.
  static func duration(_ seconds: Double) -> String {
    guard (0..<3_600_000).contains(seconds) else { return unknown }
    let whole = Int(seconds)
    return "\(two(whole / 3600)):\(two(whole / 60 % 60)):\(two(whole % 60))"
  }

  /// A share from 0 to 1 with two decimals, never rounded up to 100 %.
  static func percent(_ share: Double) -> String {
    guard (0...1).contains(share) else { return unknown }
    let hundredths = Int(share * 10_000)
    return "\(hundredths / 100).\(two(hundredths % 100)) %"
  }

  /// A positive number with at most three decimals.
  static func number(_ value: Double, decimals: Double = 1000) -> String {
    guard (0..<1e9).contains(value) else { return unknown }
    let rounded = (value * decimals).rounded() / decimals
    return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
  }

  private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
