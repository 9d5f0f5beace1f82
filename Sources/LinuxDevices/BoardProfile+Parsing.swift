// From a profile's YAML to the profile: firmware-config/schema.json in code, with the reason and the remedy
// where a file does not keep to it.

import Devices
import ECGSignal
import FrontEnds
import Yams

extension BoardProfile {
  static func parse(_ text: String, name: String) throws(SourceError) -> BoardProfile {
    let document: Node?
    do { document = try Yams.compose(yaml: text) } catch {
      throw SourceError("\(name) is no YAML (\(error)): correct it.")
    }
    guard let mapping = document?.mapping else {
      throw SourceError("\(name) is no list of keys and values: compare it with bridge.yaml.")
    }
    let fields = ProfileFields(mapping, file: name)
    try fields.allowOnly([
      "schemaVersion", "board", "title", "use", "format", "baud", "sampleRateHz", "clock",
      "referenceMicrovolts", "gain", "microvoltsPerCode", "bits", "codes", "baseline", "chip",
      "spi", "leadOff", "registers", "channels", "alarm",
    ])
    guard try fields.integer("schemaVersion", in: 1...1_000_000) == 1 else {
      throw SourceError(
        "\(name) has another schemaVersion than 1: update ECGCLIP Edge or the file.")
    }
    let board = try fields.text("board")
    let profile = BoardProfile(
      board: board, title: try fields.optionalText("title") ?? board,
      use: try fields.optionalWord("use", of: Use.self) ?? .monitoringLeads,
      format: try fields.word("format", of: WireFormat.self),
      baud: try fields.optionalInteger("baud", in: 50...12_000_000).map(UInt32.init),
      sampleRateHz: try fields.optionalNumber("sampleRateHz", in: 1...100_000),
      clock: try fields.optionalWord("clock", of: SampleClockSource.self) ?? .crystal,
      referenceMicrovolts: try fields.optionalNumber("referenceMicrovolts", in: 1...1e8),
      scale: try scaling(fields), channels: try channels(fields),
      chip: try fields.optionalWord("chip", of: ConverterChip.self), spi: try spi(fields),
      leadOff: try fields.optionalWord("leadOff", of: LeadOffReport.self),
      registers: try registers(fields), alarm: try alarm(fields), text: text)
    try profile.checkAgreement(name)
    return profile
  }

  /// Fields that are right each by itself can contradict each other.
  private func checkAgreement(_ name: String) throws(SourceError) {
    if (sampleRateHz == nil) != (scale == nil) {
      throw SourceError(
        "\(name): sampleRateHz and the scale (referenceMicrovolts and gain, or microvoltsPerCode) belong "
          + "together: give both, or neither where the frames tell them.")
    }
    if scale != nil && channels.isEmpty {
      throw SourceError("\(name): 'channels' is empty: list the leads in the order of the wire.")
    }
    if scale == nil && format != .bridge {
      throw SourceError(
        "\(name): frames of format \(format.rawValue) do not tell rate and scale: give sampleRateHz and "
          + "referenceMicrovolts and gain, or microvoltsPerCode.")
    }
    if spi != nil && chip == nil {
      throw SourceError("\(name): 'spi' without 'chip': name the converter on the bus.")
    }
    if !registers.isEmpty && chip == nil {
      throw SourceError("\(name): 'registers' without 'chip': name the converter they belong to.")
    }
    let busLines = [spi?.dataReady, spi?.reset, spi?.start].compactMap(\.self)
    if let alarm, let line = busLines.first(where: alarm.uses) {
      throw SourceError(
        "\(name): line \(line.offset) is of the converter and of the alarm: wire lamp and buzzer to other lines."
      )
    }
    try checkPlacements(name)
    let maximum = format.channelCountMax
    if channels.count > maximum {
      throw SourceError(
        "\(name): \(channels.count) channels, but format \(format.rawValue) has at most \(maximum)."
      )
    }
  }

  private func checkPlacements(_ name: String) throws(SourceError) {
    let leads = channels.map(\.lead)
    for channel in channels {
      guard let placement = channel.placement else {
        let (positive, negative) = (channel.positiveElectrode, channel.negativeElectrode)
        throw SourceError(
          "\(name): \(channel.name) is not what is measured between \(positive ?? "?") and "
            + "\(negative ?? "?"): correct its name, or the electrodes (the lead's own, exchanged for an inverted "
            + "channel; a chest lead against WCT, RA, LA or LL).")
      }
      if let limb = placement.limbReference, !leads.contains(.I) || !leads.contains(.II) {
        throw SourceError(
          "\(name): \(channel.name) is measured against \(limb.rawValue), and Wilson's terminal follows from I and II: "
            + "list them among the channels, or give \(channel.name) another name.")
      }
    }
  }

