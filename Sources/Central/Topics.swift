// Where on a broker a device speaks: ecgclip/SITE/DEVICE/alert and .../status.

/// The topics of one site.
public struct Topics: Hashable, Sendable {
  private let root: String

  /// The topics of a site ("ward-3"); any name, made safe.
  public init(site: String) { root = "ecgclip/" + Self.level(site) }

  /// Every alert of a device, once each, not retained.
  public func alert(_ device: String) -> String { "\(root)/\(Self.level(device))/alert" }

  /// How a device is, retained: who asks later is told at once.
  public func status(_ device: String) -> String { "\(root)/\(Self.level(device))/status" }

  /// How the receiver itself is, retained; the broker says offline where the receiver is gone.
  public var receiverStatus: String { "\(root)/status" }

  /// Where people's acknowledgements are taken from.
  public func command(_ device: String) -> String { "\(root)/\(Self.level(device))/command" }

  /// All of them.
  public var everyCommand: String { "\(root)/+/command" }

  /// The device that a command's topic names, nil for another topic.
  public func deviceOfCommand(_ topic: String) -> String? {
    guard topic.hasPrefix(root + "/"), topic.hasSuffix("/command") else { return nil }
    let level = topic.dropFirst(root.utf8.count + 1).dropLast("/command".utf8.count)
    return level.contains("/") ? nil : Self.name(level)
  }

  /// A name as one level of a topic: letters, digits and `-._~` stay, every other byte becomes `%` and two digits, as
  /// in a URL. So no name reaches another level, a wildcard (`+`, `#`) or the broker's own topics (`$`), and no two
  /// names become one.
  static func level(_ name: String) -> String {
    var level = ""
    for byte in name.utf8 {
      let scalar = UnicodeScalar(byte)
      let isPlain = byte < 0x80 && (scalar.properties.isAlphabetic || (0x30...0x39).contains(byte))
      if isPlain || "-._~".unicodeScalars.contains(scalar) {
        level.unicodeScalars.append(scalar)
      } else {
        level += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return level
  }

  /// The name that `level` made; nil where it made none.
  static func name(_ level: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(level.utf8)[...]
    while let byte = rest.popFirst() {
      if byte != 0x25 {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    let name = String(validating: bytes, as: UTF8.self)
    return name.flatMap { self.level($0) == level ? $0 : nil }
  }
}
