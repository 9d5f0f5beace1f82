// Where a device's key lies: one place that the technician's commands and the monitor's service both find.

import Foundation
import Glibc

extension DeviceKey {
  /// A file with a key, or where one is to be made.
  public struct Place: Hashable, Sendable {
    /// Its path.
    public let path: String
    /// Whether systemd handed it over: then systemd has seen to it that nobody else reads it, and its mode says nothing
    /// (the right of the service's user may be an access list, which shows as the group's).
    public let isCredential: Bool

    /// The device's own: its administrator makes and reads it, and the monitor's service has it from systemd.
    public static let systemPath = "/etc/ecgclip/device.key"
    /// Name of the credential in the unit of systemd, and what it holds where the device has no key.
    static let credentialName = "device.key", noCredential = "none"

    /// A file, or what systemd put into a service's folder of credentials.
    public init(path: String, isCredential: Bool = false) {
      self.path = path
      self.isCredential = isCredential
    }

    /// That of this process.
    public static var usual: Place {
      place(environment: ProcessInfo.processInfo.environment, isRoot: geteuid() == 0)
    }

    /// `ECGCLIP_DEVICE_KEY`; else the service's credential (`LoadCredential=`); else the device's own, where there is
    /// one or the administrator asks; else the user's.
    ///
    /// A user who may not read the device's own is not given another: what it would seal the monitor could not check.
    static func place(
      environment: [String: String], isRoot: Bool, system: String = systemPath
    ) -> Place {
      if let path = environment["ECGCLIP_DEVICE_KEY"] { return Place(path: path) }
      if let folder = environment["CREDENTIALS_DIRECTORY"] {
        let path = folder + "/" + credentialName
        if access(path, F_OK) == 0 { return Place(path: path, isCredential: true) }
      }
      if isRoot || isThere(system) { return Place(path: system) }
      let home = environment["XDG_CONFIG_HOME"] ?? (environment["HOME"] ?? "") + "/.config"
      return Place(path: home + "/ecgclip/device.key")
    }

    /// A file that is there, or may be: in a folder that this user may not enter.
    private static func isThere(_ path: String) -> Bool {
      access(path, F_OK) == 0 || errno == EACCES
    }
  }
}
