// The statements a model can make about an ECG: the rows of its head, and when one is assessed at all.

import ECGSignal

/// One statement of the model's head, by its SCP-ECG code.
public struct Statement: Hashable, Sendable {
  /// What kind of statement it is, in PTB-XL's division.
  public enum Group: String, Sendable {
    case diagnostic
    case form
    case rhythm
  }

  /// The SCP-ECG code ("AFIB").
  public let code: String
  /// The statement in words ("atrial fibrillation").
  public let name: String
  /// Diagnostic, form or rhythm.
  public let group: Group
  /// The PTB-XL super-class (NORM, MI, STTC, CD, HYP) of a diagnostic statement.
  public let superClass: String?
  /// The leads with which it was validated: it is assessed when all of one set are there.
  public let leadSets: [LeadSet]
  /// The ages in whole years for which it was validated, nil where the model does not say.
  public let ages: ClosedRange<Int>?
  /// The probability from which the statement counts as made, 0...1.
  public let threshold: Float
  /// Records with this statement that the model was trained on.
  public let trainingPositives: Int
}

extension Statement {
  /// Why a statement says nothing about an ECG. That it was not assessed is not a negative.
  public enum Obstacle: Hashable, Sendable {
    /// No validated lead set is complete; the smallest number of leads that would make one so.
    case leads(missing: LeadSet)
    /// The patient's age lies outside what was validated.
    case age(years: Int, validated: ClosedRange<Int>)

    /// In words for a report ("needs V3", "validated for 18 to 89 years, the patient is 5").
    public var reason: String {
      switch self {
      case .leads(let missing): "needs \(missing.names.joined(separator: " "))"
      case .age(let years, let validated):
        "validated for \(validated.lowerBound) to \(validated.upperBound) years, the patient is \(years)"
      }
    }
  }

  /// What keeps the statement from being assessed with these good leads and at this age, nil if nothing
  /// does. An unknown age does not.
  public func obstacle(leads: LeadSet, ageYears: Int?) -> Obstacle? {
    if let ages, let ageYears, !ages.contains(ageYears) {
      return .age(years: ageYears, validated: ages)
    }
    let missing = leadSets.map { $0.subtracting(leads) }
    guard let least = missing.min(by: { $0.count < $1.count }), !least.isEmpty else { return nil }
    return .leads(missing: least)
  }
}
