// The objects that `--json` prints, one a line. Others script against them: `docs/json.md` is their contract,
// and a key that is there once stays.

import ECGSignal
import Foundation

/// A value that is printed as `null` when it is not known, instead of being left out.
public struct Nullable<Value: Encodable>: Encodable {
  private let value: Value?

  /// Wraps a value or its absence.
  public init(_ value: Value?) { self.value = value }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value { try container.encode(value) } else { try container.encodeNil() }
  }
}

/// Lines of `ecgclip monitor --json`.
enum MonitorLine {
  /// First line: what is monitored.
  struct Source: Encodable {
    let type = "source"
    let time = 0.0
    let simulated: Bool
    let provenance: String
    let name: String
    let sampleRate: Double
    let measuredSampleRate: Nullable<Double>
    let channels: [String]
    let leads: [String]
    let leadsMissing: [String]
    let model: Nullable<ModelIdentity>
  }

  struct ModelIdentity: Encodable {
    let name: String
    let sha256: String
  }

  struct HeartRate: Encodable {
    let type = "heartRate"
    let time: Double
    let simulated: Bool
    let heartRateBPM: Nullable<Float>
  }

  struct Beat: Encodable {
    let type = "beat"
    let time: Double
    let simulated: Bool
    let beatTime: Double
    let beatClass: String
  }

  struct Rhythm: Encodable {
    let type = "rhythm"
    let time: Double
    let simulated: Bool
    let rhythm: String
    let phase: String
    let onsetTime: Nullable<Double>
    let endTime: Nullable<Double>
  }

  struct Finding: Encodable {
    let type = "finding"
    let time: Double
    let simulated: Bool
    let code: String
    let name: String
    let probability: Nullable<Float>
    let assessed: Bool
    let leads: [String]
  }

  struct Alarm: Encodable {
    let type = "alarm"
    let time: Double
    let simulated: Bool
    let condition: String
    let message: String
    let priority: String
    let phase: String
    let cause: String
    let person: Nullable<String>
    let values: [String: Double]
    let limits: [String: Double]
  }

  struct Inactivation: Encodable {
    let type = "inactivation"
    let time: Double
    let simulated: Bool
    let audioPauseSecondsLeft: Nullable<Int32>
    let standby: Bool
    let alarmsOff: [String]
    let cause: String
    let person: Nullable<String>
  }

  struct Gap: Encodable {
    let type = "gap"
    let time: Double
    let simulated: Bool
    let samples: Int64
    let cause: String
  }

  struct Quality: Encodable {
    let type = "quality"
    let time: Double
    let simulated: Bool
    let quality: Int32
    let unusable: [String]
    let electrodesOff: [String]
    let grades: [String: String]
  }

  struct ElectrodeSwap: Encodable {
    let type = "electrodeSwap"
    let time: Double
    let simulated: Bool
    let electrodes: Nullable<String>
    let confidence: Nullable<Float>
  }

  struct Filters: Encodable {
    let type = "filters"
    let time: Double
    let simulated: Bool
    let highPassHz: Double
    let lowPassHz: Double
    let mainsHz: Nullable<Double>
    let mainsDetected: Bool
    let delayMilliseconds: Double
  }

  /// The true sample rate; the keys of the fit stand beside the line's own.
  struct Clock: Encodable {
    let type = "clock"
    let time: Double
    let simulated: Bool
    let fit: Fit

    enum CodingKeys: CodingKey { case type, time, simulated }

    func encode(to encoder: any Encoder) throws {
      try fit.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(type, forKey: .type)
      try container.encode(time, forKey: .time)
      try container.encode(simulated, forKey: .simulated)
    }
  }

  /// A fit in the words of the contract.
  struct Fit: Encodable {
    let sampleRate: Double
    let measuredSampleRate: Double
    let partsPerMillion: Double
    let partsPerMillionInterval: [Double]
    let residualMilliseconds: Double
    let spanSeconds: Double

    init(_ fit: ClockFit, sampleRate: Double) {
      self.sampleRate = sampleRate
      measuredSampleRate = fit.sampleRate(nominal: sampleRate)
      partsPerMillion = fit.partsPerMillion
      partsPerMillionInterval = [
        fit.partsPerMillion - fit.uncertaintyPartsPerMillion,
        fit.partsPerMillion + fit.uncertaintyPartsPerMillion,
      ]
      residualMilliseconds = fit.residualMilliseconds
      spanSeconds = fit.spanSeconds
    }
  }

  struct Problem: Encodable {
    let type = "problem"
    let time: Double
    let simulated: Bool
    let message: String
  }

  struct Latency: Encodable {
    let p50: Nullable<Double>
    let p99: Nullable<Double>
  }

  struct Summary: Encodable {
    let type = "summary"
    let time: Double
    let simulated: Bool
    let samplesReceived: Int64
    let samplesLost: Int64
    let samplesLostInFrontEnd: Int64
    let samplesLostByClock: Int64
    let samplesSurplus: Int64
    let framesCorrupt: Int64
    let framesFailedChecksum: Int64
    let framesRepeated: Int64
    let datagramsForeign: Int64
    let resynchronisations: Int64
    let bytesDiscarded: Int64
    let reconnects: Int64
    let completeness: Double
    let heartRateBPM: Nullable<Float>
    let windows: Int
    let latencyMilliseconds: Latency
    let cpuShare: Nullable<Double>
    let residentBytes: Int
    let leads: [String]
    let leadsMissing: [String]
    let warnings: [String]
    let clock: Nullable<Fit>
    let endReason: Nullable<String>
  }
}
