// Leads that are not scored: the rules by which training refuses a record (models/training,
// wfdb_tree.py), so that both sides measure the same records.

/// What makes a lead unusable.
enum LeadFault: String {
  /// At one value for half of the time, or within 0.02 mV for all of it.
  case flat
  /// Rests at its highest or its lowest value for half a second, or at five places for 10 ms and three
  /// samples each.
  case clipped

  private static let flatRange: Float = 20
  private static let stillShare = 0.5
  private static let longRest = 0.5
  private static let shortRest = 0.01
  private static let restSamples = 3.0
  private static let rests = 5

  /// Nil for a lead that can be scored; microvolts without a missing sample.
  init?(_ microvolts: [Float], sampleRate: Double) {
    guard let lowest = microvolts.min(), let highest = microvolts.max() else { return nil }
    let still = Self.runs(microvolts) { $0 == $1 }.max() ?? 0
    if highest - lowest < Self.flatRange
      || Double(still) >= Self.stillShare * Double(microvolts.count)
    {
      self = .flat
      return
    }
    let short = max(Self.shortRest * sampleRate, Self.restSamples)
    for extreme in [lowest, highest] {
      let found = Self.runs(microvolts) { $0 == extreme && $1 == extreme }.map(Double.init)
      if found.contains(where: { $0 >= Self.longRest * sampleRate })
        || found.count(where: { $0 >= short }) >= Self.rests
      {
        self = .clipped
        return
      }
    }
    return nil
  }

  /// Samples in every run of two and more whose neighbours belong together.
  private static func runs(_ values: [Float], _ belong: (Float, Float) -> Bool) -> [Int] {
    var found: [Int] = []
    var length = 1
    for index in values.indices.dropFirst() {
      if belong(values[index - 1], values[index]) {
        length += 1
      } else {
        if length > 1 { found.append(length) }
        length = 1
      }
    }
    if length > 1 { found.append(length) }
    return found
  }
}
