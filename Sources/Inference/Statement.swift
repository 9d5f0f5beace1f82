// The statements a model can make about an ECG: the rows of its head.

/// One statement of the model's head, by its SCP-ECG code.
public struct Statement: Hashable, Sendable {
  /// What kind of statement it is, in PTB-XL's division.
  public enum Group: String, Sendable {
    case diagnostic
    case form
    case rhythm
  }

  /// Which leads must be present for the statement to be assessed at all.
  public enum Needs: String, Sendable {
    case twelveLeads
    case limbLead
  }

  /// The SCP-ECG code ("AFIB").
  public let code: String
  /// The statement in words ("atrial fibrillation").
  public let name: String
  /// Diagnostic, form or rhythm.
  public let group: Group
  /// The leads it needs.
  public let needs: Needs
  /// The probability from which the statement counts as made, 0...1.
  public let threshold: Float
  /// Records with this statement that the model was trained on.
  public let trainingPositives: Int
}

extension Statement {
  init(_ reader: JSONReader) throws(ModelError) {
    let group = try reader.member("group")
    let needs = try reader.member("needs")
    guard let knownGroup = Group(rawValue: try group.string()) else {
      throw group.failure("diagnostic, form or rhythm")
    }
    guard let knownNeeds = Needs(rawValue: try needs.string()) else {
      throw needs.failure("twelveLeads or limbLead")
    }
    code = try reader.member("code").string()
    name = try reader.member("name").string()
    self.group = knownGroup
    self.needs = knownNeeds
    threshold = Float(try reader.member("threshold").number(in: 0...1))
    trainingPositives = try reader.member("trainingPositives").integer(in: 0...1_000_000_000)
  }

  /// Reads the list of statements, whose codes must differ.
  static func list(_ reader: JSONReader) throws(ModelError) -> [Statement] {
    var statements: [Statement] = []
    for element in try reader.elements(count: 1...1024) {
      statements.append(try Statement(element))
    }
    guard Set(statements.map(\.code)).count == statements.count else {
      throw reader.failure("a list in which no code stands twice")
    }
    return statements
  }
}
