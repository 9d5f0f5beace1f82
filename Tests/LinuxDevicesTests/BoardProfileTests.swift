import Devices
import ECGSignal
import Foundation
import FrontEnds
import TestSupport
import Testing

@testable import LinuxDevices

private let folder = TestData.repository + "/firmware-config"

private let shippedNames: [String] =
  ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
  .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()

private func refusal(_ text: String) -> String {
  do {
    _ = try BoardProfile.parse(text, name: "board.yaml")
    return ""
  } catch {
    return error.description
  }
}

private let cyton = """
  schemaVersion: 1
  board: cyton
  format: cyton
  baud: 115200
  sampleRateHz: 250
  referenceMicrovolts: 4500000
  gain: 24
  channels: [I, II, V1, chin]
  """

private let wired = """
  schemaVersion: 1
  board: bench
  use: twelveLeads
  format: cyton
  chip: ads1298
  sampleRateHz: 500
  referenceMicrovolts: 2400000
  gain: 6
  spi:
    device: /dev/spidev0.0
    mode: 1
    clockHz: 2000000
    dataReady: { chips: [pinctrl-rp1, pinctrl-bcm2711], line: 25 }
    reset: { chips: [pinctrl-rp1], line: 24 }
  registers:
    CONFIG3: 0xCC
    CONFIG1: 0x86
  channels:
    - { name: I, positive: LA, negative: RA }
    - { name: V1, positive: V1, negative: WCT }
  """

@Test("every profile that is shipped loads and bears its file's name", arguments: shippedNames)
func shippedProfiles(name: String) throws {
  let profile = try BoardProfile.load("\(folder)/\(name).yaml")
  #expect(profile.board == name)
  #expect(profile.title.count > 5)
}

@Test("every shipped board says whether it tells of an electrode that is off, or its registers do")
func leadOffIsSaid() throws {
  for name in shippedNames where name != "bridge" {
    let profile = try BoardProfile.load("\(folder)/\(name).yaml")
    let isWatched = profile.registers.contains { $0.name.hasPrefix("LOFF_SENS") && $0.value != 0 }
    #expect((profile.leadOff != nil) != isWatched, "\(name)")
  }
}

@Test("twelve leads are claimed only by boards whose channels hold I, II and V1-V6")
func claimsOfTwelveLeads() throws {
  #expect(shippedNames.count >= 2)
  for name in shippedNames {
    let profile = try BoardProfile.load("\(folder)/\(name).yaml")
    // A bridge says in its HELLO what it has.
    guard profile.use == .twelveLeads, !profile.channels.isEmpty else { continue }
    let leads = Set(profile.channels.compactMap(\.lead))
    #expect(leads.isSuperset(of: [.I, .II, .V1, .V2, .V3, .V4, .V5, .V6]), "\(name)")
  }
}

@Test("the scale of a Cyton's codes is 22.35 nV, and an unknown lead name has no place")
func cytonScale() throws {
  let format = try #require(try BoardProfile.parse(cyton, name: "board.yaml").signalFormat)
  #expect(abs(format.channels[0].microvoltsPerCode - 0.0223517) < 1e-7)
  #expect(format.channels.map(\.lead) == [.I, .II, .V1, nil])
  #expect(format.sampleRate == 250)
}

@Test("a converter that counts from 0 has a baseline and its own range")
func unsignedScale() throws {
  let text =
    cyton.replacing("referenceMicrovolts: 4500000", with: "microvoltsPerCode: 1.717")
    .replacing("gain: 24", with: "bits: 10\ncodes: unsigned\nbaseline: 512")
  let format = try #require(try BoardProfile.parse(text, name: "board.yaml").signalFormat)
  #expect(format.channels[0].codeRange == 0...1023)
  #expect(format.channels[0].baseline == 512 && format.channels[0].microvoltsPerCode == 1.717)
}

@Test("bus, lines, registers in their order and electrodes are read")
func wiring() throws {
  let profile = try BoardProfile.parse(wired, name: "board.yaml")
  #expect(
    profile.spi
      == SPIWiring(
        device: "/dev/spidev0.0", mode: 1, clockHz: 2_000_000,
        dataReady: GPIOLine(chipLabels: ["pinctrl-rp1", "pinctrl-bcm2711"], offset: 25),
        reset: GPIOLine(chipLabels: ["pinctrl-rp1"], offset: 24)))
  #expect(
    profile.registers
      == [
        RegisterSetting(name: "CONFIG3", value: 0xCC),
        RegisterSetting(name: "CONFIG1", value: 0x86),
      ])
  #expect(profile.chip == .ads1298 && profile.use == .twelveLeads)
  #expect(profile.channels[0].positiveElectrode == "LA")
  #expect(profile.channels[1].negativeElectrode == "WCT" && profile.channels[1].lead == .V1)
}