  private static func scaling(_ fields: ProfileFields) throws(SourceError) -> CodeScaling? {
    let bits = try fields.optionalInteger("bits", in: 8...31) ?? 24
    let isUnsigned = try fields.optionalWord("codes", of: CodeKind.self) == .unsigned
    let baseline = try fields.optionalInteger("baseline", in: 0...(1 << 30)) ?? 0
    let reference = try fields.optionalNumber("referenceMicrovolts", in: 1...1e8)
    let gain = try fields.optionalNumber("gain", in: 0.01...10_000)
    let direct = try fields.optionalNumber("microvoltsPerCode", in: 1e-6...1e6)
    guard (reference == nil) == (gain == nil), direct == nil || reference == nil else {
      throw SourceError(
        "\(fields.file): give referenceMicrovolts and gain, or microvoltsPerCode, not parts of both."
      )
    }
    let microvoltsPerCode: Double
    if let direct {
      microvoltsPerCode = direct
    } else if let reference, let gain {
      let codeMaximum = Double((1 << (isUnsigned ? bits : bits - 1)) - 1)
      microvoltsPerCode = reference / gain / codeMaximum
    } else {
      return nil
    }
    return CodeScaling(
      microvoltsPerCode: microvoltsPerCode, baseline: Int32(baseline), bits: bits,
      isUnsigned: isUnsigned)
  }

  /// Two's complement around 0, or counted from 0.
  private enum CodeKind: String, CaseIterable { case signed, unsigned }

  /// A channel is a lead's name, or a mapping that also says which electrodes make it.
  private static func channels(_ fields: ProfileFields) throws(SourceError) -> [BoardChannel] {
    let nodes = try fields.list("channels", countMax: SignalFormat.channelCountMax)
    var channels: [BoardChannel] = []
    for (index, node) in nodes.enumerated() {
      if let name = node.string, node.mapping == nil {
        channels.append(
          BoardChannel(
            lead: Lead(signalName: name), name: name, positiveElectrode: nil,
            negativeElectrode: nil))
        continue
      }
      guard let mapping = node.mapping else {
        throw SourceError(
          "\(fields.file): channel \(index + 1) is neither a lead's name nor name, positive and negative."
        )
      }
      let channel = ProfileFields(mapping, file: "\(fields.file), channel \(index + 1)")
      try channel.allowOnly(["name", "positive", "negative"])
      let name = try channel.text("name")
      channels.append(
        BoardChannel(
          lead: Lead(signalName: name), name: name,
          positiveElectrode: try channel.optionalText("positive"),
          negativeElectrode: try channel.optionalText("negative")))
    }
    if Set(channels.map(\.name)).count != channels.count {
      throw SourceError("\(fields.file): two channels have the same name: name each its own way.")
    }
    return channels
  }

  private static func spi(_ fields: ProfileFields) throws(SourceError) -> SPIWiring? {
    guard let spi = try fields.optionalGroup("spi") else { return nil }
    try spi.allowOnly(["device", "mode", "clockHz", "dataReady", "reset", "start"])
    guard let dataReady = try line("dataReady", spi) else {
      throw SourceError(
        "\(spi.file): 'dataReady' is missing: a converter that is not read when it is ready loses samples, "
          + "wire its DRDY to a GPIO line.")
    }
    return SPIWiring(
      device: try spi.text("device"), mode: UInt8(try spi.integer("mode", in: 0...3)),
      clockHz: UInt32(try spi.integer("clockHz", in: 10_000...50_000_000)), dataReady: dataReady,
      reset: try line("reset", spi), start: try line("start", spi))
  }

  private static func alarm(_ fields: ProfileFields) throws(SourceError) -> AlarmWiring? {
    guard let group = try fields.optionalGroup("alarm") else { return nil }
    return try AlarmWiring(group)
  }

  private static func line(
    _ key: String, _ fields: ProfileFields
  ) throws(SourceError) -> GPIOLine? {
    guard let line = try fields.optionalGroup(key) else { return nil }
    try line.allowOnly(["chips", "line"])
    return GPIOLine(
      chipLabels: try line.chipLabels(), offset: UInt32(try line.integer("line", in: 0...1023)))
  }

  private static func registers(
    _ fields: ProfileFields
  ) throws(SourceError) -> [RegisterSetting] {
    guard let group = try fields.optionalGroup("registers") else { return [] }
    var settings: [RegisterSetting] = []
    for key in group.keys {
      settings.append(
        RegisterSetting(
          name: key, value: UInt32(try group.integer(key, in: 0...Int(UInt32.max)))))
    }
    return settings
  }
}
