// All faults of a line together, for every wire format. Minutes in a test run; ECGCLIP_LINE_HOURS=10 runs ten seeded
// hours of every format and prints what happened, ECGCLIP_LINE_SEED draws other ones, and
// ECGCLIP_LINE_BOARD="cyton with a Daisy" runs one alone.

import ECGSignal
import Foundation
import FrontEnds
import Testing

@testable import SimulatedDevices

private let environment = ProcessInfo.processInfo.environment
private let hours = environment["ECGCLIP_LINE_HOURS"].flatMap { Double($0) }
private let seed = environment["ECGCLIP_LINE_SEED"].flatMap { UInt64($0) } ?? 1
private let boards = LineBoard.all.filter { board in
  environment["ECGCLIP_LINE_BOARD"].map { board.testDescription == $0 } ?? true
}

/// Where frames count, something goes wrong every second. Where only the host's clock counts, it must be given the time
/// between faults that it needs: there something goes wrong every ten seconds or so.
private func everyFault(of board: LineBoard, seed: UInt64) -> LineFaults {
  let format = board.format
  // Frames a second: where they are long a block of some 20 ms is one.
  let frameRate = min(
    board.converter.sampleRate ?? 500,
    format.encoder.samplesPerFrameMax > 1 ? 50 : .infinity)
  let share = format.countsFrames ? 0.002 : 1 / (60 * frameRate)
  var faults = LineFaults(
    drop: share, corrupt: share, duplicate: share, burst: share / 4, seed: seed)
  let distance = format.countsFrames ? 1.0 : 2
  faults.stall = FaultEpisodes(lengthSeconds: 1, everySeconds: 15 * distance)
  // The ten bits of a line of text tell a place within two seconds.
  faults.outage = FaultEpisodes(
    lengthSeconds: format == .text ? 0.5 : 1.5, everySeconds: 25 * distance)
  faults.unplug = FaultEpisodes(lengthSeconds: 4, everySeconds: 40 * distance)
  faults.driftPartsPerMillion = 80
  faults.leadOff = FaultEpisodes(lengthSeconds: 3, everySeconds: 30)
  faults.saturation = FaultEpisodes(lengthSeconds: 0.5, everySeconds: 30)
  faults.overflow = FaultEpisodes(lengthSeconds: 0.1, everySeconds: 25 * distance)
  return faults
}

@Test(
  "with all faults together no sample is lost or invented unseen",
  arguments: boards)
func everyFaultTogether(board: LineBoard) {
  let format = board.format
  let rate = board.converter.sampleRate ?? 500
  // Two and a half minutes at the usual rates, and as many samples at higher ones.
  let seconds = hours.map { $0 * 3600 } ?? min(150, 75_000 / rate)
  var faults = everyFault(of: board, seed: seed)
  faults.endSeconds = seconds
  // Then the clock gets its time, so that the run ends settled and all that was lost must have been told.
  let host = EmulatedHost(board, seconds: seconds + format.settleSeconds + 10, faults: faults)
  host.run()
  if let hours { print(host.row(board, hours: hours)) }
  let (sent, counters, verdict) = (host.line.sent, host.decoder.counters, host.verdict)
  #expect(hours == nil || (sent.stalls > 0 && sent.outages > 0 && sent.unplugs > 0))
  #expect(verdict.invented == 0)
  #expect(verdict.displacement == 0 && verdict.settled > 0)
  #expect(verdict.displacementAfterPlug <= Int64(0.1 * rate))
  #expect(hours == nil || verdict.settledPlugs > 0)
  #expect(verdict.gaps == counters.samplesLost)
  #expect(counters.reconnects == sent.unplugs)
  #expect(format.hasCheckSum ? verdict.damaged == 0 : verdict.damaged <= 8 * sent.framesCorrupted)
  #expect(host.isSettled && host.isComplete, "\(host.untold) samples untold")
}

extension EmulatedHost {
  /// A line of the table of the documentation.
  fileprivate func row(_ board: LineBoard, hours: Double) -> String {
    let counters = decoder.counters
    let cells: [String] = [
      board.testDescription, "\(hours)", "\(placeCount)", "\(counters.samplesReceived)",
      "\(counters.samplesLost)", "\(counters.samplesLostByClock)", "\(counters.samplesSurplus)",
      "\(untold)", "\(counters.framesRepeated)", "\(counters.framesCorrupt)",
      "\(counters.resynchronisations)", "\(counters.reconnects)", "\(verdict.damaged)",
      "\(verdict.invented)", "\(verdict.displacement)", "\(verdict.displacementAfterPlug)",
      "\(verdict.settled)", "\(verdict.settledPlugs)",
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }
}
