// Lamp and buzzer in words, on the command line and in a profile.

import Devices
import Foundation
import TestSupport
import Testing

@testable import LinuxDevices

private func refusal(_ body: () throws -> Void) -> String {
  do { try body() } catch { return "\(error)" }
  return ""
}

private let profile = """
  schemaVersion: 1
  board: ward
  format: cyton
  sampleRateHz: 250
  microvoltsPerCode: 1
  channels: [I, II]

  """

@Suite struct AlarmWiringTests {
  @Test("a lamp's colours share lines as a diode of red, green and blue does")
  func diode() throws {
    let lamp = try LampWiring(parsing: "red=17,yellow=17+27,cyan=27+22")
    #expect(lamp.chipLabels == GPIOLine.raspberryPiLabels && !lamp.isActiveLow)
    #expect(lamp.offsets == [17, 22, 27])
    #expect(lamp.mask(lamp.red) == 0b001)
    #expect(lamp.mask(lamp.yellow) == 0b101)
    #expect(lamp.cyan.map(lamp.mask) == 0b110)
  }

  @Test("chip and polarity are read; without cyan there is none")
  func chip() throws {
    let lamp = try LampWiring(parsing: "gpio-sim:red=1,yellow=2,activeLow")
    #expect(lamp.chipLabels == ["gpio-sim"] && lamp.isActiveLow && lamp.cyan == nil)
    let buzzer = try BuzzerWiring(parsing: "gpio-sim:18,activeLow")
    #expect(buzzer.line == GPIOLine(chipLabels: ["gpio-sim"], offset: 18) && buzzer.isActiveLow)
    #expect(try BuzzerWiring(parsing: "18").line.chipLabels == GPIOLine.raspberryPiLabels)
  }

  @Test("a button is a line, on a Raspberry Pi's header unless a chip is named")
  func button() throws {
    #expect(
      try GPIOLine(button: "23") == GPIOLine(chipLabels: GPIOLine.raspberryPiLabels, offset: 23))
    #expect(
      try GPIOLine(button: "gpio-sim:4") == GPIOLine(chipLabels: ["gpio-sim"], offset: 4))
    for text in ["", "x", "23,24", "23,activeLow", "-1", "a:b:3"] {
      #expect(refusal { _ = try GPIOLine(button: text) }.contains("write its number, as 23"))
    }
  }

  @Test(
    "what is no lamp is refused with how one is written",
    arguments: [
      "", "17", "red=17", "red=17,yellow=", "red=17,yellow=x", "red=17,yellow=27,green=22",
      "red=17,red=18,yellow=27", "red=17,yellow=27,", "red=17,yellow=-1",
    ])
  func noLamp(text: String) {
    #expect(refusal { _ = try LampWiring(parsing: text) }.contains("red=17,yellow=27"))
  }

  @Test("two colours that nobody could tell apart are refused")
  func sameLines() {
    #expect(
      refusal { _ = try LampWiring(parsing: "red=17,yellow=17") }.contains("the same lines"))
    #expect(
      refusal { _ = try LampWiring(parsing: "red=17+27,yellow=27+17") }.contains("same lines"))
  }

  @Test("what is no buzzer is refused with how one is written", arguments: ["", "x", "1,2", ":"])
  func noBuzzer(text: String) {
    #expect(refusal { _ = try BuzzerWiring(parsing: text) }.contains("as 18"))
  }

  @Test("a profile says what its board alarms with")
  func profileKeys() throws {
    let alarm = try #require(
      try BoardProfile.parse(
        profile + """
          alarm:
            sound: Headphones
            volumePercentMin: 60
            lamp: { chips: [pinctrl-rp1], red: [17], yellow: [17, 27], activeLow: true }
            buzzer: { chips: [pinctrl-rp1], line: 18 }
          """, name: "ward.yaml"
      ).alarm)
    #expect(alarm.sound == "Headphones" && alarm.volumePercentMin == 60)
    #expect(alarm.lamp?.isActiveLow == true && alarm.lamp?.yellow == [17, 27])
    #expect(alarm.buzzer?.line.offset == 18 && alarm.buzzer?.isActiveLow == false)
    #expect(try BoardProfile.parse(profile, name: "ward.yaml").alarm == nil)
  }

  @Test(
    "a profile's mistakes are named",
    arguments: [
      ("alarm: { buzer: 3 }", "did you mean 'buzzer'"),
      ("alarm: { volumePercentMin: 10 }", "34 to 100"),
      ("alarm: { lamp: { chips: [a], red: [1] } }", "'yellow'"),
      ("alarm: { lamp: { chips: [a], red: [], yellow: [2] } }", "'red' is empty"),
      ("alarm: { lamp: { chips: [a], red: [1], yellow: [1] } }", "the same lines"),
      ("alarm: { buzzer: { line: 3 } }", "'chips'"),
      ("alarm: { buzzer: { chips: [a], line: 3, activeLow: 7 } }", "true nor false"),
    ])
  func mistakes(text: String, named: String) {
    let complaint = refusal { _ = try BoardProfile.parse(profile + text, name: "ward.yaml") }
    #expect(complaint.contains(named), "\(complaint)")
  }

  @Test("a lamp on a line of the converter is refused")
  func sharedLine() throws {
    let board = try String(
      contentsOfFile: TestData.repository + "/firmware-config/ads1298-pi.yaml", encoding: .utf8)
    let lamp = "alarm: { lamp: { chips: [pinctrl-rp1], red: [17], yellow: [25] } }\n"
    let complaint = refusal { _ = try BoardProfile.parse(board + lamp, name: "board.yaml") }
    #expect(complaint.contains("line 25"))
  }
}
