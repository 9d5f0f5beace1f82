// When a statement is assessed: lead sets and ages as the model file tells them, in words for a clinician.

import ECGSignal
import Testing

@testable import Inference

private func statement(_ members: String, code: String = "CLBBB") throws -> Statement {
  let text = """
    {"code": "\(code)", "name": "a statement", "group": "diagnostic", \(members),
     "threshold": 0.5, "trainingPositives": 48}
    """
  return try Statement(JSONReader(text: text.utf8, path: "statement"))
}

private func leads(_ leads: Lead...) -> LeadSet {
  leads.reduce(into: LeadSet()) { $0.insert(LeadSet($1)) }
}

@Test("a statement is assessed when one of its lead sets is complete")
func leadSets() throws {
  let found = try statement(#""leadSets": [["II", "V1"], ["I", "V1", "V6"]]"#)
  #expect(found.leadSets == [leads(.II, .V1), leads(.I, .V1, .V6)])
  #expect(found.obstacle(leads: .twelve, ageYears: nil) == nil)
  #expect(found.obstacle(leads: leads(.II, .V1), ageYears: nil) == nil)
  #expect(found.obstacle(leads: leads(.II, .V6), ageYears: nil)?.reason == "needs V1")
  #expect(found.obstacle(leads: leads(.I), ageYears: nil)?.reason == "needs II V1")
}

@Test(
  "outside the ages that it was validated for a statement is not assessed; an unknown age is no bar"
)
func ages() throws {
  let found = try statement(
    #""leadSets": [["II"]], "ages": {"minimumYears": 18, "maximumYears": 89}, "superClass": "CD""#)
  #expect(found.superClass == "CD")
  #expect(found.obstacle(leads: .twelve, ageYears: nil) == nil)
  #expect(found.obstacle(leads: .twelve, ageYears: 18) == nil)
  #expect(found.obstacle(leads: .twelve, ageYears: 89) == nil)
  #expect(
    found.obstacle(leads: .twelve, ageYears: 5)?.reason
      == "validated for 18 to 89 years, the patient is 5")
}

@Test("files of before the lead sets say needs")
func needs() throws {
  #expect(try statement(#""needs": "twelveLeads""#).leadSets == [.twelve])
  let limb = try statement(#""needs": "limbLead""#)
  #expect(limb.obstacle(leads: leads(.aVF), ageYears: 3) == nil)
  #expect(limb.obstacle(leads: leads(.V2), ageYears: nil) != nil)
  #expect(limb.ages == nil)
}

@Test("a normal ECG needs twelve good leads, whatever the file says")
func normal() throws {
  let found = try statement(#""leadSets": [["II"]]"#, code: "NORM")
  #expect(found.leadSets == [.twelve])
  #expect(
    found.obstacle(leads: LeadSet.twelve.subtracting(leads(.V3)), ageYears: nil)?.reason
      == "needs V3")
}

@Test(
  "lead sets and ages that cannot be are refused",
  arguments: [
    (#""leadSets": [["II"], ["V7"]]"#, "a lead, I to V6"), (#""leadSets": []"#, "1 to 64"),
    (#""leadSets": [[]]"#, "1 to 12"), (#""needs": "limbLeag""#, "limbLead"),
    (#""leadSets": [["II"]], "ages": {"minimumYears": 90, "maximumYears": 18}"#, "90 to 150"),
  ])
func refusedStatements(members: String, message: String) {
  let error = #expect(throws: ModelError.self) { try statement(members) }
  #expect(error?.description.contains(message) == true, "\(String(describing: error))")
}
