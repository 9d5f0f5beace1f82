// From a board's profile to its source: the bus, the lines, the chip and its registers. What the registers say must be
// what the profile says of rate and scale, because a wrong gain is a wrong voltage.

import CLinux
import Devices
import ECGSignal
import FrontEnds

/// A board whose converter is on the computer's own SPI bus.
public struct SPIBoard {
  private let profile: BoardProfile
  private let wiring: SPIWiring
  private let map: ADS129xMap
  private let image: RegisterImage

  /// Checks the profile; opens nothing.
  ///
  /// - Parameters:
  ///   - device: another bus than the profile's.
  ///   - dataReadyOffset: another line of the same GPIO chip than the profile's for data-ready.
  public init(
    _ profile: BoardProfile, device: String? = nil, dataReadyOffset: UInt32? = nil
  ) throws(SourceError) {
    guard let wiring = profile.spi, let chip = profile.chip else {
      throw SourceError(
        "The profile '\(profile.board)' names no SPI bus and chip: it is no SPI board.")
    }
    guard let map = ADS129xMap(chip), profile.format == .ads1298 else {
      throw SourceError(
        "The \(chip.rawValue) on SPI cannot be read yet: put it behind a bridge.")
    }
    self.profile = profile
    let dataReady = GPIOLine(
      chipLabels: wiring.dataReady.chipLabels,
      offset: dataReadyOffset ?? wiring.dataReady.offset)
    self.wiring = SPIWiring(
      device: device ?? wiring.device, mode: wiring.mode, clockHz: wiring.clockHz,
      dataReady: dataReady, reset: wiring.reset, start: wiring.start)
    self.map = map
    image = try RegisterImage(map, settings: profile.registers)
    try checkAgreement()
  }

  private func checkAgreement() throws(SourceError) {
    let board = profile.board
    guard profile.channels.count <= map.channelCount else {
      throw SourceError(
        "The profile '\(board)' has \(profile.channels.count) channels, the \(map.chip.rawValue) only "
          + "\(map.channelCount).")
    }
    if let rate = profile.sampleRateHz, rate != image.sampleRateHz {
      throw SourceError(
        "The profile '\(board)' says \(rate) samples a second, its CONFIG1 \(image.sampleRateHz): correct one."
      )
    }
    for index in profile.channels.indices {
      let name = profile.channels[index].name
      guard image.isPowered(channel: index) else {
        throw SourceError(
          "The profile '\(board)' lists \(name), but CH\(index + 1)SET switches it off.")
      }
      guard let scale = profile.scale, let set = microvoltsPerCode(image, channel: index) else {
        continue
      }
      if abs(set / scale.microvoltsPerCode - 1) > 1e-6 {
        throw SourceError(
          "The profile '\(board)' says \(scale.microvoltsPerCode) uV a code, but the registers make "
            + "\(set) of \(name): correct gain and referenceMicrovolts, or CH\(index + 1)SET.")
      }
    }
  }

  private func microvoltsPerCode(_ image: RegisterImage, channel: Int) -> Double? {
    image.referenceMicrovolts.map { $0 / image.gain(channel: channel) / Double((1 << 23) - 1) }
  }

  /// Opens the bus and the lines. The chip is brought up when the source is opened.
  public func source() throws(SourceError) -> any SampleSource {
    let bus = try SPIDevice(path: wiring.device, mode: wiring.mode, clockHz: wiring.clockHz)
    let line = try GPIODataReadyLine(wiring.dataReady)
    var reset: GPIOOutputLine?
    if let pin = wiring.reset { reset = try GPIOOutputLine(pin, isHigh: true) }
    var start: GPIOOutputLine?
    if let pin = wiring.start { start = try GPIOOutputLine(pin, isHigh: false) }
    return source(
      bus: bus, line: line, reset: reset, start: start, provenance: .live,
      pause: { clinux_sleep_nanoseconds($0) })
  }

  /// A source over any bus and lines: for simulated chips, too.
  ///
  /// - Parameter provenance: of samples from the electrodes; all others are marked as a test signal.
  public func source<Bus: SPIBus, Line: DataReadyLine>(
    bus: Bus, line: Line, reset: (any OutputLine)?, start: (any OutputLine)?,
    provenance: Provenance, pause: @escaping (UInt64) -> Void
  ) -> SPISource<Bus, Line, ADS1298Decoder> {
    let access = ADS129xAccess(
      bus: bus, name: wiring.device, map: map, clockHz: wiring.clockHz)
    let control = ADS129xControl(
      image, bringUp: ADS129xBringUp(access: access, reset: reset, start: start, pause: pause))
    return SPISource(
      name: wiring.device, bus: bus, line: line, chip: control,
      decoder: ADS1298Decoder(wireSettings), clockHz: wiring.clockHz,
      format: { [self] in format($0, provenance) })
  }

  private var wireSettings: WireSettings {
    var settings = WireSettings(
      sampleRate: image.sampleRateHz, channelCount: map.channelCount, usesHostTime: false)
    settings.isAligned = true
    let watched = image.watchedInputs
    settings.watchedPositiveInputs = UInt32(watched.positive)
    settings.watchedNegativeInputs = UInt32(watched.negative)
    return settings
  }

  private func format(_ chip: ADS129xControl, _ provenance: Provenance) -> SignalFormat {
    var format = SignalFormat(
      sampleRate: chip.image.sampleRateHz,
      channels: profile.channels.enumerated().map { index, channel in
        let scale = profile.scale?.microvoltsPerCode ?? 0
        return channel.channel(
          microvoltsPerCode: microvoltsPerCode(chip.image, channel: index) ?? scale)
      }, provenance: chip.selected == .electrodes ? provenance : .testSignal,
      sourceName: profile.board)
    format.diagnosticLeads = profile.use.diagnosticLeads
    return format
  }
}
