// Watches over the electrodes of a stream of twelve leads: an exchange is told when it begins to be suspected and
// when it no longer is.

import ECGSignal
import SignalProcessing

/// Present where a stream has all twelve leads. Allocates only at `init`.
final class ElectrodeWatch {
  private let swap: ElectrodeSwap
  private var told: SuspectedSwap?

  /// Nil where a lead is missing.
  init?(sampleRate: Double, layout: RowLayout) {
    guard layout.leads == .twelve else { return nil }
    var rows = SIMD8<Int32>.zero
    for (place, lead) in [Lead.I, .II, .V1, .V2, .V3, .V4, .V5, .V6].enumerated() {
      rows[place] = Int32(layout.rowOfLead[Int(lead.rawValue)])
    }
    swap = ElectrodeSwap(sampleRate: sampleRate, rows: rows)
  }

  /// Takes one sample of all rows in microvolts, and a beat that was found at it or before.
  func take(_ microvolts: UnsafePointer<Float>, beat: Int64?) {
    swap.process(microvolts, beat: beat)
  }

  /// The stream goes on at another sample; the electrodes are the same.
  func restart(at index: Int64) { swap.restart(at: index) }

  /// What is suspected now, where that is news.
  func change() -> SuspectedSwap?? {
    let now = swap.judge()
    guard now?.exchange != told?.exchange else { return nil }
    told = now
    return .some(now)
  }
}
