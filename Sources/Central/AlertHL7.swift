// An alert as an HL7 version 2.6 message: IHE PCD-04 Report Alert, ORU^R40^ORU_R40, from an alert reporter to an
// alert manager. docs/central.md says which fields were checked against what, and which could not be.

import AlertLink
import Foundation

/// Writes PCD-04 messages of one site.
public struct AlertHL7: Sendable {
  /// The site, told as the sending facility and the point of care.
  public let site: String

  /// Writes messages of a site.
  public init(site: String) { self.site = site }

  /// Whose alarm it is, as the text of an identifier: it is the same in every message of one alarm.
  private func alarm(_ message: AlertMessage) -> String {
    if let alarm = message.alarm { return "\(message.device).\(alarm.epoch).\(alarm.sequence)" }
    // A device of before does not tell it: its alarms keep their identity until it starts anew.
    let milliseconds = Int64((message.onset.monotonicSeconds * 1000).rounded())
    return "\(message.device).\(message.position.epoch).\(message.condition).\(milliseconds)"
  }

  /// The whole message, every segment ended by a carriage return.
  ///
  /// - Parameters:
  ///   - number: of the message at this receiver: its control identifier, the same when it is sent again.
  ///   - now: when the message is written, ISO 8601 in UTC.
  public func text(_ message: AlertMessage, number: UInt64, now: String) -> String {
    let segments =
      [header(message, number: number, now: now), patient(message), visit(message), order(message)]
      + observations(message)
    return segments.map { $0.text + "\r" }.joined()
  }

  private func header(_ message: AlertMessage, number: UInt64, now: String) -> HL7Segment {
    var segment = HL7Segment("MSH")
    segment[1] = "^~\\&"
    segment[2] = "ECGCLIP"
    segment[3] = HL7Text.place(site)
    segment[6] = HL7Text.time(now)
    segment[8] = "ORU^R40^ORU_R40"
    segment[9] = "\(number)"
    // T is training, so that nobody runs to a simulated patient.
    segment[10] = message.isTest || message.isSimulated ? "T" : "P"
    segment[11] = "2.6"
    segment[14] = "AL"
    segment[15] = "NE"
    segment[17] = "UNICODE UTF-8"
    segment[20] = "IHE_PCD_ACM_001^IHE PCD^1.3.6.1.4.1.19376.1.6.4.4^ISO"
    return segment
  }

  /// The link carries no patient's name: the alert manager knows who lies at the device, after which the patient is
  /// called here.
  private func patient(_ message: AlertMessage) -> HL7Segment {
    var segment = HL7Segment("PID")
    segment[3] = HL7Text.components(message.device, "", "", "ECGCLIP", "ANON")
    segment[5] = "^^^^^^U"
    return segment
  }

  private func visit(_ message: AlertMessage) -> HL7Segment {
    var segment = HL7Segment("PV1")
    segment[2] = "U"
    segment[3] = "\(HL7Text.place(site))^^\(HL7Text.place(message.device))"
    return segment
  }

  private func order(_ message: AlertMessage) -> HL7Segment {
    let alarm = alarm(message)
    let isFirst = message.alarm.map { $0 == message.position } ?? (message.phase == .start)
    let position = message.position
    let own = isFirst ? alarm : "\(message.device).\(position.epoch).\(position.sequence)"
    var segment = HL7Segment("OBR")
    segment[1] = "1"
    segment[3] = HL7Text.components(own, "ECGCLIP")
    segment[4] = "196616^MDC_EVT_ALARM^MDC"
    segment[7] = HL7Text.time(message.time.wallTime)
    // What began the alarm, as the filler's order in the parent's field.
    if !isFirst { segment[29] = "^" + HL7Text.escaped(alarm) + "&ECGCLIP" }
    return segment
  }

  /// The facets of the alert, in the order of the profile; the last part of OBX-4 is the facet's number.
  private func observations(_ message: AlertMessage) -> [HL7Segment] {
    let kind = message.isTechnical ? "ST" : "SP"
    var event = facet(1, "ST", AlertEventCode.of(message), HL7Text.escaped(message.message))
    event[8] = "\(priority(message))~\(kind)"
    event[14] = HL7Text.time(message.onset.wallTime)
    event[18] = HL7Text.components(message.device, "ECGCLIP")
    return [
      event, source(message),
      facet(3, "ST", "68481^MDC_ATTR_EVENT_PHASE^MDC", phase(message.phase)),
      facet(
        4, "ST", "68482^MDC_ATTR_ALARM_STATE^MDC", message.phase == .end ? "inactive" : "active"),
      facet(
        5, "ST", "68483^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC",
        message.phase == .acknowledged ? "alarm-acknowledged" : "enabled"),
      facet(6, "ST", "68484^MDC_ATTR_ALARM_PRIORITY^MDC", priority(message)),
      facet(7, "ST", "68485^MDC_ATTR_ALERT_TYPE^MDC", kind),
    ]
  }

