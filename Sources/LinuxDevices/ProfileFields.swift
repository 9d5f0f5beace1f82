// The keys and values of one level of a profile, read with a range or a list of words for each; what is wrong is
// named with its file and the word that was probably meant.

import Devices
import StrictJSON
import Yams

/// The fields of a YAML mapping.
struct ProfileFields {
  /// The file and the place in it, for messages.
  let file: String
  /// The keys in the order of the file.
  let keys: [String]
  private let values: [String: Node]

  init(_ mapping: Node.Mapping, file: String) {
    self.file = file
    keys = mapping.map { $0.key.string ?? "" }
    values = Dictionary(
      mapping.map { ($0.key.string ?? "", $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  func allowOnly(_ known: [String]) throws(SourceError) {
    for key in keys where !known.contains(key) {
      throw SourceError(
        "\(file): unknown key '\(key)': did you mean '\(NearestWord.to(key, in: known))'?")
    }
  }

  func optionalText(_ key: String) throws(SourceError) -> String? {
    guard let node = values[key] else { return nil }
    guard let text = node.string, !text.isEmpty else {
      throw SourceError("\(file): '\(key)' is no text: write it.")
    }
    return text
  }

  func text(_ key: String) throws(SourceError) -> String {
    guard let text = try optionalText(key) else {
      throw SourceError("\(file): '\(key)' is missing: write it.")
    }
    return text
  }

  func optionalWord<Word: RawRepresentable & CaseIterable>(
    _ key: String, of words: Word.Type
  ) throws(SourceError) -> Word? where Word.RawValue == String {
    guard let text = try optionalText(key) else { return nil }
    if let word = Word(rawValue: text) { return word }
    let known = Word.allCases.map(\.rawValue)
    throw SourceError(
      "\(file): \(key) '\(text)' is unknown: one of \(known.joined(separator: ", "))"
        + " (did you mean '\(NearestWord.to(text, in: known))'?).")
  }

  func word<Word: RawRepresentable & CaseIterable>(
    _ key: String, of words: Word.Type
  ) throws(SourceError) -> Word where Word.RawValue == String {
    guard let word = try optionalWord(key, of: words) else {
      throw SourceError("\(file): '\(key)' is missing: write it.")
    }
    return word
  }

  func optionalNumber(
    _ key: String, in range: ClosedRange<Double>
  ) throws(SourceError) -> Double? {
    guard let node = values[key] else { return nil }
    guard let value = node.float ?? node.int.map(Double.init), range.contains(value) else {
      throw SourceError(
        "\(file): '\(key)' is no number from \(range.lowerBound) to \(range.upperBound).")
    }
    return value
  }

  func optionalInteger(_ key: String, in range: ClosedRange<Int>) throws(SourceError) -> Int? {
    guard let node = values[key] else { return nil }
    guard let value = node.int, range.contains(value) else {
      throw SourceError(
        "\(file): '\(key)' is no whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return value
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(SourceError) -> Int {
    guard let value = try optionalInteger(key, in: range) else {
      throw SourceError("\(file): '\(key)' is missing: write it.")
    }
    return value
  }

  func list(_ key: String, countMax: Int) throws(SourceError) -> [Node] {
    guard let sequence = values[key]?.sequence, sequence.count <= countMax else {
      throw SourceError("\(file): '\(key)' must be a list of at most \(countMax).")
    }
    return Array(sequence)
  }

  func optionalGroup(_ key: String) throws(SourceError) -> ProfileFields? {
    guard let node = values[key] else { return nil }
    guard let mapping = node.mapping else {
      throw SourceError("\(file): '\(key)' is no group of keys and values.")
    }
    return ProfileFields(mapping, file: "\(file), \(key)")
  }

  /// True or false; nil where the key is not there.
  func flag(_ key: String) throws(SourceError) -> Bool? {
    guard let node = values[key] else { return nil }
    guard let value = node.bool else {
      throw SourceError("\(file): '\(key)' is neither true nor false.")
    }
    return value
  }

  /// Labels that a GPIO chip may have.
  func chipLabels() throws(SourceError) -> [String] {
    var labels: [String] = []
    for node in try list("chips", countMax: 16) {
      guard let label = node.string, !label.isEmpty else {
        throw SourceError("\(file): 'chips' lists labels of GPIO chips, as pinctrl-bcm2711.")
      }
      labels.append(label)
    }
    guard !labels.isEmpty else {
      throw SourceError("\(file): 'chips' is empty: gpiodetect lists the labels there are.")
    }
    return labels
  }

  /// Numbers of GPIO lines that are driven together.
  func lines(_ key: String) throws(SourceError) -> [UInt32] {
    var lines: [UInt32] = []
    for node in try list(key, countMax: 8) {
      guard let line = node.int, (0...1023).contains(line) else {
        throw SourceError("\(file): '\(key)' lists numbers of GPIO lines, as [17].")
      }
      lines.append(UInt32(line))
    }
    guard !lines.isEmpty else {
      throw SourceError("\(file): '\(key)' is empty: list its lines, as [17].")
    }
    return lines
  }
}
