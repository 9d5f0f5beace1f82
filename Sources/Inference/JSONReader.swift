// Reads a JSON value field by field, with the path of each field for the message when it does not fit.

import StrictJSON

/// A JSON value and the place where it stands ("model.safetensors: graph.layers[3]").
struct JSONReader {
  let value: JSONValue
  let path: String

  init(_ value: JSONValue, path: String) {
    self.value = value
    self.path = path
  }

  /// Parses a text.
  init(text: some Collection<UInt8>, path: String) throws(ModelError) {
    do {
      self.init(try JSONValue(parsing: text), path: path)
    } catch {
      throw ModelError("\(path) is not JSON: \(error). Use a model written by the training tools.")
    }
  }

  func failure(_ expectation: String) -> ModelError {
    ModelError("\(path) must be \(expectation). Use a model written by the training tools.")
  }

  /// The member with this key; the value must be an object that has it.
  func member(_ key: String) throws(ModelError) -> JSONReader {
    guard let member = try optional(key) else { throw failure("an object with '\(key)'") }
    return member
  }

  /// The member with this key, nil where the object has none.
  func optional(_ key: String) throws(ModelError) -> JSONReader? {
    guard case .object(let members) = value else { throw failure("an object") }
    return members[key].map { JSONReader($0, path: path + "." + key) }
  }

  /// The elements of an array of `count` values.
  func elements(count range: ClosedRange<Int>) throws(ModelError) -> [JSONReader] {
    guard case .array(let values) = value, range.contains(values.count) else {
      throw failure("a list of \(range.lowerBound) to \(range.upperBound) values")
    }
    return values.enumerated().map { JSONReader($1, path: "\(path)[\($0)]") }
  }

  func string() throws(ModelError) -> String {
    guard case .string(let text) = value, !text.isEmpty else { throw failure("a text") }
    return text
  }

  func integer(in range: ClosedRange<Int>) throws(ModelError) -> Int {
    guard case .number(let number) = value, let integer = Int(exactly: number),
      range.contains(integer)
    else { throw failure("an integer in \(range.lowerBound) to \(range.upperBound)") }
    return integer
  }

  func number(in range: ClosedRange<Double>) throws(ModelError) -> Double {
    guard case .number(let number) = value, range.contains(number) else {
      throw failure("a number in \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// The field must be this text: a kind of thing of which only one is known.
  func expect(_ text: String) throws(ModelError) {
    guard value == .string(text) else { throw failure("\"\(text)\"") }
  }
}
