// What a station tells, one line a thing: as JSON for programs, or in words for people. docs/json.md has the keys.

import AlertLink
import Foundation

/// Something that happened at a station.
public enum StationLine: Sendable {
  /// It listens now.
  case listening(places: [String], devices: Int)
  /// An alert, durable here; how old it was when it was sent, nil when the device has started since.
  case alert(InboxEntry, ageSeconds: Double?)
  /// A device came, went, or its alarms changed.
  case device(DeviceStatus)
  /// Alerts that a device had to give up before it could send them.
  case missing(device: String, count: UInt64)
  /// A person's acknowledgement: `sent`, `taken` by the device, `expired`, `noSuchAlarm` or `notReachable`.
  case acknowledgement(device: String, condition: String, person: String, result: String)
  /// A key was added.
  case key(device: String, id: UInt32)
  /// Word of an output.
  case output(CentralEvent)
  /// Trouble that somebody must see to.
  case problem(String)

  /// One JSON object without line feeds.
  public var json: [UInt8] {
    switch self {
    case .listening(let places, let devices):
      Self.text(["type": .text("listening"), "places": .texts(places), "devices": .count(devices)])
    case .alert(let entry, let age): Self.alert(entry, age)
    case .device(let status): Self.joined("device", StatusText.device(status))
    case .missing(let device, let count):
      Self.text(
        ["type": .text("missing"), "device": .text(device), "count": .count(Int(clamping: count))])
    case .acknowledgement(let device, let condition, let person, let result):
      Self.text([
        "type": .text("acknowledgement"), "device": .text(device), "condition": .text(condition),
        "person": .text(person), "result": .text(result),
      ])
    case .key(let device, let id):
      Self.text(["type": .text("key"), "device": .text(device), "keyID": .count(Int(id))])
    case .output(let event): Self.text(Self.output(event))
    case .problem(let message): Self.text(["type": .text("problem"), "message": .text(message)])
    }
  }

  private enum Value: Encodable {
    case text(String)
    case texts([String])
    case count(Int)
    case number(Double?)

    func encode(to encoder: any Encoder) throws {
      var value = encoder.singleValueContainer()
      switch self {
      case .text(let text): try value.encode(text)
      case .texts(let texts): try value.encode(texts)
      case .count(let count): try value.encode(count)
      case .number(let number): try value.encode(number)
      }
    }
  }

  private static func output(_ event: CentralEvent) -> [String: Value] {
    switch event {
    case .outputConnected(let name):
      ["type": .text("output"), "output": .text(name), "state": .text("connected")]
    case .outputLost(let name, let reason):
      [
        "type": .text("output"), "output": .text(name), "state": .text("lost"),
        "reason": .text(reason),
      ]
    case .refused(let name, let number, let reason):
      [
        "type": .text("output"), "output": .text(name), "state": .text("refused"),
        "number": .count(Int(clamping: number)), "reason": .text(reason),
      ]
    case .command(let device, let text):
      ["type": .text("problem"), "message": .text("\(device): '\(text)' is no command.")]
    }
  }

  /// The message's own keys, and two of the receiver's.
  private static func alert(_ entry: InboxEntry, _ age: Double?) -> [UInt8] {
    let more = text(["ageSeconds": .number(age)])
    return joined("alert", entry.record.json.dropLast() + [0x2C] + more.dropFirst())
  }

  /// An object with its type in front.
  private static func joined(_ type: String, _ object: some Collection<UInt8>) -> [UInt8] {
    Array("{\"type\":\"\(type)\",".utf8) + object.dropFirst()
  }

  private static func text(_ value: [String: Value]) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)).map { Array($0) } ?? []
  }
}

extension StationLine {
  /// The same in words.
  public var words: String {
    switch self {
    case .listening(let places, let devices):
      return "Listening at \(places.joined(separator: ", ")) for \(devices) devices."
    case .alert(let entry, let age): return Self.words(entry, age)
    case .device(let status): return Self.words(status)
    case .missing(let device, let count):
      return "\(device): \(count) alerts were lost there before they could be sent."
    case .acknowledgement(let device, let condition, let person, let result):
      let who = person.isEmpty ? "" : " by \(person)"
      return "\(device): acknowledgement of \(condition)\(who): \(result)."
    case .key(let device, let id): return "\(device): key \(id) was added."
    case .output(.outputConnected(let name)): return "\(name): connected."
    case .output(.outputLost(_, let reason)), .output(.refused(_, _, let reason)): return reason
    case .output(.command(let device, let text)): return "\(device): '\(text)' is no command."
    case .problem(let message): return message
    }
  }

  private static func words(_ entry: InboxEntry, _ age: Double?) -> String {
    guard let message = AlertMessage(json: entry.record.json) else {
      return "\(entry.device): a message of another version."
    }
    let mark = message.isTest ? "TEST " : message.isSimulated ? "SIMULATED " : ""
    let late = age.map { $0 >= 10 ? ", \(Int($0)) s late" : "" } ?? ", from before its last start"
    return
      "\(mark)\(message.priority.name.uppercased()) \(entry.device): \(message.message) "
      + "\(message.phase.rawValue) \(message.time.wallTime ?? "")\(late)"
  }

  private static func words(_ status: DeviceStatus) -> String {
    let alarms = (status.state?.alarms ?? []).map(\.condition).joined(separator: ", ")
    return
      "\(status.device): \(status.presence.rawValue)\(alarms.isEmpty ? "" : ", alarms: \(alarms)")"
  }
}
