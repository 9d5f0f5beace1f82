// Ten seconds of the simulated patient in memory, over and over: what `ecgclip bench` feeds, so that the simulation is
// not timed with it.

import ECGSignal
import SignalProcessing
import SimulatedDevices

/// A simulated sinus rhythm, as blocks of codes and as leads in microvolts.
final class RecordedPatient {
  static let samplesPerSecond = 500
  static let blocksPerSecond = samplesPerSecond / samplesPerBlock
  private static let samplesPerBlock = 20
  /// Twelve beats in ten seconds: the repetition goes on without a jump in the rhythm.
  private static let seconds = 10

  let format: SignalFormat
  private let codes: UnsafeMutablePointer<Int32>
  private let microvolts: UnsafeMutablePointer<Float>
  private let header: UnsafeMutablePointer<SampleBlock.Header>
  private let blockCodeCount: Int
  private let layout: RowLayout
  private let assembly: RowAssembly

  init() throws {
    let patient = SimulatedPatient(script: try PatientScript(parsing: "nsr?hr=72"))
    format = patient.format
    layout = RowLayout(format)
    assembly = RowAssembly(format: format, layout: layout)
    blockCodeCount = format.channels.count * SampleBlock.sampleCountMax
    let blockCount = Self.seconds * Self.blocksPerSecond
    codes = .allocate(capacity: blockCount * blockCodeCount)
    codes.initialize(repeating: 0, count: blockCount * blockCodeCount)
    microvolts = .allocate(capacity: Self.seconds * Self.samplesPerSecond * 12)
    microvolts.initialize(repeating: 0, count: Self.seconds * Self.samplesPerSecond * 12)
    header = .allocate(capacity: 1)
    header.initialize(to: SampleBlock.Header())
    for number in 0..<blockCount {
      _ = patient.fill(block(number), count: Self.samplesPerBlock)
      derive(number)
    }
  }

  deinit {
    codes.deallocate()
    microvolts.deallocate()
    header.deallocate()
  }

  /// Block `number` of an endless stream; valid until the next call.
  func block(_ number: Int) -> SampleBlock {
    header.pointee = SampleBlock.Header()
    header.pointee.firstIndex = Int64(number * Self.samplesPerBlock)
    header.pointee.sampleCount = Int32(Self.samplesPerBlock)
    let place = number % (Self.seconds * Self.blocksPerSecond)
    return SampleBlock(
      header: header, codes: codes + place * blockCodeCount, channelCount: format.channels.count)
  }

  /// The twelve leads of one sample of an endless stream.
  func leads(at index: Int) -> UnsafePointer<Float> {
    UnsafePointer(microvolts + index % (Self.seconds * Self.samplesPerSecond) * 12)
  }

  /// The leads of a block in their standard order.
  private func derive(_ number: Int) {
    let block = block(number)
    var rows = [Float](repeating: 0, count: assembly.rowCount)
    for sample in 0..<Self.samplesPerBlock {
      assembly.assemble(block, sample: sample, into: &rows)
      let leads = microvolts + (number * Self.samplesPerBlock + sample) * 12
      for (lead, row) in layout.rowOfLead.enumerated() { leads[lead] = rows[row] }
    }
  }
}
