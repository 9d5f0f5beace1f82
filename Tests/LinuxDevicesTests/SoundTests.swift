// Sound through ALSA's own file devices: what is played lies in a file, what is recorded comes from one. No card.

import CALSA
import Devices
import Foundation
import TestSupport
import Testing

@testable import LinuxDevices

/// Where ALSA's library and its configuration are; skipped elsewhere, with this as the reason.
private let hasALSA =
  calsa_load() == nil && FileManager.default.fileExists(atPath: "/usr/share/alsa/alsa.conf")

private func bytes(_ samples: [Int16]) -> [UInt8] {
  samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
}

private func samples(_ path: String) throws -> [Int16] {
  let data = [UInt8](try Data(contentsOf: URL(filePath: path)))
  return stride(from: 0, to: data.count - 1, by: 2).map {
    Int16(truncatingIfNeeded: Int(data[$0]) | Int(data[$0 + 1]) << 8)
  }
}

@Suite(.serialized, .enabled(if: hasALSA, "ALSA's library (libasound2) is not installed"))
struct SoundTests {
  /// Named in ALSA's configuration before it is asked for the first time; nothing else here sets the environment.
  nonisolated(unsafe) private static let folder: TemporaryFolder? = {
    guard let folder = try? TemporaryFolder() else { return nil }
    let devices = """
      </usr/share/alsa/alsa.conf>
      pcm.heard { type file slave.pcm null file /dev/null infile "\(folder.path)/heard" format raw }
      """
    guard let path = try? folder.write("alsa.conf", devices) else { return nil }
    setenv("ALSA_CONFIG_PATH", path, 1)
    return folder
  }()

  private static func noise(_ count: Int, seed: UInt64) -> [Int16] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in Int16(truncatingIfNeeded: random.next()) }
  }

  @Test("what is played arrives bit by bit, twice in a row", arguments: [1, 479, 48_000])
  func player(count: Int) throws {
    let folder = try #require(Self.folder)
    let path = folder.path + "/played"
    let sound = Self.noise(count, seed: UInt64(count))
    let player = try SoundPlayer("file:\(path),raw")
    try player.play(sound)
    try player.play(sound)
    #expect(try samples(path) == sound + sound)
    #expect(player.underruns == 0)
  }

  @Test("what is heard is recorded bit by bit, alone and while something is played")
  func recorder() throws {
    let folder = try #require(Self.folder)
    let heard = Self.noise(60_000, seed: 5)
    try folder.write("heard", bytes(heard))
    let alone = try SoundRecorder("heard").record(seconds: 0.5)
    #expect(alone.count == 24_000 && alone[...] == heard.prefix(24_000))
    let player = try SoundPlayer("file:\(folder.path)/burst,raw")
    let recorder = try SoundRecorder("heard")
    let sound = Self.noise(24_000, seed: 6)
    let both = try recorder.record(whilePlaying: sound, on: player, tailSeconds: 0.25)
    // This device has always more to give; a card has what time brought.
    #expect(both.count >= 36_000 && both.starts(with: heard.prefix(36_000)))
    #expect(try samples(folder.path + "/burst").prefix(24_000) == sound[...])
    #expect(recorder.overruns == 0)
  }

  @Test("a card that is not there is named, with what to do")
  func absentCard() throws {
    _ = try #require(Self.folder)
    let errors = [
      #expect(throws: SourceError.self) { try SoundPlayer("NoSuchCard") },
      #expect(throws: SourceError.self) { try SoundRecorder("NoSuchCard") },
    ]
    for error in errors {
      #expect(error?.description.contains("NoSuchCard") == true)
      #expect(error?.description.contains("/proc/asound/cards") == true)
    }
    #expect(SoundMixer.controls(card: "NoSuchCard") == nil)
  }
}

@Test("the id of a card that is there becomes its plughw device, any other name stays")
func soundDeviceNames() throws {
  let cards = try TemporaryFolder()
  try cards.makeFolder(of: "Headphones/id")
  try cards.write("Headphones/id", "Headphones\n")
  #expect(SoundDevice.alsaName("Headphones", cards: cards.path) == "plughw:CARD=Headphones")
  for name in ["default", "null", "hw:0,1", "plughw:CARD=x,DEV=1", "../Headphones", "ward"] {
    #expect(SoundDevice.alsaName(name, cards: cards.path) == name)
  }
}

@Test(
  "every failure of a sound device says what to do", arguments: [ENOENT, EACCES, EBUSY, EINVAL])
func soundErrors(code: Int32) {
  let text = SoundDevice.error("Speaker", -code).description
  #expect(text.contains("Speaker") && text.contains(":") && text.hasSuffix("."))
}
