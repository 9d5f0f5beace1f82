// Two boards of one kind on one computer: the numbers of one are never applied to the other. Whole programs, and
// bridges that say they are live.

import Foundation
import TestSupport
import Testing

/// An installation whose calibrations are its own.
private struct Home {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["models", "firmware-config"] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(name)", withDestinationPath: "\(TestData.repository)/\(name)")
    }
    try folder.makeFolder(of: "calibration/x")
  }

  var calibrations: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/calibration")) ?? [])
      .sorted()
  }

  func run(_ words: [String], _ bridge: LiveBridge) throws -> Run {
    try Run(
      arguments: words + ["--source", "udp:\(bridge.port)?format=bridge"],
      environment: [
        "ECGCLIP_HOME": folder.path, "ECGCLIP_DEVICE_KEY": folder.path + "/device.key",
      ])
  }

  func calibrate(_ bridge: LiveBridge, _ more: String...) throws -> Run {
    try run(["calibrate", "offset", "--seconds", "1", "--assume-ready", "--json"] + more, bridge)
  }

  /// What a monitor has to say of its calibration.
  func warnings(_ bridge: LiveBridge, _ more: String...) throws -> String {
    let run = try run(
      ["monitor", "--json", "--seconds", "1", "--sound", "none"] + more, bridge)
    #expect(run.status == 0, "\(run.complaint)")
    let warnings = try #require(run.lines.last?["warnings"] as? [String])
    return warnings.joined(separator: " ")
  }
}

@Suite(.serialized) struct UnitTests {
  @Test(
    "a bridge that tells its unit has a calibration of its own, and another of its kind has none")
  func named() throws {
    let home = try Home()
    let first = LiveBridge("pico-c311b4a2b3c", namesUnit: true)
    let done = try home.calibrate(first)
    #expect(done.status == 0, "\(done.complaint)")
    #expect(try done.object()["device"] as? String == "pico-c311b4a2b3c")
    #expect(home.calibrations == ["pico-c311b4a2b3c.json"])
    #expect(try home.warnings(first).hasPrefix("Gain, clock of pico-c311b4a2b3c was never"))
    let second = LiveBridge("pico-c311b4a2b3d", namesUnit: true)
    #expect(try home.warnings(second).hasPrefix("pico-c311b4a2b3d has no calibration"))
  }

  @Test(
    "a front-end that nothing tells from others is calibrated by the name that it is given, or not")
  func given() throws {
    let home = try Home()
    let bridge = LiveBridge("pico-ads1298", namesUnit: false)
    #expect(try home.calibrate(bridge).refused("another of its kind", "--unit LABEL"))
    #expect(home.calibrations == [])
    #expect(try home.calibrate(bridge, "--dry-run").status == 0)
    #expect(try home.calibrate(bridge, "--unit", "7").status == 0)
    // As a version wrote it that knew kinds only.
    try home.folder.write("calibration/pico-ads1298.json", "{}")
    #expect(try home.warnings(bridge, "--unit", "7").hasPrefix("Gain, clock of pico-ads1298-7 was"))
    let other = try home.warnings(bridge, "--unit", "8")
    #expect(other.hasPrefix("pico-ads1298-8 has no calibration"))
    #expect(other.contains("Those of pico-ads1298, pico-ads1298-7 are other devices'"))
    let unknown = try home.warnings(bridge)
    #expect(unknown.hasPrefix("Nothing tells which pico-ads1298 this is"))
    // The wrong one by its name is refused.
    let wrong = try home.run(
      [
        "monitor", "--json", "--seconds", "1", "--sound", "none", "--unit", "8", "--calibration",
        "pico-ads1298-7",
      ], bridge)
    #expect(wrong.refused("is of device 'pico-ads1298-7', but this is 'pico-ads1298-8'"))
  }
}
