// Percentiles of what a bench measured.

extension Array where Element: Comparable {
  /// Of sorted values the smallest that a share of all, above 0 and at most 1, does not exceed (nearest rank); nil
  /// where there is none.
  func nearestRank(_ share: Double) -> Element? {
    isEmpty ? nil : self[Swift.max(0, Int((share * Double(count)).rounded(.up)) - 1)]
  }
}
