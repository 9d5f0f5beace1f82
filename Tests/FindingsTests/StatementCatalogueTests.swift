// The table of alarms against the list of SCP-ECG statements as PTB-XL publishes it.

import Findings
import Foundation
import Testing
import TestSupport

@Test("every rule names a statement of its own, and none exceeds medium")
func rulesAreUnique() {
  let rules = StatementCatalogue.alertRules
  #expect(Set(rules.map(\.code)).count == rules.count)
  #expect(rules.allSatisfy { $0.urgency == .low || $0.urgency == .medium })
  #expect(StatementCatalogue.urgency(code: "AFIB") == .medium)
  #expect(StatementCatalogue.urgency(code: "INJAS") == .medium)
  #expect(StatementCatalogue.urgency(code: "STD_") == .low)
  #expect(StatementCatalogue.urgency(code: "NORM") == .none)
  #expect(StatementCatalogue.urgency(code: "SR") == .none)
}

@Test(
  "every rule's code is an SCP-ECG statement, all infarcts and injuries among them",
  .enabled(if: TestData.isPresent))
func rulesAreStatements() throws {
  let text = try String(contentsOfFile: TestData.path("ptbxl/scp_statements.csv"), encoding: .utf8)
  let lines = text.split(separator: "\n").dropFirst()
  let descriptions = Dictionary(
    lines.map { line in
      let fields = line.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
      return (String(fields[0]), String(fields[1]))
    }, uniquingKeysWith: { first, _ in first })
  #expect(descriptions.count == 71)
  for rule in StatementCatalogue.alertRules {
    #expect(descriptions[rule.code] != nil, "\(rule.code)")
  }
  let acute = descriptions.filter {
    $0.value.contains("myocardial infarction") || $0.value.contains("injury")
  }
  #expect(acute.count == 14)
  for code in acute.keys { #expect(StatementCatalogue.urgency(code: code) == .medium, "\(code)") }
}
