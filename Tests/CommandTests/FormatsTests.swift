// Every wire format from one program to the other: `ecgclip emulate` sends it, `ecgclip monitor` reads it by its usual
// profile, each a process of its own.

import Foundation
import TestSupport
import Testing

/// A format as it must come out: what its usual profile says.
private struct Expected: CustomTestStringConvertible, Sendable {
  let format: String
  let sampleRate: Double
  let channels: [String]
  let leads: [String]
  var options: [String] = []
  var profile: String?
  var testDescription: String { ([format] + options).joined(separator: " ") }

  static let twelve = [
    "I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6",
  ]
  static let chest = (1...6).map { "V\($0)" }
  static let againstArm = ["I", "II"] + chest.map { $0 + "-RA" }

  static let all = [
    Expected(format: "bridge", sampleRate: 500, channels: ["I", "II"] + chest, leads: twelve),
    Expected(
      format: "ads1298", sampleRate: 500,
      channels: ["V6", "I", "II", "V2", "V3", "V4", "V5", "V1"], leads: twelve),
    Expected(format: "cyton", sampleRate: 250, channels: againstArm, leads: twelve),
    Expected(
      format: "cyton", sampleRate: 125, channels: againstArm + (1...8).map { "daisy \($0)" },
      leads: twelve, options: ["--daisy"], profile: "cyton-daisy"),
    Expected(format: "healthypi-v4", sampleRate: 125, channels: ["II"], leads: ["II"]),
    Expected(format: "healthypi-5", sampleRate: 128, channels: ["II"], leads: ["II"]),
    Expected(format: "openview3", sampleRate: 128, channels: ["II"], leads: ["II"]),
    Expected(format: "p2", sampleRate: 256, channels: ["II"], leads: ["II"]),
    Expected(format: "max30003", sampleRate: 256, channels: ["I"], leads: ["I"]),
    Expected(
      // Its profile is for watching: what is on the chest is no lead that a finding may rest on.
      format: "adas1000", sampleRate: 2000, channels: ["I", "II", "III", "V1", "V2"],
      leads: Array(twelve.prefix(6))),
    Expected(format: "text", sampleRate: 250, channels: ["II"], leads: ["II"]),
  ]
}

@Suite(.serialized) struct FormatsTests {
  @Test(
    "what one program sends in a wire format the other shows as its profile says, and loses nothing",
    arguments: Expected.all)
  fileprivate func betweenPrograms(expected: Expected) async throws {
    let emulator = try Emulator(
      options: ["--simulation", "nsr", "--format", expected.format] + expected.options)
    // What is sent is at the profile's rate and in its channels, and says so.
    #expect(
      emulator.announcement.contains(
        ", \(expected.sampleRate) Hz, \(expected.channels.joined(separator: " "))"),
      "\(emulator.announcement)")
    let run = try await Run(
      waitingFor: [
        "monitor", "--source", "serial:\(emulator.port)?format=\(expected.format)", "--json",
        "--seconds", "3",
      ] + (expected.profile.map { ["--profile", $0] } ?? []))
    #expect(run.status == 0, "\(run.complaint)")
    let source = try #require(run.lines.first)
    #expect(source["simulated"] as? Bool == true)
    #expect(source["sampleRate"] as? Double == expected.sampleRate)
    #expect(source["channels"] as? [String] == expected.channels)
    #expect(source["leads"] as? [String] == expected.leads)
    let summary = try #require(run.lines.last)
    for count in ["samplesLost", "samplesSurplus", "framesRepeated", "reconnects"] {
      #expect(summary[count] as? Int == 0, "\(count)")
    }
    let received = try #require(summary["samplesReceived"] as? Int)
    #expect(Double(received) == 3 * expected.sampleRate)
  }
}