@Test("a misspelt key is refused with the one that was meant, at every level")
func misspelt() {
  #expect(refusal(cyton + "\nsampleRateHZ: 3").contains("did you mean 'sampleRateHz'"))
  #expect(refusal(cyton + "\ngian: 24").contains("did you mean 'gain'"))
  #expect(refusal(wired.replacing("mode: 1", with: "mod: 1")).contains("did you mean 'mode'"))
  #expect(refusal(wired.replacing("line: 25", with: "lin: 25")).contains("did you mean 'line'"))
  #expect(refusal(wired.replacing("positive: LA", with: "postive: LA")).contains("'positive'"))
  #expect(refusal(cyton.replacing("format: cyton", with: "format: citon")).contains("'cyton'"))
}

/// Profiles that are wrong in one place, and a word of the answer.
private let wrong: [(text: String, word: String)] = [
  (cyton.replacing("gain: 24", with: "gain: -1"), "'gain'"),
  (cyton.replacing("baud: 115200", with: "baud: fast"), "'baud'"),
  (cyton.replacing("format: cyton", with: "format: edf"), "edf"),
  (cyton.replacing("schemaVersion: 1", with: "schemaVersion: 2"), "schemaVersion"),
  (cyton.replacing("board: cyton\n", with: ""), "'board'"),
  (cyton.replacing("format: cyton\n", with: ""), "'format'"),
  (cyton.replacing("channels: [I, II, V1, chin]", with: "channels: I"), "'channels'"),
  (cyton.replacing("[I, II, V1, chin]", with: "[I, {positive: LA}]"), "'name'"),
  (cyton + "\nbits: 40", "'bits'"),
  (cyton + "\ncodes: gray", "gray"),
  (cyton + "\nuse: decoration", "decoration"),
  (cyton + "\nleadOff: maybe", "maybe"),
  (wired.replacing("mode: 1", with: "mode: 4"), "'mode'"),
  (wired.replacing("chip: ads1298", with: "chip: ads9999"), "ads9999"),
  (wired.replacing("CONFIG1: 0x86", with: "CONFIG1: high"), "CONFIG1"),
  (wired.replacing("line: 25", with: "line: -1"), "'line'"),
  (wired.replacing("[pinctrl-rp1, pinctrl-bcm2711]", with: "[]"), "'chips'"),
  ("- a\n- b", "keys and values"),
  (cyton + "\nalarm: { volumePercentMin: 10 }", "'volumePercentMin'"),
  (cyton + "\nalarm: { lamp: { chips: [a], red: [1] } }", "'yellow'"),
  (cyton + "\nalarm: { lamp: { chips: [a], red: 1, yellow: [2] } }", "'red'"),
  (cyton + "\nalarm: { siren: { chips: [a], line: 1 } }", "siren"),
]

/// A profile with everything that an alarm can have.
private let alarming =
  cyton + """

    alarm:
      sound: Headphones
      volumePercentMin: 60
      lamp: { chips: [a, b], red: [17], yellow: [17, 27], cyan: [27, 22], activeLow: true }
      buzzer: { chips: [a], line: 18, activeLow: false }
    """

@Test("what is missing or out of range is named", arguments: wrong.indices)
func outOfRange(index: Int) {
  #expect(refusal(wrong[index].text).contains(wrong[index].word))
}

@Test("fields that contradict each other are refused")
func contradictions() {
  #expect(refusal(cyton.replacing("gain: 24\n", with: "")).contains("gain"))
  #expect(refusal(cyton + "\nmicrovoltsPerCode: 1").contains("parts of both"))
  #expect(refusal(cyton.replacing("sampleRateHz: 250\n", with: "")).contains("belong together"))
  #expect(
    refusal(wired.replacing("  chip: ads1298\n", with: "").replacing("chip: ads1298\n", with: ""))
      .contains("without 'chip'"))
  #expect(refusal(cyton.replacing("[I, II, V1, chin]", with: "[I, I]")).contains("same name"))
  #expect(refusal("a: [").contains("no YAML"))
}

@Test(
  "schema.json and the reader accept and refuse the same profiles",
  .enabled(if: Python.readsWFDB, "no Python with the packages of Tests/Peers"))
