// The device's key: who may read it, and that the technician's commands and the monitor's service find the same one.

import Foundation
import TestSupport
import Testing

@testable import Calibration

@Suite struct DeviceKeyTests {
  private static let digits = String(repeating: "ab", count: 32) + "\n"

  private func reason(_ place: DeviceKey.Place) -> String {
    do { return try DeviceKey.load(place)?.id ?? "" } catch { return "\(error)" }
  }

  private func setMode(_ mode: Int, _ path: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  @Test("a key is made once, for its owner's eyes only, and stays the same")
  func makes() throws {
    let folder = try TemporaryFolder()
    let place = DeviceKey.Place(path: folder.path + "/config/ecgclip/device.key")
    #expect(try DeviceKey.load(place) == nil)
    let made = try DeviceKey.loadOrMake(place)
    let again = try DeviceKey.loadOrMake(place)
    #expect(made.id == again.id && made.seal("x") == again.seal("x"))
    let mode = try FileManager.default.attributesOfItem(atPath: place.path)[.posixPermissions]
    #expect((mode as? NSNumber)?.intValue == 0o600)
  }

  @Test("a key that others can read or that is no key is refused with a remedy")
  func refuses() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("device.key", Self.digits)
    let place = DeviceKey.Place(path: path)
    try setMode(0o644, path)
    #expect(reason(place).contains("chmod 600"))
    try setMode(0o600, path)
    #expect(reason(place).count == 16)
    try folder.write("device.key", "no key\n")
    #expect(reason(place).contains("64 hexadecimal digits"))
  }

  @Test(
    "the environment names the key's place, then systemd, then the device, then the user's home")
  func places() throws {
    let folder = try TemporaryFolder()
    let system = folder.path + "/etc/device.key"
    func path(_ environment: [String: String], isRoot: Bool = false) -> String {
      DeviceKey.Place.place(
        environment: environment.merging(["HOME": "/nowhere/pi"]) { old, _ in old }, isRoot: isRoot,
        system: system
      ).path
    }
    let credentials = ["CREDENTIALS_DIRECTORY": folder.path + "/credentials"]
    #expect(path([:]) == "/nowhere/pi/.config/ecgclip/device.key")
    #expect(path(["XDG_CONFIG_HOME": "/c"]) == "/c/ecgclip/device.key")
    // The administrator makes the device's own; once it is there it is everybody's, or nobody's.
    #expect(path([:], isRoot: true) == system)
    try folder.makeFolder(of: "etc/x")
    try folder.write("etc/device.key", Self.digits)
    #expect(path([:]) == system && path(credentials) == system)
    // The monitor's service.
    try folder.makeFolder(of: "credentials/x")
    try folder.write("credentials/device.key", Self.digits)
    #expect(path(credentials) == folder.path + "/credentials/device.key")
    #expect(path(credentials.merging(["ECGCLIP_DEVICE_KEY": "/a/b"]) { $1 }) == "/a/b")
  }

  @Test("systemd's credential is read whatever its mode, and its default is a device without a key")
  func credential() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("device.key", Self.digits)
    let place = DeviceKey.Place.place(
      environment: ["CREDENTIALS_DIRECTORY": folder.path], isRoot: false, system: "/nowhere/key")
    #expect(place.isCredential)
    // An access list for the service's user shows as the group's right.
    try setMode(0o440, path)
    #expect(reason(place) == DeviceKey(bytes: [UInt8](repeating: 0xAB, count: 32)).id)
    try setMode(0o600, path)
    try folder.write("device.key", "none")
    #expect(try DeviceKey.load(place) == nil)
  }

  @Test("the monitor's service is given the key that the administrator's commands make")
  func service() throws {
    let unit = try String(
      contentsOfFile: TestData.repository + "/firmware-config/system/ecgclip-monitor.service",
      encoding: .utf8)
    let name = DeviceKey.Place.credentialName
    #expect(unit.contains("LoadCredential=\(name):\(DeviceKey.Place.systemPath)\n"))
    // Without a key the service starts all the same.
    #expect(unit.contains("SetCredential=\(name):\(DeviceKey.Place.noCredential)\n"))
    #expect(!unit.contains("ECGCLIP_DEVICE_KEY"))
  }
}
