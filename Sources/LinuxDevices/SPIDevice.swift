// A device on an SPI bus through spidev. The descriptor is closed with its owner.

import CLinux
import Devices
import Glibc

/// An open `/dev/spidevB.C`.
public final class SPIDevice: SPIBus {
  private let descriptor: Int32

  /// Opens the device with 8-bit words. The error says what is wrong and what helps.
  public init(path: String, mode: UInt8, clockHz: UInt32) throws(SourceError) {
    var failed: UnsafePointer<CChar>?
    let result = clinux_spi_open(path, mode, clockHz, &failed)
    guard result >= 0 else {
      let step = failed.map { String(cString: $0) } ?? ""
      throw Self.error(path: path, step: step, mode: mode, clockHz: clockHz, code: -result)
    }
    descriptor = result
  }

  deinit { close(descriptor) }

  public func transfer(
    _ transmit: UnsafePointer<UInt8>, _ receive: UnsafeMutablePointer<UInt8>, count: Int,
    clockHz: UInt32, holdMicroseconds: UInt16
  ) -> Int32 {
    clinux_spi_transfer(descriptor, transmit, receive, count, clockHz, holdMicroseconds)
  }

  static func error(
    path: String, step: String, mode: UInt8, clockHz: UInt32, code: Int32
  ) -> SourceError {
    switch (step, code) {
    case ("open", ENOENT), ("open", ENXIO), ("open", ENODEV):
      SourceError(
        "No SPI device at \(path): switch SPI on, 'dtparam=spi=on' in /boot/firmware/config.txt, and restart."
      )
    case ("open", EACCES), ("open", EPERM):
      SourceError(
        "No permission to open \(path): add yourself to its group, 'sudo usermod -aG spi $USER', "
          + "and log in again.")
    case ("open", EBUSY):
      SourceError("\(path) is in use by another program: stop that one first.")
    case ("open", _):
      SourceError(
        "\(path) cannot be opened (\(String(cString: strerror(code)))): check the device.")
    case ("mode", _):
      SourceError(
        "\(path) cannot do SPI mode \(mode): correct 'mode' in the profile, or is it no spidev?")
    default:
      SourceError(
        "\(path) takes no \(step == "clock" ? "clock of \(clockHz) Hz" : "words of 8 bits") "
          + "(\(String(cString: strerror(code)))): correct 'clockHz' in the profile.")
    }
  }
}
