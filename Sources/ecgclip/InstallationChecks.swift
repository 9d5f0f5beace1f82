// The product's own files as the doctor sees them: the model, the board profiles, the calibrations.

import Calibration
import Crypto
import Doctor
import ECGSignal
import Foundation
import Inference
import LinuxDevices

struct InstallationChecks {
  /// The model's name or path, nil for the default.
  let model: String?

  func results() -> [CheckResult] { [modelCheck, profiles] }

  /// Loads the model completely: manifest, hashes, shapes, golden vectors.
  private var modelCheck: CheckResult {
    let id = "files.model"
    do {
      let folder = try Installation.modelFolder(model)
      let loaded = try Model(folder: folder, completely: true)
      return .ok(
        id, "\(loaded.name), SHA-256 \(loaded.sha256.prefix(12)), kernels \(loaded.kernels)")
    } catch {
      return .failure(
        id, "\(error)", fix: "# copy the models folder again; in a checkout: git checkout -- models"
      )
    }
  }

  private var profiles: CheckResult {
    let id = "files.profiles"
    let again = "# copy it again; in a checkout: git checkout -- firmware-config"
    guard let home = try? Installation.home() else {
      return .failure(
        id, "the product's folder is not found", fix: "export ECGCLIP_HOME=~/ecgclip-edge")
    }
    let folder = home + "/firmware-config"
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasSuffix(".yaml") }.sorted()
    if names.isEmpty { return .failure(id, "no board profile in \(folder)", fix: again) }
    var digests: [String] = []
    for name in names {
      do {
        _ = try BoardProfile.load("\(folder)/\(name)")
      } catch {
        return .failure(id, error.description, fix: again)
      }
      let data = FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data()
      let digest = SHA256.hash(data: data).prefix(4).map { String(format: "%02x", $0) }.joined()
      digests.append("\(name.dropLast(5)) \(digest)")
    }
    return .ok(id, digests.joined(separator: ", "))
  }

  /// Whether the front-end that is connected was calibrated, and whether a monitor would rely on that.
  static func calibration(
    of format: SignalFormat, unit: String?, profile: ProfileIdentity
  ) -> CheckResult {
    let id = "files.calibration"
    let measure =
      "ecgclip calibrate gain --help   # what to connect, then offset, noise, clock, leads"
    do {
      let identity = DeviceIdentity(board: format.sourceName, unit: unit)
      let isDevice = format.provenance == .live || format.provenance == .testSignal
      if isDevice && unit == nil {
        return .warning(
          id, "nothing tells which \(identity.board) this is: no calibration is its own",
          fix: "# put a label on it, and say --unit LABEL to calibrate and to monitor")
      }
      let path = try CalibrationFolder.path(of: identity, folder: nil)
      guard let file = try CalibrationFile.load(path, key: DeviceKey.load(.usual)) else {
        return isDevice
          ? .warning(id, "\(identity.name) was never calibrated: nominal gain", fix: measure)
          : .absent(id, "\(identity.name) has no amplifier to calibrate")
      }
      let warnings = try file.corrected(
        format, of: identity, profile: profile, now: Date(),
        daysMax: CalibrationFile.daysMaxDefault
      ).warnings
      guard warnings.isEmpty else {
        return .warning(id, warnings.joined(separator: " "), fix: measure)
      }
      let kinds = Set(file.entries.filter(\.passed).map(\.measurement.kind.rawValue)).sorted()
      return .ok(id, "\(identity.name): \(kinds.joined(separator: ", "))")
    } catch {
      return .failure(id, "\(error)", fix: measure)
    }
  }
}
