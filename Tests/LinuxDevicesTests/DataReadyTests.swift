import Devices
import ECGSignal
import FrontEnds
import TestSupport
import Testing

@testable import LinuxDevices

@Test(
  "late interrupts and a clock 2 % off are not taken for lost conversions, and lost ones are all counted",
  arguments: [-0.02, 0, 0.02], [true, false])
func counting(clockError: Double, isNumbered: Bool) {
  var random = SeededRandom(seed: 3)
  var counter = DataReadyCounter(sampleRateHz: 500)
  let period = 2_000_000 * (1 + clockError)
  var number: Int64 = 0
  var counted: Int64 = 0
  var sequence: UInt32 = 0
  for edge in 0..<20_000 {
    // One in fifty, once the clock is known: some edges that nobody saw.
    let step: Int64 = edge > 1500 && random.next() % 50 == 0 ? 2 + Int64(random.next() % 8) : 1
    number += step
    sequence += 1
    // Interrupts are mostly prompt and now and then late.
    let late = random.next() % 10 == 0 ? abs(random.value()) * 0.45 : abs(random.value()) * 0.02
    let time = (Double(number) + late) * period
    counted += Int64(
      counter.conversions(
        DataReadyEdge(
          nanoseconds: UInt64(1_000_000_000 + time), sequence: isNumbered ? sequence : 0)))
    if number == step { counted = number }
  }
  #expect(counted == number)
  #expect(!counter.isOffRate)
}

@Test("edges that the kernel's queue could not hold are counted by their numbers")
func overflow() {
  var counter = DataReadyCounter(sampleRateHz: 500)
  #expect(counter.conversions(DataReadyEdge(nanoseconds: 2_000_000, sequence: 1)) == 1)
  #expect(counter.conversions(DataReadyEdge(nanoseconds: 1_002_000_000, sequence: 501)) == 500)
}

@Test("half the rate is another rate, a clock 2 % off is not")
func rates() {
  func isOff(_ period: Double) -> Bool {
    var counter = DataReadyCounter(sampleRateHz: 500)
    for number in 1...600 {
      _ = counter.conversions(
        DataReadyEdge(nanoseconds: UInt64(Double(number) * period), sequence: UInt32(number)))
    }
    return counter.isOffRate
  }
  #expect(!isOff(2_040_000))
  #expect(isOff(1_000_000))
}

@Test("what cannot be opened is named with its reason and remedy")
func openingErrors() {
  func sentence(_ step: String, _ code: Int32) -> String {
    SPIDevice.error(path: "/dev/spidev0.0", step: step, mode: 1, clockHz: 9, code: code).description
  }
  #expect(sentence("open", 2).contains("dtparam=spi=on"))
  #expect(sentence("open", 13).contains("usermod -aG spi"))
  #expect(sentence("mode", 22).contains("SPI mode 1"))
  #expect(sentence("clock", 22).contains("clockHz"))
  let line = GPIOLine(chipLabels: ["pinctrl-rp1"], offset: 25)
  func gpio(_ step: String, _ code: Int32) -> String {
    GPIOChips.error(line: line, path: "/dev/gpiochip0", step: step, code: code).description
  }
  #expect(gpio("open", 13).contains("usermod -aG gpio"))
  #expect(gpio("request", 22).contains("does not exist"))
}
