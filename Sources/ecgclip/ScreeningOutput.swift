// What `ecgclip screen` prints: the JSON object of docs/json.md, and a page of text for people.

import ECGSignal
import Inference
import Monitor

struct ScreeningObject: Encodable {
  struct Finding: Encodable {
    let code: String
    let name: String
    let probability: Nullable<Float>
    let threshold: Float
    let assessed: Bool
    let notAssessedReason: String?
  }

  struct SuspectedSwap: Encodable {
    let electrodes: String
    let confidence: Float
  }

  struct Alarm: Encodable {
    let condition: String
    let priority: String
    let time: Double
  }

  struct ModelIdentity: Encodable {
    let name: String
    let sha256: String
  }

  let record: String
  let simulated = true
  var error: String?
  var sampleRate: Double?
  var durationSeconds: Double?
  var leads: [String]?
  var leadsMissing: [String]?
  var ageYears: Nullable<Int>?
  var heartRateBPM: Nullable<Float>?
  var quality: Nullable<Int>?
  var measurements: Nullable<MeasurementsObject>?
  var suspectedSwap: Nullable<SuspectedSwap>?
  var completeness: Double?
  var windows: Int?
  var windowSeconds: Double?
  var findings: [Finding]?
  var alarms: [Alarm]?
  var embedding: [Double]?
  var model: ModelIdentity?

  init(record: String, error: String) {
    self.record = record
    self.error = error
  }

  init(record: String, result: ScreeningResult, model: Model, includesEmbedding: Bool) {
    self.record = record
    sampleRate = result.format.sampleRate
    durationSeconds = result.durationSeconds
    leads = result.leads.names
    leadsMissing = result.leads.missing.names
    ageYears = Nullable(result.ageYears)
    heartRateBPM = Nullable(result.heartRateBPM)
    quality = Nullable(result.quality)
    measurements = Nullable(
      result.measured.map { MeasurementsObject($0, leads: result.leads) })
    suspectedSwap = Nullable(
      result.suspectedSwap.map {
        SuspectedSwap(electrodes: $0.exchange.name, confidence: $0.confidence)
      })
    completeness = result.completeness
    windows = result.windows
    windowSeconds = result.windowSeconds
    findings = result.findings.map { finding in
      Finding(
        code: finding.statement.code, name: finding.statement.name,
        probability: Nullable(finding.probability), threshold: finding.statement.threshold,
        assessed: finding.probability != nil, notAssessedReason: finding.obstacle)
    }
    alarms = result.conditions.map {
      Alarm(condition: $0.name, priority: $0.priority.name, time: $0.seconds)
    }
    embedding = includesEmbedding ? result.embedding : nil
    self.model = ModelIdentity(name: model.name, sha256: model.sha256)
  }
}

enum ScreeningText {
  /// A short page: what was recorded, what the model says yes to, what it could not assess.
  static func print(path: String, result: ScreeningResult, model: Model) {
    let rate = result.heartRateBPM.map { "\(Int($0.rounded())) bpm" } ?? "--"
    Swift.print(path)
    Swift.print(
      "  heart rate \(rate), quality \(result.quality.map(String.init) ?? "--"), "
        + "complete \(percent(result.completeness, 2)), \(result.windows) window(s)")
    if let measured = result.measured { Swift.print("  \(measured.measurements.text)") }
    if !result.leads.missing.isEmpty {
      Swift.print("  missing leads: \(result.leads.missing.names.joined(separator: " "))")
    }
    if let swap = result.suspectedSwap {
      Swift.print(
        "  electrodes \(swap.exchange.name) look exchanged (\(percent(Double(swap.confidence), 0))): "
          + "check them before anything else")
    }
    let assessed = result.findings.filter { $0.probability != nil }
    let positive =
      assessed
      .filter { ($0.probability ?? 0) >= $0.statement.threshold }
      .sorted { ($0.probability ?? 0) > ($1.probability ?? 0) }
    for finding in positive {
      let probability = percent(Double(finding.probability ?? 0), 0)
      Swift.print(
        "  \(pad(probability, 5))  \(pad(finding.statement.code, 6))  \(finding.statement.name)")
    }
    if positive.isEmpty && !assessed.isEmpty { Swift.print("  no statement above its threshold") }
    printNotAssessed(result)
    for condition in result.conditions {
      Swift.print(
        "  \(condition.priority.name) alarm at \(Int(condition.seconds)) s: \(condition.name)")
    }
    Swift.print(
      "  model \(model.name) \(model.sha256.prefix(12)); unconfirmed, needs a clinician's reading")
  }

  /// How many statements were not assessed for which reason: not assessed is not negative.
  private static func printNotAssessed(_ result: ScreeningResult) {
    let reasons = Dictionary(grouping: result.findings.compactMap(\.obstacle), by: \.self)
    for (reason, findings) in reasons.sorted(by: {
      ($1.value.count, $0.key) < ($0.value.count, $1.key)
    }) {
      Swift.print("  not assessed: \(findings.count) of \(result.findings.count) (\(reason))")
    }
    if result.ageYears == nil, result.findings.contains(where: { $0.statement.ages != nil }) {
      Swift.print("  age unknown: the model was validated on adults")
    }
  }

  private static func percent(_ share: Double, _ digits: Int) -> String {
    let scale = digits == 0 ? 1.0 : 100.0
    let value = (share * 100 * scale).rounded() / scale
    return digits == 0 ? "\(Int(value)) %" : "\(value) %"
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
