// Reads the model's statements from its metadata.

import ECGSignal

extension Statement {
  /// A normal ECG is only ever said of twelve good leads, whatever the file says.
  private static let normal = "NORM"

  init(_ reader: JSONReader) throws(ModelError) {
    let group = try reader.member("group")
    guard let knownGroup = Group(rawValue: try group.string()) else {
      throw group.failure("diagnostic, form or rhythm")
    }
    code = try reader.member("code").string()
    name = try reader.member("name").string()
    self.group = knownGroup
    superClass = try reader.optional("superClass")?.string()
    let sets = try Self.leadSets(reader)
    leadSets = code == Self.normal ? [.twelve] : sets
    ages = try Self.ages(reader.optional("ages"))
    threshold = Float(try reader.member("threshold").number(in: 0...1))
    trainingPositives = try reader.member("trainingPositives").integer(in: 0...1_000_000_000)
  }

  /// `leadSets`, or in files of before them `needs`: twelveLeads, or limbLead for any limb lead.
  private static func leadSets(_ reader: JSONReader) throws(ModelError) -> [LeadSet] {
    guard let list = try reader.optional("leadSets") else {
      let needs = try reader.member("needs")
      switch try needs.string() {
      case "twelveLeads": return [.twelve]
      case "limbLead": return LeadSet.limb.leads.map { LeadSet($0) }
      default: throw needs.failure("twelveLeads or limbLead")
      }
    }
    var sets: [LeadSet] = []
    for element in try list.elements(count: 1...64) {
      var set = LeadSet()
      for lead in try element.elements(count: 1...12) {
        let name = try lead.string()
        guard let known = Lead.allCases.first(where: { $0.name == name }) else {
          throw lead.failure("a lead, I to V6")
        }
        set.insert(LeadSet(known))
      }
      sets.append(set)
    }
    return sets
  }

  private static func ages(_ reader: JSONReader?) throws(ModelError) -> ClosedRange<Int>? {
    guard let reader else { return nil }
    let minimum = try reader.member("minimumYears").integer(in: 0...150)
    return minimum...(try reader.member("maximumYears").integer(in: minimum...150))
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
