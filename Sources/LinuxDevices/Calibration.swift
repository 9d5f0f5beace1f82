// A device's calibration: by how much its gain and offset differ from the data sheet's, measured in the field.
// calibration/README.md is the schema. A file with an unknown key, another device or a value beyond the limits
// is refused: a wrong calibration is worse than none.

import ECGSignal
import Foundation

/// Why a calibration is refused: one sentence.
public struct CalibrationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String
  init(_ description: String) { self.description = description }
}

/// The corrections of one device.
public struct Calibration: Hashable, Sendable {
  /// Gain corrections beyond this are a defect, no calibration (IEC 60601-2-25 allows 5 % after it).
  public static let gainCorrectionLimits = 0.9...1.1
  /// Offsets beyond the front-end's tolerance of +-300 mV are an electrode's, no amplifier's.
  public static let offsetMicrovoltsLimits = -300_000.0...300_000.0

  /// One channel's corrections.
  public struct ChannelCalibration: Hashable, Sendable {
    /// The channel's name, as the source gives it.
    public let name: String
    /// True microvolts over nominal ones.
    public let gainCorrection: Double
    /// What the channel shows with shorted inputs, in nominal microvolts.
    public let offsetMicrovolts: Double
  }

  /// The device that was calibrated, as its source names itself.
  public let device: String
  /// The day on which it was measured, ISO 8601.
  public let measured: String
  /// Its channels.
  public let channels: [ChannelCalibration]

  /// Loads and checks a calibration.
  public static func load(_ path: String) throws(CalibrationError) -> Calibration {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CalibrationError("No calibration at \(path): name one of calibration, or a path.")
    }
    return try parse(data, name: URL(filePath: path).lastPathComponent)
  }

  static func parse(_ data: Data, name: String) throws(CalibrationError) -> Calibration {
    guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw CalibrationError(
        "\(name) is no JSON object: restore it from a copy or calibrate again.")
    }
    try allowOnly(["schemaVersion", "device", "measured", "channels"], in: object, name)
    guard object["schemaVersion"] as? Int == 1, let device = object["device"] as? String,
      let measured = object["measured"] as? String,
      let entries = object["channels"] as? [[String: Any]]
    else {
      throw CalibrationError(
        "\(name) lacks schemaVersion 1, device, measured or channels: see calibration/README.md.")
    }
    var channels: [ChannelCalibration] = []
    for entry in entries {
      try allowOnly(["name", "gainCorrection", "offsetMicrovolts"], in: entry, name)
      guard let channel = entry["name"] as? String,
        let gain = (entry["gainCorrection"] as? NSNumber)?.doubleValue,
        let offset = (entry["offsetMicrovolts"] as? NSNumber)?.doubleValue
      else {
        throw CalibrationError("\(name): a channel lacks name, gainCorrection or offsetMicrovolts.")
      }
      guard gainCorrectionLimits.contains(gain), offsetMicrovoltsLimits.contains(offset) else {
        throw CalibrationError(
          "\(name): channel \(channel) has gain \(gain) or offset \(offset) uV beyond the limits "
            + "(\(gainCorrectionLimits), +-300 mV): the device is defective or was measured wrongly."
        )
      }
      channels.append(
        ChannelCalibration(name: channel, gainCorrection: gain, offsetMicrovolts: offset))
    }
    return Calibration(device: device, measured: measured, channels: channels)
  }

  /// The format with corrected gains and offsets.
  public func applied(to format: SignalFormat) throws(CalibrationError) -> SignalFormat {
    guard device == format.sourceName else {
      throw CalibrationError(
        "The calibration is of device '\(device)', but this is '\(format.sourceName)': "
          + "take its own calibration or none.")
    }
    var result = format
    for index in result.channels.indices {
      let channel = result.channels[index]
      guard let entry = channels.first(where: { $0.name == channel.name }) else {
        throw CalibrationError(
          "The calibration of '\(device)' has no channel '\(channel.name)': calibrate it again.")
      }
      result.channels[index].microvoltsPerCode *= entry.gainCorrection
      result.channels[index].offsetMicrovolts -= entry.offsetMicrovolts * entry.gainCorrection
    }
    return result
  }

  private static func allowOnly(
    _ known: Set<String>, in object: [String: Any], _ name: String
  ) throws(CalibrationError) {
    if let key = object.keys.sorted().first(where: { !known.contains($0) }) {
      throw CalibrationError(
        "\(name): unknown key '\(key)'; known are \(known.sorted().joined(separator: ", ")).")
    }
  }
}
