// The same script is the same signal: at every run, on every machine, however it is cut, and with the same beats at
// every sample rate.

import ECGSignal
import Glibc
import Testing

@testable import SimulatedDevices

/// FNV-1a over the codes of all channels.
private func checksum(_ text: String, seconds: Int, blockSize: Int = 20) throws -> UInt64 {
  let patient = SimulatedPatient(script: try PatientScript(parsing: text))
  let storage = SampleBlockStorage(channelCount: 8)
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  var rest = Int(Double(seconds) * patient.format.sampleRate)
  while rest > 0 {
    let count = min(rest, blockSize)
    _ = patient.fill(storage.block, count: count)
    for sample in 0..<count {
      for channel in 0..<8 {
        let code = UInt32(bitPattern: storage.block.channel(channel)[sample])
        hash = (hash ^ UInt64(code)) &* 0x100_0000_01B3
      }
    }
    rest -= count
  }
  return hash
}

private let everything =
  "af?onset=4&offset=14&pvc=5&foci=2&block=lbbb&st=inferior:150&muscle=20&motion=300&mains=30&seed=7"

/// Made on x86-64 with glibc; a machine that rounds as IEEE 754 says gives the same.
@Test(
  "the samples of a seed are these bits, on every machine",
  arguments: [
    (everything, 20, 0x73E8_7782_C7A1_D31A as UInt64),
    ("vf?rate=250&seed=3", 10, 0x53A9_553E_3D9C_A189),
    ("ddd?rate=360&hr=70", 10, 0xBF5D_91FE_7619_D464),
    ("ec13-3b?rate=720", 10, 0x03B0_C97B_4CDA_0124),
  ])
func fixedBits(script: String, seconds: Int, expected: UInt64) throws {
  let found = try checksum(script, seconds: seconds)
  #expect(found == expected, "\(script): 0x\(String(found, radix: 16, uppercase: true))")
}

@Test(
  "every rhythm and test waveform: the same bits in blocks of 1, 7 and 32 samples, another seed others"
)
func blocksDoNotMatter() throws {
  let scripts =
    PatientScript.Rhythm.allCases.map { "\($0.rawValue)?onset=1&muscle=10&motion=100" }
    + TestWaveform.names.map { "\($0)?onset=1&muscle=10" }
  for script in scripts {
    let reference = try checksum(script, seconds: 3, blockSize: 32)
    for size in [1, 7] { #expect(try checksum(script, seconds: 3, blockSize: size) == reference) }
    #expect(try checksum(script + "&seed=2", seconds: 3) != reference)
  }
}

@Test("the heart beats at the same times at every sample rate", arguments: [125.0, 250, 360, 1000])
func ratesDoNotMatter(sampleRate: Double) throws {
  let tracing = try Tracing("nsr?noise=0&wander=0&pvc=4", seconds: 10, sampleRate: sampleRate)
  let reference = try Tracing("nsr?noise=0&wander=0&pvc=4", seconds: 10, sampleRate: 500)
  for step in 0..<1000
  where (Double(step) / 100 * sampleRate).truncatingRemainder(dividingBy: 1) == 0 {
    let time = Double(step) / 100
    #expect(abs(tracing.value(.V2, at: time) - reference.value(.V2, at: time)) < 0.1)
  }
}

@Test("the exact sine and exponential agree with the C library")
func exactMath() {
  for step in -4000...4000 {
    let turns = Double(step) / 997
    #expect(abs(ExactMath.sine(turns: turns) - sin(2 * .pi * turns)) < 1e-13)
    #expect(abs(ExactMath.cosine(turns: turns) - cos(2 * .pi * turns)) < 1e-13)
    let exponent = Double(step) / 50
    #expect(abs(ExactMath.exponential(exponent) / exp(exponent) - 1) < 1e-12)
  }
  #expect(ExactMath.exponential(-800) == 0)
}
