// A recording as the model takes it: the twelve leads in microvolts, sample by sample, without filters.

import ECGSignal
import Recordings
import SignalProcessing

/// Reads a recording from its beginning to its end. One thread at a time.
public final class LeadReader {
  /// Samples a second and lead.
  public let sampleRate: Double
  /// The leads that the recording has, derived limb leads counted.
  public let leads: LeadSet

  private let reader: any RecordingReader
  private let channels: [Channel]
  private let origins: [Row.Origin?]
  private let storage: SampleBlockStorage
  private var position = 0
  private var count = 0

  /// Opens a recording.
  public init(path: String) throws(RecordingError) {
    reader = try Recordings.open(path)
    let layout = RowLayout(reader.format)
    sampleRate = reader.format.sampleRate
    channels = reader.format.channels
    leads = layout.leads
    origins = Lead.allCases.map { lead in
      let row = layout.rowOfLead[Int(lead.rawValue)]
      return layout.leads.contains(lead) ? layout.rows[row].origin : nil
    }
    storage = SampleBlockStorage(channelCount: channels.count)
  }

  /// Writes the next sample, `[12]` microvolts: NaN where nothing was recorded, 0 for leads that the
  /// recording has not. False at the end.
  public func next(into row: inout [Float]) throws(RecordingError) -> Bool {
    if position == count {
      let step = SampleBlock.sampleCountMax
      count = try reader.read(into: storage.block.codes, stride: step, count: step)
      position = 0
      guard count > 0 else { return false }
    }
    for (lead, origin) in origins.enumerated() { row[lead] = origin.map(microvolts) ?? 0 }
    position += 1
    return true
  }

  private func microvolts(_ origin: Row.Origin) -> Float {
    switch origin {
    case .channel(let index):
      let code = storage.block.codes[index * SampleBlock.sampleCountMax + position]
      guard code != SampleBlock.missing else { return .nan }
      let channel = channels[index]
      let steps = Double(code) - Double(channel.baseline)
      return Float(steps * channel.microvoltsPerCode + channel.offsetMicrovolts)
    case .chest(let index, let first, let second, let a, let b):
      return microvolts(.channel(index))
        - microvolts(.derived(first: first, second: second, a: a, b: b))
    case .derived(let first, let second, let a, let b):
      return a * microvolts(.channel(first)) + b * microvolts(.channel(second))
    }
  }
}
