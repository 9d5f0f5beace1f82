// Which electrodes a channel is measured between, and so which channels must notice when one of them is off.

import ECGSignal

/// The electrodes of a channel by their labels (`LA`, `V1`). `WCT` at the negative side is Wilson's central terminal.
public struct ChannelElectrodes: Hashable, Sendable {
  /// At the positive input.
  public let positive: [String]
  /// At the negative input.
  public let negative: [String]
  /// Whether the front-end watches the positive input for an electrode that is off.
  public let watchesPositive: Bool
  /// Whether it watches the negative one. Wilson's terminal is an amplifier's output: nothing can be seen there.
  public let watchesNegative: Bool

  /// Names the electrodes of a channel.
  public init(
    positive: [String], negative: [String], watchesPositive: Bool = true,
    watchesNegative: Bool = true
  ) {
    self.positive = positive
    self.negative = negative
    self.watchesPositive = watchesPositive
    self.watchesNegative = watchesNegative && negative != ["WCT"]
  }

  /// The same on a board that watches no input.
  public var unwatched: ChannelElectrodes {
    ChannelElectrodes(
      positive: positive, negative: negative, watchesPositive: false, watchesNegative: false)
  }

  /// What follows from the channel's lead; a channel without one has an electrode of its own name.
  public init(_ channel: Channel) {
    switch channel.lead {
    case .I?: self.init(positive: ["LA"], negative: ["RA"])
    case .II?: self.init(positive: ["LL"], negative: ["RA"])
    case .III?: self.init(positive: ["LL"], negative: ["LA"])
    case .aVR?: self.init(positive: ["RA"], negative: ["LA", "LL"])
    case .aVL?: self.init(positive: ["LA"], negative: ["RA", "LL"])
    case .aVF?: self.init(positive: ["LL"], negative: ["RA", "LA"])
    case let chest?:
      self.init(positive: [chest.name], negative: [channel.limbReference?.rawValue ?? "WCT"])
    case nil: self.init(positive: [channel.name], negative: [])
    }
  }

  /// The electrodes through which a current of this channel's inputs flows: no current flows into the terminal.
  var path: [String] { positive + negative.filter { $0 != "WCT" } }

  /// Those that must be tied together to drive the negative side.
  var drivenNegative: Set<String> {
    Set(negative.flatMap { $0 == "WCT" ? ["RA", "LA", "LL"] : [$0] })
  }
}

/// An electrode with the channels that must and that may show when it is off.
struct ElectrodeChannels: Hashable {
  let electrode: String
  /// Those whose input with this electrode is watched.
  let required: Set<Int>
  /// Those whose input it is at: left open it may saturate them, too.
  let allowed: Set<Int>

  /// Every electrode of the channels, limbs first.
  static func all(_ channels: [ChannelElectrodes]) -> [ElectrodeChannels] {
    var names: [String] = ["RA", "LA", "LL"]
    for channel in channels { names += channel.path.filter { !names.contains($0) } }
    return names.compactMap { name in
      let allowed = channels.indices.filter { channels[$0].path.contains(name) }
      let required = allowed.filter { index in
        let channel = channels[index]
        return channel.watchesPositive && channel.positive.contains(name)
          || channel.watchesNegative && channel.negative.contains(name)
      }
      return allowed.isEmpty
        ? nil
        : ElectrodeChannels(electrode: name, required: Set(required), allowed: Set(allowed))
    }
  }
}
