// Reads an object field by field and says in one sentence what does not fit: where, what is expected, and which
// known key an unknown one resembles.

/// Why a file's content is refused: one sentence that names the place.
public struct JSONFieldError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  /// Creates the error from its sentence.
  public init(_ description: String) { self.description = description }
}

/// An object and the place where it stands ("bench-7.json: entries[2]").
public struct JSONFields {
  /// Its members.
  public let members: [String: JSONValue]
  /// Where it stands.
  public let path: String

  /// Takes a value that must be an object.
  public init(_ value: JSONValue, path: String) throws(JSONFieldError) {
    guard case .object(let members) = value else {
      throw JSONFieldError("\(path) must be an object.")
    }
    self.members = members
    self.path = path
  }

  /// Refuses keys that nobody knows: a misspelt limit would be no limit.
  public func allowOnly(_ known: [String]) throws(JSONFieldError) {
    guard let key = members.keys.sorted().first(where: { !known.contains($0) }) else { return }
    let nearest = NearestWord.to(key, in: known)
    throw JSONFieldError("\(path): unknown key '\(key)': did you mean '\(nearest)'?")
  }

  /// A text that must be there.
  public func text(_ key: String) throws(JSONFieldError) -> String {
    guard case .string(let text)? = members[key], !text.isEmpty else {
      throw failure(key, "a text")
    }
    return text
  }

  /// A text that may be missing.
  public func optionalText(_ key: String) throws(JSONFieldError) -> String? {
    members[key] == nil ? nil : try text(key)
  }

  /// A number that must be there.
  public func number(_ key: String) throws(JSONFieldError) -> Double {
    guard case .number(let number)? = members[key] else { throw failure(key, "a number") }
    return number
  }

  /// A number that may be missing or null.
  public func optionalNumber(_ key: String) throws(JSONFieldError) -> Double? {
    switch members[key] {
    case nil, .null?: nil
    default: try number(key)
    }
  }

  /// Yes or no.
  public func truth(_ key: String) throws(JSONFieldError) -> Bool {
    guard case .bool(let value)? = members[key] else { throw failure(key, "true or false") }
    return value
  }

  /// An object that must be there.
  public func object(_ key: String) throws(JSONFieldError) -> JSONFields {
    guard let value = members[key] else { throw failure(key, "an object") }
    return try JSONFields(value, path: "\(path).\(key)")
  }

  /// A list of objects that must be there.
  public func objects(_ key: String) throws(JSONFieldError) -> [JSONFields] {
    guard case .array(let values)? = members[key] else { throw failure(key, "a list") }
    var objects: [JSONFields] = []
    for (index, value) in values.enumerated() {
      objects.append(try JSONFields(value, path: "\(path).\(key)[\(index)]"))
    }
    return objects
  }

  private func failure(_ key: String, _ expectation: String) -> JSONFieldError {
    JSONFieldError("\(path): '\(key)' must be \(expectation).")
  }
}