func schemaAgrees() throws {
  let scratch = try TemporaryFolder()
  var paths = shippedNames.map { "\(folder)/\($0).yaml" }
  for (index, profile) in wrong.enumerated() {
    let path = "\(scratch.path)/wrong-\(index).yaml"
    try profile.text.write(toFile: path, atomically: false, encoding: .utf8)
    paths.append(path)
  }
  paths.append(try scratch.write("right.yaml", alarming))
  _ = try BoardProfile.parse(alarming, name: "right.yaml")
  let answers = try Python.peer("validate_schema.py", ["\(folder)/schema.json"] + paths)
  for path in paths {
    let isRefused = !answers[path].list.isEmpty
    #expect(isRefused == path.contains("wrong-"), "\(path): \(answers[path])")
  }
}

@Test(
  "a profile and its format's encoder, written apart, give a code the same microvolts",
  arguments: shippedNames)
func scaleOfTheFormat(name: String) throws {
  let profile = try BoardProfile.load("\(folder)/\(name).yaml")
  let converter = profile.format.encoder.converter
  // A chip's own gain is set by the profile's registers, which are compared with it when it is brought up.
  guard let scale = profile.scale, profile.registers.isEmpty else { return }
  #expect(abs(scale.microvoltsPerCode / converter.microvoltsPerCode - 1) < 1e-4)
  #expect(scale.baseline == converter.baseline)
  #expect(scale.codeRange == converter.codeRange)
}

@Test("electrodes say which way round a channel is and what a chest lead is measured against")
func placements() throws {
  func channels(_ text: String) throws -> [Channel] {
    let profile = cyton.replacing(
      "channels: [I, II, V1, chin]", with: "channels: [I, II, \(text)]")
    return try #require(try BoardProfile.parse(profile, name: "board.yaml").signalFormat).channels
  }
  let usual = try channels("V1")[2]
  #expect(usual.limbReference == nil && usual.microvoltsPerCode > 0 && usual.name == "V1")
  let wilson = try channels("{ name: V1, positive: V1, negative: WCT }")[2]
  #expect(wilson == usual)
  let arm = try channels("{ name: V1, positive: V1, negative: RA }")[2]
  #expect(arm.limbReference == .rightArm && arm.microvoltsPerCode > 0 && arm.name == "V1-RA")
  let leg = try channels("{ name: V1, positive: LL, negative: V1 }")[2]
  #expect(leg.limbReference == .leftLeg && leg.microvoltsPerCode == -usual.microvoltsPerCode)
  let inverted = try channels("{ name: III, positive: LA, negative: LL }")[2]
  #expect(inverted.lead == .III && inverted.microvoltsPerCode == -usual.microvoltsPerCode)
  #expect(try channels("{ name: V1, negative: RA }")[2].limbReference == .rightArm)
  #expect(try channels("{ name: chin, positive: x, negative: y }")[2].lead == nil)
}

@Test("electrodes that do not make the lead, or lack what it follows from, are refused")
func misplaced() {
  for wrong in [
    "[{ name: I, positive: LL, negative: RA }]",
    "[I, II, { name: V1, positive: V2, negative: RA }]",
    "[I, II, { name: V1, positive: V1, negative: RL }]",
    "[{ name: I, positive: V1, negative: WCT }]",
  ] {
    #expect(
      refusal(cyton.replacing("[I, II, V1, chin]", with: wrong)).contains("electrodes"), "\(wrong)")
  }
  let alone = cyton.replacing(
    "[I, II, V1, chin]", with: "[II, { name: V1, positive: V1, negative: RA }]")
  #expect(refusal(alone).contains("follows from I and II"))
}

@Test("a copy of a profile that says monitoringLeads gives findings its limb leads only")
func watchingCopy() throws {
  let text = try String(contentsOfFile: "\(folder)/cyton.yaml", encoding: .utf8)
  let copy = try BoardProfile.parse(
    text.replacing("use: twelveLeads", with: "use: monitoringLeads"), name: "copy.yaml")
  #expect(copy.signalFormat?.diagnosticLeads == .limb)
  #expect(try BoardProfile.parse(text, name: "cyton.yaml").signalFormat?.diagnosticLeads == .twelve)
  // A bridge tells its leads itself, but not what they are good for.
  var settings = WireSettings(sampleRate: 0, channelCount: 0, usesHostTime: true)
  settings.diagnosticLeads = BoardProfile.Use.monitoringLeads.diagnosticLeads
  let channel = MemoryChannel()
  channel.incoming = MemoryBridge(.live).hello()
  let source = FramedSource(channel: channel, decoder: BridgeDecoder(settings))
  #expect(try source.open().diagnosticLeads == .limb)
}
