// Which of the twelve leads there are: the lead mask of the model, of findings and of reports.

/// A set of standard leads. Bit `n` of `rawValue` is the lead with raw value `n`.
public struct LeadSet: OptionSet, Hashable, Sendable, BitwiseCopyable {
  /// One bit a lead, bits 0 (I) to 11 (V6).
  public let rawValue: UInt16

  /// Creates a set from its bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The set of one lead.
  public init(_ lead: Lead) { rawValue = 1 << UInt16(lead.rawValue) }

  /// All twelve leads.
  public static let twelve = LeadSet(rawValue: 0x0FFF)
  /// The six limb leads I, II, III, aVR, aVL, aVF.
  public static let limb = LeadSet(rawValue: 0x003F)
  /// The two limb leads from which the other four follow.
  public static let limbPair = LeadSet(rawValue: 0x0003)

  /// Whether the lead is in the set.
  public func contains(_ lead: Lead) -> Bool { contains(LeadSet(lead)) }

  /// The leads that a complete ECG has and this one has not.
  public var missing: LeadSet { LeadSet.twelve.subtracting(self) }

  /// How many leads the set holds.
  public var count: Int { rawValue.nonzeroBitCount }

  /// The leads in their standard order.
  public var leads: [Lead] { Lead.allCases.filter(contains) }

  /// The names in their standard order, as JSON and the screen print them.
  public var names: [String] { leads.map(\.name) }

  /// The set plus the limb leads that follow from I and II by Einthoven's and Goldberger's rules.
  public var withDerivedLimbLeads: LeadSet {
    isSuperset(of: .limbPair) ? union(.limb) : self
  }
}
