// HL7 as hl7apy reads it, and a server that accepts, refuses and goes away.

import AlertLink
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Central

let readsHL7 = Python.imports("hl7apy")

@Suite struct HL7Tests {
  static func entry(_ message: AlertMessage, number: UInt64) -> InboxEntry {
    var message = message
    message.device = "bed-7"
    message.position = AlertPosition(epoch: 9, sequence: number)
    let record = AlertRecord(position: message.position, json: message.encoded())
    return InboxEntry(device: "bed-7", record: record, number: number)
  }

  @Test(
    "hl7apy validates every phase and reads back what was said",
    .enabled(if: readsHL7, "no Python with hl7apy"))
  func peer() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/alerts.hl7"
    let output = try HL7Output(.file(path), site: "w|3^~\\&é and some more", onEvent: { _ in })
    var odd = alert("ventricularFibrillation", phase: .end)
    odd.message = "a|b^c~d&e\\f\ng \u{1F} – Ωμέγα\\F\\"
    odd.priority = .medium
    odd.isSimulated = true
    var technical = alert("leadOff", phase: .acknowledged)
    technical.isTechnical = true
    technical.priority = .low
    var segment = alert("stShift")
    segment.values = ["heartRateBPM": 71, "stDeviationaVFMicrovolts": -262]
    var pause = alert("pause")
    pause.values = ["heartRateBPM": 71, "intervalSeconds": 2.612]
    let messages = [
      alert("asystole"), alert("asystole", phase: .update), odd, technical, segment, pause,
    ]
    for (index, message) in messages.enumerated() {
      let entry = Self.entry(message, number: UInt64(index + 1))
      #expect(output.deliver([entry], wake: -1, milliseconds: 0) == 1)
    }
    let read = try Python.peer("read_hl7.py", path)
    try #require(read.list.count == 6)
    for message in read.list {
      #expect(message["type"].text == "ORU^R40^ORU_R40" && message["trigger"].text == "R40")
      let segments = message["segments"].list.compactMap(\.text)
      #expect(segments.starts(with: ["MSH", "PID", "PV1", "OBR", "OBX"]), "\(segments)")
    }
    let first = read[0]
    #expect(first["control"].text == "1" && first["processing"].text == "P")
    #expect(first["version"].text == "2.6")
    // Twenty characters with their escapes.
    #expect(first["location"].text == "w|3^~\\&é a^^bed-7")
    #expect(first["facets"][0]["device"].text == "bed-7^ECGCLIP")
    #expect(first["service"].text == "196616^MDC_EVT_ALARM^MDC")
    #expect(first["time"].text == "20260102030406.428+0000")
    #expect(first["parent"].text == "")
    // The start's order is what the later messages of the alarm name as their parent's.
    #expect(first["order"].text == "bed-7.9.asystole.12500^ECGCLIP")
    #expect(read[1]["parent"].text == "^bed-7.9.asystole.12500&ECGCLIP")
    let facets = first["facets"].list
    #expect(facets.map { $0["number"].text } == ["1", "2", "3", "4", "5", "6", "7"])
    #expect(facets[0]["identifier"].text == "199684^MDC_EVT_ECG_ASYSTOLE^MDC")
    #expect(facets[0]["flags"].list.map(\.text) == ["PH", "SP"])
    #expect(facets[0]["time"].text == "20260102030405.678+0000")
    #expect(facets[1]["type"].text == "NM" && facets[1]["value"].text == "0")
    func values(_ index: Int) -> [String?] { read[index]["facets"].list.map { $0["value"].text } }
    let monitor = "69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC"
    #expect(values(0) == ["Asystole", "0", "start", "active", "enabled", "PH", "SP"])
    #expect(values(1)[2] == "update")
    #expect(read[2]["processing"].text == "T")
    #expect(values(2)[0] == "a|b^c~d&e\\f g   – Ωμέγα\\F\\")
    #expect(Array(values(2)[2...]) == ["end", "inactive", "enabled", "PM", "SP"])
    #expect(values(4)[1] == "-262" && values(5)[1] == "2.612")
    #expect(
      read[4]["facets"][1]["identifier"].text == "0^MDCX_ECGCLIP_ECG_ST_DEVIATION_AVF^MDC")
    #expect(
      values(3)[1...] == [monitor, "update", "active", "alarm-acknowledged", "PL", "ST"])
  }

  @Test("an alarm that began before its device restarted is closed under the name that it had")
  func restart() throws {
    let key = LinkKey(
      id: 7, device: "bed-7", firstEpoch: 9, secret: [UInt8](repeating: 1, count: 32))
    let outbox = MemoryOutbox()
    let first = try AlertSender(key: try #require(key), outbox: outbox, at: 10)
    for condition in ["asystole", "leadOff"] { first.tell(alert(condition), at: 13.25) }
    first.store(at: 13.25)
    let second = try AlertSender(key: try #require(key), outbox: outbox, at: 50)
    let moment = AlertMessage.Moment(monotonicSeconds: 50, wallTime: nil)
    second.endAlarms(except: ["asystole"], moment: moment, clockQuality: .synchronised, at: 50)
    second.tell(alert("asystole", phase: .update, at: 51), at: 51)
    second.tell(alert("asystole", phase: .end, at: 60), at: 60)
    _ = second.datagrams(at: 60)
    second.store(at: 60)
    let format = AlertHL7(site: "ward")
    let segments = try outbox.unreceived(after: .zero, limit: 9).enumerated().map {
      number, record in
      let message = try #require(AlertMessage(json: record.json))
      let text = format.text(message, number: UInt64(number), now: "2026-01-02T03:04:05Z")
      return try #require(text.split(separator: "\r").first { $0.hasPrefix("OBR") })
        .split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    }
    try #require(segments.count == 5)
    #expect(segments.map { $0[3] } == (1...5).map { "bed-7.\($0 < 3 ? 9 : 10).\($0)^ECGCLIP" })
    // The start has no parent; leadOff's end, asystole's update and end have the starts.
    let parents = segments.map { $0.count > 29 ? $0[29] : "" }
    let asystole = "^bed-7.9.1&ECGCLIP"
    #expect(parents == ["", "", "^bed-7.9.2&ECGCLIP", asystole, asystole])
  }

  @Test("a time that is none is left empty, and the others keep their milliseconds")
  func times() {
    #expect(HL7Text.time("2026-01-02T03:04:05.678Z") == "20260102030405.678+0000")
    #expect(HL7Text.time("2026-01-02T03:04:05Z") == "20260102030405+0000")
    for bad in [nil, "", "now", "2026-01-02", "2026-01-02T03:04:05.6|8Z", "2026-01-02T03:04:05"] {
      #expect(HL7Text.time(bad) == "", "\(bad ?? "nil")")
    }
  }

  @Test("alerts wait while the server is away, and one that it refuses does not stop the others")
  func server() throws {
    let inbox = MemoryInbox()
    try inbox.add("bed-1", 1...5)
    let events = Events()
    let server = try MLLPServer(refusing: ["3"])
    let output = try OutputThread.hl7(
      .server(host: "127.0.0.1", port: server.port), site: "ward", openInbox: { inbox },
      onEvent: { events.add($0) })
    defer { output.stop() }
    #expect(eventually { events.isLost })
    #expect(try inbox.published(by: "hl7") == 0)
    try server.start()
    #expect(eventually { (try? inbox.published(by: "hl7")) == 5 })
    #expect(server.controls == ["1", "2", "3", "4", "5"])
    let refused = events.all.contains { event in
      if case .refused("hl7", 3, let reason) = event {
        reason.contains("AE no such bed")
      } else {
        false
      }
    }
    #expect(refused)
    // The connection breaks after a message that was not acknowledged: it is sent again.
    server.breaksOnce()
    try inbox.add("bed-1", 6...6)
    output.wake()
    #expect(eventually { (try? inbox.published(by: "hl7")) == 6 })
    #expect(server.controls == ["1", "2", "3", "4", "5", "6", "6"])
  }

  @Test("an answer to another message, or none that can be read, is no receipt")
  func answers() throws {
    #expect(try MLLPAnswer("MSH|^~\\&\rMSA|AA|7\r", control: "7").isAccepted)
    #expect(try MLLPAnswer("MSH|^~\\&\rMSA|CA|7|ok\r", control: "7").isAccepted)
    #expect(try !MLLPAnswer("MSH|^~\\&\rMSA|AA|6\r", control: "7").isAccepted)
    #expect(throws: HL7Failure.self) { try MLLPAnswer("MSH|^~\\&\r", control: "7") }
    for word in ["AE", "AR", "CE", "CR", "", "aa"] {
      #expect(throws: HL7Failure.self, "\(word)") {
        try MLLPAnswer("MSH|^~\\&\rMSA|\(word)|7\r", control: "7")
      }
    }
  }
}
