// Lamp and buzzer in words: `red=17,yellow=27,cyan=22` on the command line, groups of keys in a profile.

import Devices

extension LampWiring {
  /// Reads `[CHIP:]red=17,yellow=17+27[,cyan=27+22][,activeLow]`; without a chip it is the header of a Raspberry Pi.
  public init(parsing text: String) throws(SourceError) {
    let words = AlarmWords(text)
    var lines: [String: [UInt32]] = [:]
    for word in words.rest {
      let parts = word.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, ["red", "yellow", "cyan"].contains(parts[0]), lines[parts[0]] == nil
      else { throw Self.misspelt(text) }
      let numbers = parts[1].split(separator: "+").map { UInt32($0) }
      guard !numbers.isEmpty, !numbers.contains(nil) else { throw Self.misspelt(text) }
      lines[parts[0]] = numbers.compactMap(\.self)
    }
    guard let red = lines["red"], let yellow = lines["yellow"] else { throw Self.misspelt(text) }
    self.init(
      chipLabels: words.chipLabels, red: red, yellow: yellow, cyan: lines["cyan"],
      isActiveLow: words.isActiveLow)
    guard let reason = fault else { return }
    throw SourceError("The lamp '\(text)': \(reason)")
  }

  private static func misspelt(_ text: String) -> SourceError {
    SourceError(
      "The lamp '\(text)' is no lamp: write its lines as red=17,yellow=27,cyan=22, with '+' between lines that light "
        + "together, the label of another chip before it as pinctrl-rp1:red=17, and ',activeLow' after it."
    )
  }

  /// Why nobody could tell its colours apart.
  var fault: String? {
    let colours = [red, yellow] + [cyan].compactMap(\.self)
    let distinct = Set(colours.map(mask))
    return distinct.count == colours.count
      ? nil : "two colours have the same lines: give each its own, or leave cyan out."
  }

  init(_ fields: ProfileFields) throws(SourceError) {
    try fields.allowOnly(["chips", "red", "yellow", "cyan", "activeLow"])
    self.init(
      chipLabels: try fields.chipLabels(), red: try fields.lines("red"),
      yellow: try fields.lines("yellow"),
      cyan: fields.keys.contains("cyan") ? try fields.lines("cyan") : nil,
      isActiveLow: try fields.flag("activeLow") ?? false)
    if let reason = fault { throw SourceError("\(fields.file): \(reason)") }
  }
}

extension BuzzerWiring {
  /// Reads `[CHIP:]18[,activeLow]`.
  public init(parsing text: String) throws(SourceError) {
    let words = AlarmWords(text)
    guard words.rest.count == 1, let offset = UInt32(words.rest[0]) else {
      throw SourceError(
        "The buzzer '\(text)' is no line: write its number, as 18, with the label of another chip before it as "
          + "pinctrl-rp1:18, and ',activeLow' after it.")
    }
    self.init(
      line: GPIOLine(chipLabels: words.chipLabels, offset: offset),
      isActiveLow: words.isActiveLow)
  }

  init(_ fields: ProfileFields) throws(SourceError) {
    try fields.allowOnly(["chips", "line", "activeLow"])
    self.init(
      line: GPIOLine(
        chipLabels: try fields.chipLabels(),
        offset: UInt32(try fields.integer("line", in: 0...1023))),
      isActiveLow: try fields.flag("activeLow") ?? false)
  }
}

extension GPIOLine {
  /// Reads the line of a button, `[CHIP:]23`.
  public init(button text: String) throws(SourceError) {
    let words = AlarmWords(text)
    guard words.rest.count == 1, !words.isActiveLow, let offset = UInt32(words.rest[0]) else {
      throw SourceError(
        "The button '\(text)' is no line: write its number, as 23, with the label of another chip before it as "
          + "pinctrl-rp1:23, and wire the button between line and ground.")
    }
    self.init(chipLabels: words.chipLabels, offset: offset)
  }
}

extension AlarmWiring {
  init(_ fields: ProfileFields) throws(SourceError) {
    try fields.allowOnly(["sound", "volumePercentMin", "lamp", "buzzer"])
    var lamp: LampWiring?
    if let group = try fields.optionalGroup("lamp") { lamp = try LampWiring(group) }
    var buzzer: BuzzerWiring?
    if let group = try fields.optionalGroup("buzzer") { buzzer = try BuzzerWiring(group) }
    self.init(
      sound: try fields.optionalText("sound"),
      volumePercentMin: try fields.optionalInteger(
        "volumePercentMin", in: Self.volumePercentRange),
      lamp: lamp, buzzer: buzzer)
  }
}

/// What stands before the colon, after the last comma, and between.
private struct AlarmWords {
  let chipLabels: [String]
  let rest: [String]
  let isActiveLow: Bool

  init(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    chipLabels = parts.count == 2 ? [String(parts[0])] : GPIOLine.raspberryPiLabels
    let words = (parts.last ?? "").split(separator: ",", omittingEmptySubsequences: false)
    rest = words.filter { $0 != "activeLow" }.map(String.init)
    isActiveLow = words.contains("activeLow")
  }
}
