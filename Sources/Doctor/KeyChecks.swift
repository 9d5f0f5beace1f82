// Whether the monitor's service can check what the technician has sealed: both need the same key, and the service's
// user owns nothing.

import Foundation

extension Machine {
  /// `files.key`.
  func keyCheck() -> CheckResult {
    let id = "files.key"
    let key = "/etc/ecgclip/device.key"
    let service = ["/etc/systemd/system", "/lib/systemd/system"]
      .compactMap { text("\($0)/ecgclip-monitor.service") }.first
    if let service, !service.contains("\nLoadCredential=device.key:\(key)") {
      return .failure(
        id, "the monitor's service is not given the key of this device's calibrations",
        fix: "sudo cp firmware-config/system/ecgclip-monitor.service /etc/systemd/system/"
          + " && sudo systemctl daemon-reload")
    }
    guard exists(key) else {
      let own = userKey
      guard service != nil, exists(own) else {
        return .absent(id, "no key at \(key): no calibration of this device is sealed with it")
      }
      return .failure(
        id, "calibrations are sealed with \(own), which the monitor's service cannot read",
        fix: "sudo install -D -m 600 \(own) \(key)   # and calibrate with sudo from then on")
    }
    let attributes = try? FileManager.default.attributesOfItem(atPath: root + key)
    let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
    if mode & 0o077 != 0 {
      return .failure(
        id, "\(key) can be read by others than its owner: no command takes it",
        fix: "sudo chmod 600 \(key)")
    }
    return .ok(id, service == nil ? key : "\(key), which the monitor's service is given")
  }

  private var userKey: String {
    let home = facts.environment["HOME"] ?? "/root"
    return (facts.environment["XDG_CONFIG_HOME"] ?? home + "/.config") + "/ecgclip/device.key"
  }
}
