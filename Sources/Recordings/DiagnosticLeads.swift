// The leads of a record that findings may rest on: a comment of the header, where they are not all. A record of a board
// that is for watching leads is no 12-lead ECG when it is played, either.

import ECGSignal

/// Reads and writes the comment.
enum DiagnosticLeads {
  private static let label = "findings rest on leads:"

  /// The comment of a record, nil where findings may rest on every lead.
  static func comment(_ format: SignalFormat) -> String? {
    format.diagnosticLeads == .twelve
      ? nil : "\(label) \(format.diagnosticLeads.names.joined(separator: " "))"
  }

  /// The leads in a header's comments; all where none says otherwise.
  static func leads(comments: [String]) -> LeadSet {
    guard let comment = comments.first(where: { $0.hasPrefix(label) }) else { return .twelve }
    return comment.dropFirst(label.count).split(separator: " ").reduce(into: []) { leads, name in
      if let lead = Lead(signalName: String(name)) { leads.insert(LeadSet(lead)) }
    }
  }
}