  private func facet(
    _ number: Int, _ type: String, _ identifier: String, _ value: String
  ) -> HL7Segment {
    var segment = HL7Segment("OBX")
    segment[1] = "\(number)"
    segment[2] = type
    segment[3] = identifier
    segment[4] = "1.0.0.0.\(number)"
    segment[5] = value
    segment[11] = "R"
    return segment
  }

  /// What the alarm was raised by, where it is known by a number: the ST level or the interval that made it, else the
  /// heart rate; else the monitor.
  private func source(_ message: AlertMessage) -> HL7Segment {
    let values = message.isTechnical ? [:] : message.values.compactMapValues { $0 }
    for (name, value) in values where name.hasPrefix("stDeviation") {
      let lead = name.dropFirst("stDeviation".count).dropLast("Microvolts".count).uppercased()
      return number(
        value, "0^MDCX_ECGCLIP_ECG_ST_DEVIATION\(lead.isEmpty ? "" : "_" + lead)^MDC",
        unit: "266419^MDC_DIM_MICRO_VOLT^MDC")
    }
    if let seconds = values["intervalSeconds"] {
      return number(
        seconds, "0^MDCX_ECGCLIP_ECG_BEAT_INTERVAL^MDC", unit: "264320^MDC_DIM_SEC^MDC")
    }
    if let rate = values["heartRateBPM"], rate.isFinite {
      return number(
        rate.rounded(), "147842^MDC_ECG_HEART_RATE^MDC", unit: "264864^MDC_DIM_BEAT_PER_MIN^MDC")
    }
    return facet(
      2, "CWE", "68480^MDC_ATTR_ALERT_SOURCE^MDC", "69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC")
  }

  private func number(_ value: Double, _ identifier: String, unit: String) -> HL7Segment {
    let text = Int(exactly: value).map(String.init) ?? "\(value)"
    var segment = facet(2, "NM", identifier, text)
    segment[6] = unit
    return segment
  }

  private func phase(_ phase: AlertMessage.Phase) -> String {
    switch phase {
    case .start: "start"
    case .update, .acknowledged: "update"
    case .end: "end"
    }
  }

  private func priority(_ message: AlertMessage) -> String {
    switch message.priority {
    case .high: "PH"
    case .medium: "PM"
    case .low: "PL"
    }
  }
}

/// The events of IEEE 11073-10101 that our conditions are.
///
/// Codes are 3 * 65536 + the term's number in the event partition. DICOM CID 3038 has the names and numbers of asystole
/// and atrial fibrillation; the others are those of a monitor maker's published interface that uses the same
/// numbers. What has no number there is 0 with a name under MDCX, as the profile asks for terms of one's own.
enum AlertEventCode {
  private static let names: [String: (number: Int, name: String)] = [
    "asystole": (3076, "ECG_ASYSTOLE"),
    "atrialFibrillation": (3128, "ECG_ATR_FIB"),
    "irregularRhythm": (3158, "ECG_CARD_BEAT_RATE_IRREG"),
    "ventricularTachycardia": (3224, "ECG_V_TACHY"),
    "ventricularRun": (3212, "ECG_V_P_C_RUN"),
    "extremeTachycardia": (3122, "ECG_TACHY_EXTREME"),
    "extremeBradycardia": (3086, "ECG_BRADY_EXTREME"),
    "pause": (3108, "ECG_PAUSE"),
    "pacingWithoutCapture": (3102, "ECG_PACING_NON_CAPT"),
    "tachycardia": (40, "HI"),
    "bradycardia": (62, "LO"),
    "leadOff": (274, "LEADS_OFF"),
    "cannotAnalyse": (384, "SIG_UNANALYZEABLE"),
    "noSignal": (384, "SIG_UNANALYZEABLE"),
    "deviceLost": (308, "SENSOR_DISCONN"),
  ]

  /// The event's identifier, with its name and coding system.
  static func of(_ message: AlertMessage) -> String {
    if let (number, name) = names[message.condition] {
      return "\(3 * 65_536 + number)^MDC_EVT_\(name)^MDC"
    }
    let name = message.condition.uppercased().map { $0.isASCII && $0.isLetter ? $0 : "_" }
    return "0^MDCX_EVT_ECGCLIP_\(String(name))^MDC"
  }
}
