// The twelve leads of a script, and rulers to measure them: durations by slope, as a reader with calipers would.

import ECGSignal
import Glibc

@testable import SimulatedDevices

/// A simulated ECG in microvolts.
struct Tracing {
  let sampleRate: Double
  let truth: PatientTruth
  /// I, II, III, aVR, aVL, aVF, V1-V6.
  private(set) var leads: [[Double]] = Array(repeating: [], count: 12)
  /// Bits of the channels that were off in any block.
  private(set) var leadOff: UInt32 = 0

  init(_ text: String, seconds: Double, sampleRate: Double = 1000) throws {
    let script = try PatientScript(parsing: text)
    self.sampleRate = sampleRate
    truth = PatientTruth(of: script, seconds: seconds)
    let patient = SimulatedPatient(script: script, sampleRate: sampleRate)
    let storage = SampleBlockStorage(channelCount: 8)
    for _ in 0..<Int(seconds * sampleRate / 25) {
      _ = patient.fill(storage.block, count: 25)
      leadOff |= storage.block.header.pointee.leadOff
      for sample in 0..<25 { append(storage.block, sample) }
    }
  }

  private mutating func append(_ block: SampleBlock, _ sample: Int) {
    let channels = (0..<8).map {
      Double(block.channel($0)[sample]) * EmulatedConverter.microvoltsPerCode
    }
    let (one, two) = (channels[0], channels[1])
    let limbs = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    for (lead, value) in (limbs + channels[2...]).enumerated() { leads[lead].append(value) }
  }

  subscript(lead: Lead) -> [Double] { leads[Int(lead.rawValue)] }

  func value(_ lead: Lead, at seconds: Double) -> Double {
    self[lead][Int((seconds * sampleRate).rounded())]
  }

  /// Microvolts a millisecond, the steepest of all leads.
  private func slope(_ index: Int) -> Double {
    leads.map { abs($0[index + 1] - $0[index - 1]) }.max().map { $0 * sampleRate / 2000 } ?? 0
  }

  /// From where a complex around a time moves faster than 12 uV/ms in any lead to where it last does.
  func complex(around peak: Double) -> ClosedRange<Double> {
    let centre = Int(peak * sampleRate)
    let window = (centre - Int(0.12 * sampleRate))..<(centre + Int(0.16 * sampleRate))
    let fast = window.filter { slope($0) > 12 }
    return Double(fast.first ?? centre) / sampleRate...Double(fast.last ?? centre) / sampleRate
  }

  /// The frontal axis of a stretch in degrees: 0 to the left, 90 to the feet.
  func axis(_ span: ClosedRange<Double>) -> Double {
    func area(_ lead: Lead) -> Double {
      let base = value(lead, at: span.lowerBound)
      return self[lead][samples(span)].reduce(0) { $0 + $1 - base }
    }
    return atan2(area(.aVF) * 2 / 3.0.squareRoot(), area(.I)) * 180 / .pi
  }

  func samples(_ span: ClosedRange<Double>) -> Range<Int> {
    Int(span.lowerBound * sampleRate)..<Int(span.upperBound * sampleRate)
  }

  /// Largest and smallest value of a lead in a stretch, against its start.
  func range(_ lead: Lead, _ span: ClosedRange<Double>) -> (low: Double, high: Double) {
    let part = self[lead][samples(span)]
    let base = value(lead, at: span.lowerBound)
    return ((part.min() ?? base) - base, (part.max() ?? base) - base)
  }

  /// End of the T wave in a lead: where the steepest tangent behind its peak meets the baseline.
  func endOfT(_ lead: Lead, behind complex: ClosedRange<Double>, until end: Double) -> Double {
    let part = self[lead]
    let base = value(lead, at: complex.lowerBound - 0.015)
    let span = samples(complex.upperBound + 0.04...end)
    let peak = span.max { abs(part[$0] - base) < abs(part[$1] - base) } ?? span.lowerBound
    func slope(_ index: Int) -> Double { (part[index + 1] - part[index - 1]) / 2 }
    let steepest = (peak..<span.upperBound).max { abs(slope($0)) < abs(slope($1)) } ?? peak
    let slope = slope(steepest)
    return (Double(steepest) - (part[steepest] - base) / slope) / sampleRate
  }

  /// Seconds between beats with one of the symbols.
  func intervals(after start: Double = 0) -> [Double] {
    let times = truth.beats.map(\.seconds).filter { $0 >= start }
    return zip(times, times.dropFirst()).map { $1 - $0 }
  }
}

/// Mean and standard deviation.
func statistics(_ values: [Double]) -> (mean: Double, deviation: Double) {
  let mean = values.reduce(0, +) / Double(values.count)
  let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  return (mean, (squares / Double(values.count)).squareRoot())
}
