// The faults of an emulated bridge's converter as options: what `ecgclip calibrate` is there to find.

import ArgumentParser
import ECGSignal
import SimulatedDevices

/// A number of one channel on the command line, as V3=-8.
struct ChannelNumber: ExpressibleByArgument {
  let channel: String
  let number: Double

  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="), equals > argument.startIndex,
      let number = Double(argument[argument.index(after: equals)...]), number.isFinite
    else { return nil }
    channel = String(argument[..<equals])
    self.number = number
  }
}

struct ConverterFaultOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A channel's gain is so many percent too large; too small: V3=-8.",
      valueName: "channel=percent"))
  var gainError: [ChannelNumber] = []

  @Option(
    help: ArgumentHelp(
      "A channel's inputs have an offset of so many microvolts.", valueName: "channel=microvolts"))
  var offset: [ChannelNumber] = []

  @Option(
    help: ArgumentHelp(
      "A channel has so many microvolts RMS of noise besides the chip's own.",
      valueName: "channel=microvolts"))
  var noise: [ChannelNumber] = []

  @Option(
    help: ArgumentHelp(
      "The electrodes of a channel have so many kilohms together (20).",
      valueName: "channel=kilohms"))
  var electrodes: [ChannelNumber] = []

  @Option(help: ArgumentHelp("AVDD of the converter (3).", valueName: "volts"))
  var avdd: Double?

  @Option(help: ArgumentHelp("DVDD of the converter (3.3).", valueName: "volts"))
  var dvdd: Double?

  @Option(help: ArgumentHelp("Temperature of the converter (32).", valueName: "degrees"))
  var celsius: Double?

  /// Whether nothing is wrong.
  var isEmpty: Bool {
    gainError.isEmpty && offset.isEmpty && noise.isEmpty && electrodes.isEmpty && avdd == nil
      && dvdd == nil && celsius == nil
  }

  /// Puts the converter out of order.
  func apply(to inputs: ConverterInputs, channels: [Channel]) throws {
    for fault in gainError {
      inputs.gainErrors[try Self.index(of: fault, channels)] = fault.number / 100
    }
    for fault in offset {
      inputs.offsetsMicrovolts[try Self.index(of: fault, channels)] = fault.number
    }
    for fault in noise {
      inputs.noiseMicrovolts[try Self.index(of: fault, channels)] = fault.number
    }
    for fault in electrodes {
      inputs.impedancesKilohms[try Self.index(of: fault, channels)] = fault.number
    }
    if let avdd { inputs.analogSupplyVolts = avdd }
    if let dvdd { inputs.digitalSupplyVolts = dvdd }
    if let celsius { inputs.temperatureCelsius = celsius }
  }

  private static func index(
    of fault: ChannelNumber, _ channels: [Channel]
  ) throws(CommandFailure) -> Int {
    guard let index = channels.firstIndex(where: { $0.name == fault.channel }) else {
      throw CommandFailure(
        "There is no channel '\(fault.channel)': \(channels.map(\.name).joined(separator: " ")).")
    }
    return index
  }
}
