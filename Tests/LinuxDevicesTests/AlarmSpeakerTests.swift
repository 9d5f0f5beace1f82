// What carries an alarm to a card or a file: names, files, and ALSA's own devices without a card.

import CALSA
import Devices
import Foundation
import TestSupport
import Testing

@testable import LinuxDevices

private let hasALSA =
  calsa_load() == nil && FileManager.default.fileExists(atPath: "/usr/share/alsa/alsa.conf")

private func write(_ samples: [Int16], to stream: any SoundStream) throws {
  try samples.withUnsafeBufferPointer { samples throws(SourceError) in try stream.write(samples) }
}

@Suite struct AlarmSpeakerTests {
  @Test(
    "through ALSA's file device comes a buffer of silence, then every sample",
    .enabled(if: hasALSA, "ALSA's library (libasound2) is not installed"))
  func fileDevice() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/alarm"
    let sound = (0..<20_000).map { Int16(truncatingIfNeeded: $0 * 7) }
    do {
      let speaker = try AlarmSpeaker("file:\(path),raw")
      for start in stride(from: 0, to: sound.count, by: 500) {
        try write(Array(sound[start..<(start + 500)]), to: speaker)
      }
      speaker.finish()
      #expect(speaker.underruns == 0)
    }
    let heard = try Data(contentsOf: URL(filePath: path)).withUnsafeBytes {
      Array($0.bindMemory(to: Int16.self))
    }
    let lead = heard.count - sound.count
    let leadMax = Int(2 * AlarmSpeaker.bufferSeconds * 48_000)
    #expect(lead > 0 && lead <= leadMax)
    #expect(heard.prefix(lead).allSatisfy { $0 == 0 })
    #expect(Array(heard.suffix(sound.count)) == sound)
  }

  @Test(
    "a loudspeaker that is not there says what to do, at every attempt",
    .enabled(if: hasALSA, "ALSA's library (libasound2) is not installed"))
  func absent() {
    for _ in 0..<2 {
      let error = #expect(throws: SourceError.self) { try Loudspeaker.alsa("NoSuchCard").open() }
      #expect(error?.description.contains("/proc/asound/cards") == true)
    }
  }

  @Test("the mixer of a loudspeaker is that of its card, and a file has none")
  func mixerNames() {
    #expect(CardVolume.mixer(of: "default") == "default")
    #expect(CardVolume.mixer(of: "plughw:CARD=Headphones") == "hw:CARD=Headphones")
    #expect(CardVolume.mixer(of: "hw:1,0") == "hw:1")
    #expect(CardVolume.mixer(of: "plughw:CARD=Device,DEV=0") == "hw:CARD=Device")
    for name in ["null", "file:/tmp/x,raw", "ward"] {
      #expect(CardVolume(speaker: name) == nil)
    }
  }

  @Test("a WAVE file holds what was played, and its header says how much")
  func waveFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/alarm.wav"
    let sound = (0..<999).map { Int16($0) }
    do {
      let file = try WaveFile(path, sampleRateHz: 16_000)
      try write(sound, to: file)
      try write(sound, to: file)
    }
    let data = try Data(contentsOf: URL(filePath: path))
    #expect(data.count == 44 + 4 * 999)
    let offsets: [Int] = [4, 24, 28, 40]
    let words: [UInt32] = data.withUnsafeBytes { bytes in
      offsets.map { bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self) }
    }
    let expected: [UInt32] = [4032, 16_000, 32_000, 3996]
    #expect(words == expected)
    let refused = #expect(throws: SourceError.self) {
      try WaveFile(folder.path + "/none/alarm.wav", sampleRateHz: 16_000)
    }
    #expect(refused?.description.contains("none/alarm.wav") == true)
  }
}
