// The bytes on the wire, fixed for all time, and what others make of them: Python's `cryptography` and jsonschema.

import Alarms
import ECGSignal
import Foundation
import TestSupport
import Testing

@testable import AlertLink

private func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

@Suite struct GoldenDatagramTests {
  static let key = LinkSimulation.key()
  static let epoch: UInt64 = 1_767_225_600

  static var report: DeviceReport {
    var report = DeviceReport()
    report.challenge = 0x0102_0304_0506_0708
    report.echo = 0x1112_1314_1516_1718
    report.clockMilliseconds = 90_061_001
    report.newest = AlertPosition(epoch: epoch, sequence: 42)
    report.confirmed = AlertPosition(epoch: 1_767_225_000, sequence: 3)
    report.records = [
      SentRecord(
        after: .zero,
        record: AlertRecord(
          position: AlertPosition(epoch: epoch - 1, sequence: 41), json: Array(#"{"a":1}"#.utf8))),
      SentRecord(
        after: AlertPosition(epoch: epoch - 1, sequence: 41),
        record: AlertRecord(
          position: AlertPosition(epoch: epoch, sequence: 42), json: Array(#"{"b":2}"#.utf8))),
    ]
    report.state = Array(#"{"alarms":[]}"#.utf8)
    return report
  }

  static var receipt: CentralReceipt {
    var receipt = CentralReceipt()
    receipt.challenge = 0x2122_2324_2526_2728
    receipt.echo = 0x0102_0304_0506_0708
    receipt.received = AlertPosition(epoch: epoch - 1, sequence: 41)
    receipt.waiting = 0b101
    receipt.acknowledgements = [
      RemoteAcknowledgement(
        number: 4, alert: AlertPosition(epoch: epoch - 1, sequence: 40), person: "Zoë")
    ]
    return receipt
  }

  static let reportDatagram: String =
    "010100000007000000006955b900000000000000000534f7a139a5e3f4e6850f4f7638569cb4f925"
    + "ccadfbd127a8e8bd8c07bbbdd4662d65ff271eabe60d9662e409631bfdc4e60ab74b06d1b2a92a60"
    + "ed5b4f654284de97b81042ce54b3050e05044562718c07b676f91097a512ef279f7dd3f366398b87"
    + "cac88f6ed3518a3170a421e10e51a1db26af7d7bbb8b58eef29a8f9c4fb8b35be08d63ba40d96c4e"
    + "dd795d71d68164690791666023656011c99a04cd7b8f4ee0b5c4a3af7d1df241"
  static let receiptDatagram: String =
    "010200000007000000006955b900000000000000000654831430763c55d350f3f1807b02d6042679"
    + "fff4298efcecf53018381c7d983ab89c5c8cc8b673865366e2340132bf53c25807e3e3a5a826bccb"
    + "b6c4b86521e7db6f5d57b8339b76ac8585ff04eee48a282730087105"

  @Test("a report and a receipt are these bytes, which the specification shows")
  func bytes() throws {
    let report = Self.key.cipher(.toCentral, epoch: Self.epoch).seal(Self.report.bytes, counter: 5)
    let receipt = Self.key.cipher(.toDevice, epoch: Self.epoch).seal(
      Self.receipt.bytes, counter: 6)
    #expect(hexadecimal(try #require(report)) == Self.reportDatagram)
    #expect(hexadecimal(try #require(receipt)) == Self.receiptDatagram)
    let page = try String(
      contentsOfFile: TestData.repository + "/docs/alert-link.md", encoding: .utf8)
    let packed = page.filter { !$0.isWhitespace }
    #expect(packed.contains(Self.reportDatagram))
    #expect(packed.contains(Self.receiptDatagram))
  }

  @Test("bodies read back as themselves, and no shorter or longer ones are read")
  func bodies() {
    let report = Self.report.bytes
    let receipt = Self.receipt.bytes
    #expect(DeviceReport(report) == Self.report)
    #expect(CentralReceipt(receipt) == Self.receipt)
    for count in 0..<report.count { #expect(DeviceReport(Array(report[..<count])) == nil) }
    for count in 0..<receipt.count { #expect(CentralReceipt(Array(receipt[..<count])) == nil) }
    #expect(DeviceReport(report + [0]) == nil && CentralReceipt(receipt + [0]) == nil)
  }

  @Test("Python's cryptography seals the same bytes", .enabled(if: Python.imports("cryptography")))
  func oracle() throws {
    let secret = hexadecimal(LinkSimulation.secret)
    let report = try Python.peer(
      "alert_link_vectors.py", secret, "1", "7", "\(Self.epoch)", "5",
      hexadecimal(Self.report.bytes))
    #expect(report["datagram"].text == Self.reportDatagram)
    #expect(report["report"]["clockMilliseconds"].integer == 90_061_001)
    #expect(report["report"]["records"].list.count == 2)
    #expect(report["report"]["records"][1][1][1].integer == 42)
    #expect(report["report"]["records"][1][2].text == #"{"b":2}"#)
    let receipt = try Python.peer(
      "alert_link_vectors.py", secret, "2", "7", "\(Self.epoch)", "6",
      hexadecimal(Self.receipt.bytes))
    #expect(receipt["datagram"].text == Self.receiptDatagram)
  }
}

@Suite struct AlertMessageTests {
  static func full() -> AlertMessage {
    let onset = AlertMessage.Moment(
      monotonicSeconds: 120.25, wallTime: "2026-01-01T00:02:00.250Z")
    let time = AlertMessage.Moment(monotonicSeconds: 124.5, wallTime: "2026-01-01T00:02:04.500Z")
    var message = AlertMessage(
      condition: "extremeBradycardia", message: "Extreme bradycardia", phase: .start,
      priority: .high, onset: onset, time: time, clockQuality: .synchronised,
      values: ["heartRateBPM": 31.5, "pvcRate": Double?.none],
      limits: ["extremeBradycardiaBPM": 35], leads: [.limb],
      modelSHA256: String(repeating: "ab", count: 32), person: nil)
    message.device = "bed-4"
    message.position = AlertPosition(epoch: .max, sequence: .max)
    message.alarm = AlertPosition(epoch: .max, sequence: .max - 3)
    message.onsetEpoch = .max
    message.onsetClockQuality = .unsynchronised
    return message
  }

  /// The worst of everything.
  static func huge() -> AlertMessage {
    var message = full()
    message.device = String(repeating: "d", count: 64)
    message.condition = String(repeating: "\u{1}", count: 500)
    message.message = String(repeating: "\"ß", count: 900)
    message.person = String(repeating: "p\\", count: 300)
    message.provenance = "simulated"
    message.leads = .twelve
    message.phase = .acknowledged
    message.clockQuality = .unsynchronised
    message.onset.monotonicSeconds = 123_456_789.123_456_7
    message.time.monotonicSeconds = 123_456_789.123_456_7
    for index in 0..<100 {
      message.values["value\(index)"] = 1.0 / 3
      message.limits["limit\(index)"] = 1.0 / 3
    }
    message.coalesced = .max
    message.alarm = AlertPosition(epoch: .max, sequence: .max)
    message.onsetEpoch = .max
    message.onsetClockQuality = .unsynchronised
    return message
  }

  @Test("a message reads back as itself; what is unknown is null, never left out")
  func roundTrip() throws {
    let message = Self.full()
    let json = message.encoded()
    #expect(AlertMessage(json: json) == message)
    let text = String(decoding: json, as: UTF8.self)
    #expect(text.contains(#""person":null"#) && text.contains(#""pvcRate":null"#))
    #expect(text.contains("\"sequence\":18446744073709551615"))
    #expect(!text.contains("\n"))
    var odd = message
    odd.values = ["heartRateBPM": Double.infinity]
    odd.limits = ["tachycardiaBPM": .infinity]
    #expect(AlertMessage(json: odd.encoded())?.limits == [:])
    #expect(AlertMessage(json: odd.encoded())?.values["heartRateBPM"] == .some(.none))
  }

  @Test("the longest message fits a datagram, shortened but readable")
  func longest() throws {
    let json = Self.huge().encoded()
    #expect(json.count <= AlertMessage.byteCountMax)
    #expect(json.count + DeviceReport.recordByteCount <= DeviceReport.roomByteCount)
    let read = try #require(AlertMessage(json: json))
    #expect(read.message.hasPrefix("\"ß\"ß") && read.priority == .high)
  }

  @Test("the longest message that a monitor makes keeps its values and limits")
  func longestOfAMonitor() throws {
    var message = Self.full()
    message.device = String(repeating: "d", count: 40)
    message.condition = "ventricularTachycardia"
    message.message = "Ventricular tachycardia"
    message.person = "Nurse Maria Schmidt"
    message.phase = .acknowledged
    message.position = AlertPosition(epoch: 1_767_225_600, sequence: 1_234_567)
    message.alarm = AlertPosition(epoch: 1_767_225_500, sequence: 1_234_560)
    message.onsetEpoch = 1_767_225_500
    message.onset.monotonicSeconds = 12_345_678.123_456_7
    message.time.monotonicSeconds = 12_345_678.123_456_7
    message.clockQuality = .unsynchronised
    message.leads = .twelve
    message.values = ["heartRateBPM": 187.4, "quality": 100, "runBeats": 12]
    message.limits = ["ventricularTachycardiaBPM": 120, "ventricularTachycardiaBeats": 6]
    let read = try #require(AlertMessage(json: message.encoded()))
    #expect(read == message)
  }

  @Test("a state that is too long lists the most urgent alarms and counts the others")
  func longState() throws {
    var state = DeviceState()
    state.alarms = (0..<60).map {
      DeviceState.Alarm(condition: "finding.CODE\($0)", priority: .medium, acknowledged: false)
    }
    state.inactivations = (0..<40).map { "alarmOff:finding.CODE\($0)" }
    let json = state.encoded()
    #expect(json.count <= DeviceState.byteCountMax)
    let read = try #require(DeviceState(json: json))
    #expect(read.alarms.count + read.alarmsNotListed == 60 && read.alarms.count > 3)
    #expect(read.alarms.first == state.alarms.first)
  }

  @Test("another version, a word that is none, or no JSON is no message")
  func refused() {
    let text = String(decoding: Self.full().encoded(), as: UTF8.self)
    let wrong = [
      text.replacing(#""schemaVersion":2"#, with: #""schemaVersion":3"#),
      text.replacing(#""priority":"high""#, with: #""priority":"urgent""#),
      text.replacing(#""phase":"start""#, with: #""phase":"begin""#), String(text.dropLast()), "",
    ]
    for json in wrong { #expect(AlertMessage(json: Array(json.utf8)) == nil) }
  }

  /// Keys that came after the version was released.
  private static let laterKeys: Set = ["limits", "onsetEpoch", "onsetClockQuality"]

  @Test(
    "jsonschema accepts what is sent, by older devices too, and refuses what lacks a key or has a wrong one",
    .enabled(if: Python.readsJSONSchema))
  func schema() throws {
    let schema = TestData.repository + "/docs/alert-link.schema.json"
    let properties = try Json.data(Data(contentsOf: URL(filePath: schema)))["properties"]
    let folder = try TemporaryFolder()
    var good: [String] = []
    for (index, message) in [Self.full(), Self.huge()].enumerated() {
      let text = String(decoding: message.encoded(), as: UTF8.self)
      good.append(try folder.write("good\(index).json", text))
    }
    var bad: [String] = []
    let whole = try JSONSerialization.jsonObject(with: Data(Self.full().encoded()))
    let object = try #require(whole as? [String: Any])
    #expect(object.keys.sorted() == properties.keys)
    for key in object.keys {
      var without = object
      without[key] = nil
      var other = object
      other[key] = [["wrong"]]
      for (kind, changed) in [("without", without), ("other", other)] {
        let data = try JSONSerialization.data(withJSONObject: changed)
        let path = try folder.write("\(kind)-\(key).json", String(decoding: data, as: UTF8.self))
        let isOlder = kind == "without" && Self.laterKeys.contains(key)
        if isOlder { good.append(path) } else { bad.append(path) }
        #expect(!isOlder || AlertMessage(json: Array(data)) != nil, "\(key)")
      }
    }
    let verdicts = try Python.peer("validate_schema.py", [schema] + good + bad)
    for path in good { #expect(verdicts[path].list.isEmpty, "\(verdicts[path])") }
    for path in bad { #expect(!verdicts[path].list.isEmpty, "\(path)") }
  }

  @Test("only what a topic and a file name can hold names a device")
  func deviceNames() {
    for name in ["bed-4", "a", String(repeating: "x", count: 64), "Ward_3.bed-4"] {
      #expect(LinkKey(id: 1, device: name, firstEpoch: 0, secret: LinkSimulation.secret) != nil)
    }
    for name in ["", "bed 4", "bed/4", "bed+", "#", "bett-ä", String(repeating: "x", count: 65)] {
      #expect(LinkKey(id: 1, device: name, firstEpoch: 0, secret: LinkSimulation.secret) == nil)
    }
    #expect(LinkKey(id: 1, device: "bed", firstEpoch: 0, secret: [1, 2, 3]) == nil)
  }
}
