// What must survive a restart of the monitor: alarms that nobody has seen yet, and alarms that are switched off. An
// audio pause and standby must not: after a restart everything sounds again.

import StrictJSON

/// The alarm system's state as names, which outlive a change of the program or its model.
public struct AlarmSnapshot: Hashable, Sendable {
  /// Version of the JSON form. The first had no onsets, the second only alarms of high priority.
  private static let schemaVersion = 3.0

  /// Whose alarms they are, nil where nobody said. Another patient's alarms are not restored.
  public var patientID: String?
  /// Alarms of the patient that latch and that nobody has acknowledged, active or latched, in the order of their
  /// names.
  public var unacknowledged: [String]
  /// Of these the priority of those that are not high.
  public var priorities: [String: AlarmPriority]
  /// When the unacknowledged ones began, as far as it is known.
  public var onsets: [String: AlarmTime]
  /// Alarms that are switched off, in the order of their names.
  public var off: [String]

  /// Nothing to remember, or what is given.
  public init(
    patientID: String? = nil, unacknowledged: [String] = [],
    priorities: [String: AlarmPriority] = [:], onsets: [String: AlarmTime] = [:],
    off: [String] = []
  ) {
    self.patientID = patientID
    self.priorities = priorities.filter { unacknowledged.contains($0.key) && $0.value < .high }
    self.onsets = onsets.filter { unacknowledged.contains($0.key) }
    self.unacknowledged = unacknowledged.sorted()
    self.off = off.sorted()
  }

  /// As JSON, sorted, ending in a line feed.
  public var text: String {
    let value = JSONValue.object([
      "schemaVersion": .number(Self.schemaVersion),
      "patientID": patientID.map { .string($0) } ?? .null,
      "unacknowledged": .array(unacknowledged.map { .string($0) }),
      "priorities": .object(priorities.mapValues { .string($0.name) }),
      "onsets": .object(onsets.mapValues(\.json)),
      "off": .array(off.map { .string($0) }),
    ])
    return value.prettyText + "\n"
  }

  /// Reads what `text` wrote.
  ///
  /// - Parameter name: the file, for the error's sentence.
  public init(parsing bytes: some Collection<UInt8>, name: String) throws(JSONFieldError) {
    let value: JSONValue
    do { value = try JSONValue(parsing: bytes) } catch {
      throw JSONFieldError(
        "\(name) is no JSON (\(error)): alarms of before the restart are lost; remove the file.")
    }
    let fields = try JSONFields(value, path: name)
    let version = try fields.number("schemaVersion")
    guard [1, 2, Self.schemaVersion].contains(version) else {
      throw JSONFieldError("\(name) is of another version of this program: remove the file.")
    }
    let known = ["schemaVersion", "patientID", "unacknowledged", "off"]
    try fields.allowOnly(known + ["onsets", "priorities"].prefix(Int(version) - 1))
    if case .string(let id)? = fields.members["patientID"] { patientID = id }
    unacknowledged = try Self.names(fields, "unacknowledged")
    off = try Self.names(fields, "off")
    onsets = [:]
    priorities = [:]
    guard version > 1 else { return }
    let times = try fields.object("onsets")
    for name in unacknowledged where times.members[name] != nil {
      onsets[name] = try AlarmTime(try times.object(name))
    }
    guard version > 2 else { return }
    let words = try fields.object("priorities")
    for name in unacknowledged where words.members[name] != nil {
      let word = try words.text(name)
      guard let priority = AlarmPriority(name: word) else {
        throw JSONFieldError("\(words.path): '\(name)' is '\(word)', which is no priority.")
      }
      priorities[name] = priority
    }
  }

  /// Whether an alarm is lit and sounds again after the restart.
  public func restores(_ definition: AlarmDefinition) -> Bool {
    unacknowledged.contains(definition.name) && definition.latches(at: priority(definition))
  }

  /// The priority that an alarm had come to.
  func priority(_ definition: AlarmDefinition) -> AlarmPriority {
    priorities[definition.name] ?? .high
  }

  private static func names(
    _ fields: JSONFields, _ key: String
  ) throws(JSONFieldError) -> [String] {
    guard case .array(let values)? = fields.members[key] else {
      throw JSONFieldError("\(fields.path): '\(key)' must be a list of names.")
    }
    var names: [String] = []
    for value in values {
      guard case .string(let name) = value else {
        throw JSONFieldError("\(fields.path): '\(key)' must be a list of names.")
      }
      names.append(name)
    }
    return names
  }
}

extension AlarmSystem {
  /// Takes over what was left at the last end, and tells it with the first news. Without it the definitions say
  /// what is off.
  func restore(_ snapshot: AlarmSnapshot?) {
    for (alarm, definition) in definitions.enumerated() {
      let isOff = snapshot?.off.contains(definition.name) ?? definition.isOff
      if isOff && definition.mayBeOff {
        states[alarm].isOff = true
        inactivation.offCount &+= 1
        tell(alarm, .off, snapshot == nil ? .setting : .restart)
      } else if snapshot?.restores(definition) == true {
        states[alarm].isLatched = true
        states[alarm].priority = snapshot?.priority(definition) ?? .high
        tell(alarm, .latched, .restart)
      }
    }
    if inactivation.offCount > 0 { tellInactivation(.start) }
    annunciate()
  }
}
