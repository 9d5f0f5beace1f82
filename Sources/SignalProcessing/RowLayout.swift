// The rows that a stream is shown, filtered and measured in: its channels, and the limb leads that follow
// from I and II. The model's twelve inputs are looked up here too.

import ECGSignal

/// One curve of a stream.
public struct Row: Hashable, Sendable {
  /// How the row's microvolts come about.
  public enum Origin: Hashable, Sendable {
    /// Channel `index` of the source.
    case channel(Int)
    /// Channel `index`, measured against a limb electrode; from leads I and II, rows `first` and `second`, it is
    /// brought to Wilson's central terminal: channel - (`first * a + second * b`).
    case chest(Int, first: Int, second: Int, a: Float, b: Float)
    /// From leads I and II, rows `first` and `second`: `first * a + second * b`.
    case derived(first: Int, second: Int, a: Float, b: Float)
  }

  /// The name that people read: the lead's, or the channel's where the placement is unknown.
  public let name: String
  /// The standard lead, nil where the placement is unknown.
  public let lead: Lead?
  /// Channel or derivation.
  public let origin: Origin
}

/// All rows of a stream: first its channels in their order, then derived limb leads.
public struct RowLayout: Hashable, Sendable {
  /// Channels plus the four derived limb leads at most.
  public static let rowCountMax = SignalFormat.channelCountMax + 4

  /// The rows.
  public let rows: [Row]
  /// For each of the twelve leads its row, -1 where there is none.
  public let rowOfLead: [Int]
  /// The leads that have a row and that findings may rest on.
  public let leads: LeadSet

  /// Lays out the rows of a format. Of two channels with the same lead the first counts.
  ///
  /// III = II - I (Einthoven); aVR = -(I + II)/2, aVL = I - II/2, aVF = II - I/2 (Goldberger). A chest lead that was
  /// measured against a limb needs I and II, or it is none (`LimbElectrode.terminal`).
  public init(_ format: SignalFormat) {
    var rows: [Row] = []
    var seen = LeadSet()
    let limbs = Self.limbs(of: format)
    for (index, channel) in format.channels.enumerated() {
      let isComplete = channel.limbReference == nil || limbs != nil
      let lead = channel.lead.flatMap { isComplete && !seen.contains($0) ? $0 : nil }
      if let lead { seen.insert(LeadSet(lead)) }
      rows.append(
        Row(
          name: lead?.name ?? channel.name, lead: lead,
          origin: Self.origin(index, lead == nil ? nil : channel.limbReference, limbs)))
    }
    if let (first, second) = limbs {
      let derivations: [(Lead, Float, Float)] = [
        (.III, -1, 1), (.aVR, -0.5, -0.5), (.aVL, 1, -0.5), (.aVF, -0.5, 1),
      ]
      for (lead, a, b) in derivations where !seen.contains(lead) {
        seen.insert(LeadSet(lead))
        rows.append(
          Row(
            name: lead.name, lead: lead,
            origin: .derived(first: first, second: second, a: a, b: b)))
      }
    }
    self.rows = rows
    rowOfLead = Lead.allCases.map { lead in rows.firstIndex { $0.lead == lead } ?? -1 }
    leads = seen.intersection(format.diagnosticLeads)
  }

  /// The channels that are leads I and II.
  private static func limbs(of format: SignalFormat) -> (first: Int, second: Int)? {
    guard let first = format.channels.firstIndex(where: { $0.lead == .I }),
      let second = format.channels.firstIndex(where: { $0.lead == .II })
    else { return nil }
    return (first, second)
  }

  private static func origin(
    _ index: Int, _ reference: LimbElectrode?, _ limbs: (first: Int, second: Int)?
  ) -> Row.Origin {
    guard let reference, let limbs else { return .channel(index) }
    let terminal = reference.terminal
    return .chest(
      index, first: limbs.first, second: limbs.second, a: Float(terminal.first),
      b: Float(terminal.second))
  }
}
