// What a profile says about the front-end on the bench, and which profile it was.

import Calibration
import Devices
import FrontEnds
import LinuxDevices

struct CalibratedDevice {
  /// Which profile it is measured with.
  let profile: ProfileIdentity
  /// The electrodes of each channel by its name; none where the profile does not say. A bridge may send its channels in
  /// another order than the profile's.
  let electrodes: [String: ChannelElectrodes]
  /// What makes its sample clock.
  let clock: SampleClockSource

  init(source: SourceSpecification, profile name: String?) throws {
    guard let name = name ?? source.profileName else {
      // The simulated patient and recordings have no board.
      profile = ProfileIdentity(name: "built-in", text: "")
      electrodes = [:]
      clock = .crystal
      return
    }
    let board = try BoardProfile.load(named: name)
    profile = ProfileIdentity(name: board.board, text: board.text)
    electrodes = Self.electrodes(of: board)
    clock = board.clock
  }

  /// Known where every channel has a positive electrode; of a board that watches none, also that.
  private static func electrodes(of board: BoardProfile) -> [String: ChannelElectrodes] {
    var known: [String: ChannelElectrodes] = [:]
    if board.channels.allSatisfy({ $0.positiveElectrode != nil }) {
      for (index, channel) in board.channels.enumerated() {
        known[channel.channelName] = ChannelElectrodes(
          positive: [channel.positiveElectrode].compactMap(\.self),
          negative: [channel.negativeElectrode].compactMap(\.self),
          watchesPositive: watches(index, "LOFF_SENSP", board),
          watchesNegative: watches(index, "LOFF_SENSN", board))
      }
    }
    guard board.leadOff == .notTold else { return known }
    for channel in board.signalFormat?.channels ?? [] {
      known[channel.name] = (known[channel.name] ?? ChannelElectrodes(channel)).unwatched
    }
    return known
  }

  /// Whether a register of the ADS129x family switches a comparator on; other boards watch all, as far as is known.
  private static func watches(_ channel: Int, _ register: String, _ board: BoardProfile) -> Bool {
    guard let setting = board.registers.first(where: { $0.name == register }) else { return true }
    return setting.value >> UInt32(channel) & 1 != 0
  }
}

extension SourceSpecification {
  /// The profile that a source has when none is named; nil where there is no board.
  var profileName: String? {
    switch self {
    case .simulation, .recording: nil
    case .serial(_, let options), .udp(_, _, let options):
      options["format"].flatMap { WireFormat(rawValue: $0)?.usualProfile } ?? "bridge"
    case .spi: WireFormat.ads1298.usualProfile
    }
  }
}
