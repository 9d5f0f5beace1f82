// Who acts on alarms. A name is text, which the hot path may not carry: it carries a number, and whoever shows the
// name asks for it.

import Synchronization

/// A person by number. The names are in `AlarmPeople`.
public struct AlarmPerson: BitwiseCopyable, Hashable, Sendable {
  /// Nobody, or somebody who gave no name.
  public static let unnamed = AlarmPerson(number: 0)

  fileprivate var number: UInt16
}

/// The names of the people who have acted while a monitor runs. Any thread.
public final class AlarmPeople: Sendable {
  /// Names are known for as long as the monitor runs; whoever comes after these acts without one.
  private static let countMax = 4096
  private static let lengthMax = 64

  private struct Content {
    var names: [String] = []
    var numbers: [String: UInt16] = [:]
  }

  private let content = Mutex(Content())

  /// Nobody yet.
  public init() {}

  /// The number of whoever has this name, the same one each time.
  public func person(named name: String?) -> AlarmPerson {
    let name = Self.printable(name ?? "")
    guard !name.isEmpty else { return .unnamed }
    return content.withLock { content in
      if let number = content.numbers[name] { return AlarmPerson(number: number) }
      guard content.names.count < Self.countMax else { return .unnamed }
      content.names.append(name)
      let number = UInt16(content.names.count)
      content.numbers[name] = number
      return AlarmPerson(number: number)
    }
  }

  /// A name comes from another machine, and a terminal does what control characters say.
  private static func printable(_ name: String) -> String {
    let unprintable: [Unicode.GeneralCategory] = [
      .control, .format, .lineSeparator, .paragraphSeparator,
    ]
    let scalars = name.unicodeScalars.filter {
      !unprintable.contains($0.properties.generalCategory)
    }
    return String(String(String.UnicodeScalarView(scalars)).prefix(lengthMax))
  }

  /// The name of a person; nil where none was given.
  public func name(of person: AlarmPerson) -> String? {
    content.withLock { content in
      let place = Int(person.number) - 1
      return content.names.indices.contains(place) ? content.names[place] : nil
    }
  }
}
