// `ecgclip calibrate`: what a technician measures of a front-end, one command each. The file that it writes is
// calibration/<device>.json.

import ArgumentParser
import CLinux
import Calibration
import Foundation

struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Measure a front-end in the field: gain, noise, clock, leads and more.",
    discussion: """
      Each command connects the front-end's inputs, measures, puts everything back,
      compares with the limits (calibration/limits.md) and adds the result to
      calibration/DEVICE.json, sealed with the device's key. DEVICE is the board and
      which of its kind it is: by its USB serial number, its own id, or --unit.
      Status: 0 passed, 1 failed, 2 could not be measured.

        ecgclip calibrate noise --profile ads1298-pi --unit 7
        ecgclip calibrate gain --external 1mV --profile ads1298-pi --unit 7
        ecgclip calibrate supply --profile pico-ads1298 --source serial:/dev/ttyACM0
        ecgclip calibrate show --device ads1298-pi-7

      Where hands are needed, each step is told on the terminal and waits for Enter;
      Ctrl-C stops and leaves the front-end as it was. Scripts say --assume-ready.
      """,
    subcommands: [
      CalibrateGain.self, CalibrateOffset.self, CalibrateNoise.self, CalibrateClock.self,
      CalibrateMains.self, CalibrateLeads.self, CalibrateImpedance.self, CalibrateCMRR.self,
      CalibrateSupply.self, CalibrateTemperature.self, CalibrateLatency.self, CalibrateAudio.self,
      CalibrateShow.self,
    ])
}

struct CalibrateGain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gain",
    abstract: "Gain of each channel: the chip's test signal checks, a 1 mV source calibrates.",
    discussion: """
      Without --external: the chip's own square wave of +-VREF/2400, gain and
      linearity; nothing to connect, but a converter that takes commands. With
      --external 1mV, on any board: a calibrator of that voltage from peak to valley,
      connected as the steps say; only this corrects what the monitor shows.
      """)

  @OptionGroup var options: CalibrationOptions

  @Option(help: "A source of known voltage, peak to valley: 1mV or 500uV.")
  var external: Voltage?

  @Option(help: "Wave of the source: square or sine.")
  var wave: VoltageSource.Wave = .square

  @Option(help: "Frequency of a sine.")
  var hertz = 10.0

  @Option(help: "What the maker warrants of the source's voltage, percent.")
  var tolerancePercent = 1.0

  func run() throws {
    try options.run { bench in
      if let external {
        return try bench.measureGain(
          source: VoltageSource(
            microvoltsPeakToValley: external.microvolts, wave: wave, hertz: hertz,
            tolerancePercent: tolerancePercent), seconds: options.seconds ?? 10)
      }
      return try bench.measureGain(seconds: options.seconds ?? 10)
    }
  }
}

/// How inputs are shorted.
private let shortDiscussion = """
  A converter that takes commands shorts them itself. With every other board the
  technician is asked to tie the electrodes together; an ECG or hum of more than
  500 uV on them is no short, and fails.
  """

struct CalibrateOffset: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "offset", abstract: "Offset of each channel with shorted inputs.",
    discussion: shortDiscussion)

  @OptionGroup var options: CalibrationOptions

  func run() throws {
    try options.run { bench in try bench.measureOffset(seconds: options.seconds ?? 10) }
  }
}

struct CalibrateNoise: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "noise",
    abstract: "Noise of each channel with shorted inputs: RMS, and peak to valley over 10 s.",
    discussion: shortDiscussion)

  @OptionGroup var options: CalibrationOptions

  func run() throws {
    try options.run { bench in try bench.measureNoise(seconds: options.seconds ?? 30) }
  }
}

struct CalibrateClock: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clock",
    abstract: "The true sample rate against this machine's clock.",
    discussion: """
      Two minutes by default: the longer, the surer. This machine's own clock counts
      with 1 ppm where it is synchronised (NTP), with 50 ppm where it is not. How far
      the rate may be off the profile's 'clock' says: crystal 500 ppm, internal (an
      oscillator in the converter, a resonator) 10000.
      """)

  @OptionGroup var options: CalibrationOptions

  func run() throws {
    try options.run { bench, device in
      try bench.measureClock(
        seconds: options.seconds ?? 120,
        hostPartsPerMillion: clinux_clock_is_synchronised() != 0 ? 1 : 50, source: device.clock)
    }
  }
}

struct CalibrateMains: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mains",
    abstract: "The hum of 50 or 60 Hz at the electrodes, and what the notch leaves of it.")

  @OptionGroup var options: CalibrationOptions

  func run() throws {
    try options.run { bench in try bench.measureMains(seconds: options.seconds ?? 12) }
  }
}

struct CalibrateLeads: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "leads",
    abstract: "Whether each electrode, taken off in turn, shows in its own channels and no other.")

  @OptionGroup var options: CalibrationOptions

  func run() throws {
    try options.run { bench in try bench.measureLeads(seconds: options.seconds ?? 2) }
  }
}

struct CalibrateImpedance: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "impedance",
    abstract: "Impedance of the electrodes, by the chip's alternating lead-off current.")

  @OptionGroup var options: CalibrationOptions

  @Option(help: "Tolerance of the chip's lead-off current, percent.")
  var currentTolerancePercent = 20.0

  @Option(help: "Protection resistors in a channel's path, kilo-ohms together.")
  var seriesKilohms = 0.0

  func run() throws {
    try options.run { bench in
      try bench.measureImpedance(
        tolerancePercent: currentTolerancePercent, seriesKilohms: seriesKilohms,
        seconds: options.seconds ?? 8)
    }
  }
}

struct CalibrateCMRR: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cmrr",
    abstract: "Common-mode rejection of each channel, with a jig and a generator.")

  @OptionGroup var options: CalibrationOptions

  @Option(help: "Peak of the generator's wave, volts.")
  var volts = 1.0

  @Option(help: "Frequency of the generator's wave.")
  var hertz = 50.0

  func run() throws {
    try options.run { bench in
      try bench.measureCommonModeRejection(
        peakVolts: volts, hertz: hertz, seconds: options.seconds ?? 10)
    }
  }
}

struct CalibrateSupply: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "supply", abstract: "The chip's supply rails, by its own measurement.")

  @OptionGroup var options: CalibrationOptions

  func run() throws {
    try options.run { bench in
      try bench.measureSupply(seconds: options.seconds ?? 2)
    }
  }
}

struct CalibrateTemperature: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "temperature", abstract: "The chip's temperature, by its own sensor.")

  @OptionGroup var options: CalibrationOptions

  func run() throws {
    try options.run { bench in
      try bench.measureTemperature(seconds: options.seconds ?? 2)
    }
  }
}

/// A voltage as people write it: 1mV, 500uV, 0.5 mV.
struct Voltage: ExpressibleByArgument {
  let microvolts: Double

  init?(argument: String) {
    let text = argument.lowercased().replacing(" ", with: "")
    let units: [(String, Double)] = [("uv", 1), ("mv", 1000), ("v", 1e6)]
    guard let (suffix, factor) = units.first(where: { text.hasSuffix($0.0) }),
      let number = Double(text.dropLast(suffix.count)), number > 0, number.isFinite
    else { return nil }
    microvolts = number * factor
  }
}

extension VoltageSource.Wave: ExpressibleByArgument {}
