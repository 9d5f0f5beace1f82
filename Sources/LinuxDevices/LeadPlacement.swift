// Whether the electrodes of a channel make the lead that it is named after, and how the lead follows from them.

import ECGSignal

/// How a lead follows from the channel that it is measured with.
public struct LeadPlacement: Hashable, Sendable {
  /// The channel measures the negative electrode less the positive one: minus the lead.
  public let isInverted: Bool
  /// The limb electrode that a chest lead is measured against, nil for Wilson's central terminal.
  public let limbReference: LimbElectrode?

  /// From the electrodes at a channel's inputs, as far as a profile tells them: an input that it does not name has the
  /// lead's own. Nil where they do not make the lead; what makes none of the twelve can have any.
  init?(_ lead: Lead?, positive: String?, negative: String?) {
    guard let lead, positive != nil || negative != nil else {
      (isInverted, limbReference) = (false, nil)
      return
    }
    for isInverted in [false, true] {
      let (plus, minus) = isInverted ? (negative, positive) : (positive, negative)
      guard plus == nil || Self.isPositive(plus, of: lead) else { continue }
      let reference = lead.isOnChest ? minus.flatMap(LimbElectrode.init) : nil
      guard minus == nil || reference != nil || Self.isNegative(minus, of: lead) else { continue }
      (self.isInverted, limbReference) = (isInverted, reference)
      return
    }
    return nil
  }

  private static func isPositive(_ electrode: String?, of lead: Lead) -> Bool {
    electrode == (lead.isOnChest ? lead.name : electrodes[lead]?.positive)
  }

  private static func isNegative(_ electrode: String?, of lead: Lead) -> Bool {
    electrode == (lead.isOnChest ? "WCT" : electrodes[lead]?.negative)
  }

  /// The limb leads; Goldberger's have two electrodes on their negative side.
  private static let electrodes: [Lead: (positive: String, negative: String)] = [
    .I: ("LA", "RA"), .II: ("LL", "RA"), .III: ("LL", "LA"),
    .aVR: ("RA", "LA+LL"), .aVL: ("LA", "RA+LL"), .aVF: ("LL", "RA+LA"),
  ]
}
