// The result of one measurement: numbers with their uncertainty and limits, and whether they pass.

/// One number of a measurement.
public struct MeasuredValue: Hashable, Sendable {
  /// Of what: a channel, an electrode, a rail.
  public let subject: String
  /// What it is.
  public let quantity: Quantity
  /// The number, in the quantity's unit; nil where it could not be measured.
  public let value: Double?
  /// Half of the interval that holds the truth in 95 of 100 cases, in the same unit; nil where there is no number.
  public let uncertainty: Double?
  /// What it may be.
  public let limits: Limits
  /// What must be known to read the number, nil for nothing.
  public let note: String?
  /// Whether it lies within its limits and was measured rightly.
  public let passed: Bool

  /// A number that was measured. `fault`: why it does not count although it may lie within the limits.
  public init(
    _ subject: String, _ quantity: Quantity, _ value: Double, uncertainty: Double, limits: Limits,
    note: String? = nil, fault: String? = nil
  ) {
    let isNumber = value.isFinite && uncertainty.isFinite
    self.subject = subject
    self.quantity = quantity
    self.value = isNumber ? value : nil
    self.uncertainty = isNumber ? uncertainty : nil
    self.limits = limits
    self.note = fault ?? (isNumber ? note : note ?? "could not be measured")
    passed = isNumber && fault == nil && limits.allow(value)
  }

  /// A number as a file holds it.
  init(
    subject: String, quantity: Quantity, value: Double?, uncertainty: Double?, limits: Limits,
    note: String?, passed: Bool
  ) {
    self.subject = subject
    self.quantity = quantity
    self.value = value
    self.uncertainty = uncertainty
    self.limits = limits
    self.note = note
    self.passed = passed
  }
}

/// A measurement that was made.
public struct FieldMeasurement: Hashable, Sendable {
  /// What was measured.
  public let kind: MeasurementKind
  /// How, in a few words.
  public let method: String
  /// What it was measured with: numbers by a name with its unit ("seconds", "testSignalMicrovolts").
  public let conditions: [String: Double]
  /// The numbers.
  public let values: [MeasuredValue]

  /// Puts a measurement together.
  public init(
    _ kind: MeasurementKind, method: String, conditions: [String: Double], values: [MeasuredValue]
  ) {
    self.kind = kind
    self.method = method
    self.conditions = conditions
    self.values = values
  }

  /// Whether there are numbers and all of them pass.
  public var passed: Bool { !values.isEmpty && values.allSatisfy(\.passed) }

  /// The numbers of one quantity, by what they are of.
  public func values(of quantity: Quantity) -> [String: MeasuredValue] {
    Dictionary(
      values.filter { $0.quantity == quantity }.map { ($0.subject, $0) },
      uniquingKeysWith: { _, last in last })
  }
}
