// The boards whose lines are tested: one of each wire format, and a Cyton with its Daisy.

import ECGSignal
import FrontEnds
import Testing

@testable import SimulatedDevices

/// A board on an emulated line.
struct LineBoard: Hashable, Sendable, CustomTestStringConvertible {
  let format: WireFormat
  var hasDaisy = false
  /// Channels, where they are fewer than the usual board's.
  var channelCount: Int?

  static let all =
    WireFormat.allCases.map { LineBoard(format: $0) } + [LineBoard(format: .cyton, hasDaisy: true)]

  /// The smaller chips of the ADS129x family, whose frames are shorter.
  static let smallChips = [2, 4, 6].map { LineBoard(format: .ads1298, channelCount: $0) }

  var testDescription: String {
    format.rawValue + (hasDaisy ? " with a Daisy" : "")
      + (channelCount.map { " of \($0) channels" } ?? "")
  }

  var converter: WireConverter {
    hasDaisy ? CytonEncoder.daisyConverter : format.encoder.converter
  }

  /// The channels, in the emulated converter's scale: the leads of a patient, and what is on a Daisy.
  var channels: [Channel] {
    let leads = SimulatedPatient.leads.prefix(channelCount ?? converter.channelCountMax)
    let scale = EmulatedConverter.microvoltsPerCode
    return leads.map { Channel(name: $0.name, lead: $0, microvoltsPerCode: scale) }
      + (0..<(hasDaisy ? 8 : 0)).map {
        Channel(name: "daisy \($0 + 1)", lead: nil, microvoltsPerCode: scale)
      }
  }
}

extension WireFormat {
  /// Whether the frames count, so that what is lost is known at once and exactly.
  var countsFrames: Bool { [.bridge, .cyton, .p2].contains(self) }

  /// How long the host's clock needs to count what the frames do not: the time away after an unplugging, whole turns of
  /// a small counter in `CountedFrames`, all of it in `HostClockLedger`.
  var settleSeconds: Double { countsFrames ? 8 : 15 }

  /// Whether the frames have a check sum, so that no damaged one is believed.
  var hasCheckSum: Bool { [.bridge, .adas1000].contains(self) }
}
