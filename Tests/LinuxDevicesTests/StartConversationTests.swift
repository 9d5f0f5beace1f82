// What is said to a front-end before it is read, and what the user hears where it does not answer.

import Devices
import ECGSignal
import FrontEnds
import Testing

@testable import LinuxDevices

/// A board that answers each write with the next of some texts.
private func refusal(channelCount: Int, _ answers: [String]) throws -> (String, MemoryChannel) {
  let channel = MemoryChannel()
  var answers = answers[...]
  channel.onWrite = { channel in
    if let answer = answers.popFirst() { channel.incoming += Array(answer.utf8) }
  }
  let format = SignalFormat(
    sampleRate: 250, channels: [Channel(name: "I", lead: .I, microvoltsPerCode: 1)],
    provenance: .live, sourceName: "cyton")
  let source = FramedSource(
    channel: channel,
    decoder: CytonDecoder(
      WireSettings(sampleRate: 250, channelCount: channelCount, usesHostTime: true)),
    profileFormat: format, start: WireFormat.cyton.startDialogue(channelCount: channelCount))
  do {
    _ = try source.open()
    return ("", channel)
  } catch { return (error.description, channel) }
}

private let greeting = "OpenBCI V3 8-16 channel\r\nFirmware: v3.1.2\r\n$$$"

@Test("a Cyton is stopped, reset, put to its defaults and started, each when the last was answered")
func order() throws {
  let (message, channel) = try refusal(
    channelCount: 8,
    ["", greeting, "Success: 250$$$updating channel settings to default\r\n$$$"])
  #expect(message.isEmpty)
  #expect(String(decoding: channel.written, as: UTF8.self) == "sv~6cdb")
  let (daisy, two) = try refusal(
    channelCount: 16,
    ["", greeting, "16$$$", "Success: 250$$$updating channel settings to default$$$"])
  #expect(daisy.isEmpty)
  #expect(String(decoding: two.written, as: UTF8.self) == "svC~6db")
}

@Test("what does not answer, or answers no, is refused with a remedy, and is let go")
func refusals() throws {
  let (silent, channel) = try refusal(channelCount: 8, [])
  #expect(silent.contains("does not answer 'v'") && silent.contains("switch at PC"))
  #expect(channel.closeCount == 1)
  let dongle = "Failure: Communications timeout - Device failed to poll Host$$$"
  let (deaf, _) = try refusal(channelCount: 8, [dongle, dongle])
  #expect(deaf.contains("does not hear the board"))
  let (single, _) = try refusal(channelCount: 16, ["", greeting, "no daisy to attach!8$$$"])
  #expect(single.contains("no Daisy") && single.contains("--profile cyton"))
}

@Test("what a board did not hear, as its dongle says, is said again: it was switched on meanwhile")
func saidAgain() throws {
  let dongle = "Failure: Communications timeout - Device failed to poll Host$$$"
  let (message, channel) = try refusal(
    channelCount: 8,
    [dongle, dongle, dongle, greeting, "updating channel settings to default\r\n$$$"])
  #expect(message.isEmpty)
  #expect(String(decoding: channel.written, as: UTF8.self) == "svvv~6cdb")
}

@Test("a board that answers after its dongle said that it does not hear it has lost its power")
func answersAfterFailure() throws {
  var watch = SilenceWatch(try #require(WireFormat.cyton.startDialogue(channelCount: 8)))
  watch.begin(at: 0)
  #expect(watch.isQuiet(at: 1_000_000_000) != nil)
  let dongle = Array("Failure: Communications timeout - Device failed to poll Host$$$".utf8)
  #expect(!dongle.withUnsafeBytes { watch.hears($0, at: 1_100_000_000) })
  #expect(watch.isQuiet(at: 1_400_000_000) == nil)
  #expect(watch.isQuiet(at: 1_500_000_000) != nil)
  let answer = Array("Board ADS Registers CH1SET 60 CH2SET 60$$$".utf8)
  #expect(answer.withUnsafeBytes { watch.hears($0, at: 1_600_000_000) })
}

@Test("packets that happen to end like an answer are none")
func packets() {
  #expect(StartDialogue.answer(endOf: Array("v3.1.2$$$".utf8)) == "v3.1.2$$$")
  #expect(StartDialogue.answer(endOf: Array("v3.1.2$$".utf8)) == nil)
  #expect(StartDialogue.answer(endOf: [0xA0, 1, 0x24, 0x24, 0x24]) == "$$$")
  let dialogue = WireFormat.cyton.startDialogue(channelCount: 8)
  var watch = SilenceWatch(dialogue!)
  watch.begin(at: 0)
  #expect(watch.isQuiet(at: 900_000_000) == nil)
  #expect(watch.isQuiet(at: 1_100_000_000) == Array("?".utf8))
  #expect(watch.isQuiet(at: 1_200_000_000) == nil)
  let packet: [UInt8] = [0xA0, 1, 0x24, 0x24, 0x24]
  #expect(!packet.withUnsafeBytes { watch.hears($0, at: 1_300_000_000) })
  // It sends: the second of silence begins anew.
  #expect(watch.isQuiet(at: 2_200_000_000) == nil)
  #expect(watch.isQuiet(at: 2_400_000_000) != nil)
  let answer = Array("Board ADS Registers CH1SET 60 CH2SET 60$$$".utf8)
  #expect(answer.withUnsafeBytes { watch.hears($0, at: 2_500_000_000) })
}
