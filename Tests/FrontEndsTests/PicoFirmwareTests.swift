// The reference firmware in C (firmware-config/pico-ads1298) against its own tests, the independent encoder's frames
// and our decoder. Compiled under AddressSanitizer and UBSan where there is a clang, as Swift's toolchain brings it.

import ECGSignal
import Foundation
import TestSupport
import Testing

@testable import FrontEnds

/// The firmware's test program.
private enum Firmware {
  static let parts = ["bridge_frame.c", "ads1298.c", "ring.c", "bridge.c"]
  static let folder = TestData.repository + "/firmware-config/pico-ads1298/"

  static let clang: String? = {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").map { "\($0)/clang" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  struct Output {
    let status: Int32
    let bytes: Data
    let complaint: String
  }

  /// Runs a program to its end. What it complains of is short; so is its input.
  static func run(_ program: String, _ arguments: [String], input: [UInt8] = []) throws -> Output {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    let (output, complaint, given) = (Pipe(), Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = complaint
    process.standardInput = given
    try process.run()
    try given.fileHandleForWriting.write(contentsOf: Data(input))
    try given.fileHandleForWriting.close()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    let said = try complaint.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Output(
      status: process.terminationStatus, bytes: bytes,
      complaint: String(decoding: said, as: UTF8.self))
  }

  /// Compiles the test program and runs it.
  static func output(
    _ argument: String, input: [UInt8] = [], sanitized: Bool = false
  ) throws -> Output {
    let folder = try TemporaryFolder()
    let program = folder.path + "/host_test"
    let flags =
      sanitized
      ? ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fuse-ld=lld"]
      : ["-fuse-ld=lld"]
    let sources = (parts + ["host_test.c"]).map { Firmware.folder + $0 }
    let warnings = ["-std=c17", "-O1", "-g", "-Wall", "-Wextra", "-Werror"]
    let compiled = try run(
      try #require(clang), warnings + flags + sources + ["-o", program])
    #expect(compiled.status == 0, "\(compiled.complaint)")
    return try run(program, [argument], input: input)
  }
}

@Suite(.enabled(if: Firmware.clang != nil)) struct PicoFirmwareTests {
  @Test(
    "its pure parts pass their own tests, fuzzing included, without an error in memory or arithmetic"
  )
  func ownTests() throws {
    let rounds = ProcessInfo.processInfo.environment["ECGCLIP_FUZZ_ROUNDS"] ?? "20000"
    let run = try Firmware.output(rounds, sanitized: true)
    #expect(run.status == 0, "\(run.complaint)")
    #expect(String(decoding: run.bytes, as: UTF8.self).contains("do what they should"))
  }

  @Test("its frames are those of frames.py, byte for byte")
  func frames() throws {
    let text = String(decoding: try Firmware.output("frames").bytes, as: UTF8.self)
    let frames = text.split(separator: "\n").reduce(into: [String: [UInt8]]()) { frames, line in
      let words = line.split(separator: " ")
      if words.count == 2 { frames[String(words[0])] = BridgeExamples.bytes(words[1]) }
    }
    #expect(frames["hello"] == BridgeExamples.hello)
    #expect(frames["samples"] == BridgeExamples.samples)
    #expect(frames["acknowledge"] == BridgeExamples.acknowledge)
    #expect(frames["refused"] == BridgeExamples.refused)
    #expect(frames["firmware"] == BridgeExamples.firmware)
    guard Python.readsWFDB else { return }
    let printed = try Python.peer("../../firmware-config/frames.py")
    #expect(frames["long"] == BridgeExamples.bytes(printed["long"].text ?? ""))
    #expect(frames["long"]?.count == 797)
  }

  @Test("it reads our commands, and nothing else")
  func commands() throws {
    let commands = (0...64).map { count in
      BridgeCommand(
        id: UInt32(count) &* 0x0302_0101, .writeRegisters, (0..<count).map { UInt8($0 % 3) })
    }
    var generator = SeededRandom(seed: 1)
    let bytes = commands.enumerated().flatMap { index, command in
      command.encoded(sequence: UInt32(index))
        + (0..<50).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }
    let run = try Firmware.output("read", input: bytes)
    let expected = commands.map { command in
      let hexadecimal = String(command.id, radix: 16)
      let id = String(repeating: "0", count: 8 - hexadecimal.count) + hexadecimal
      let arguments = command.arguments.map { "0\($0)" }.joined()
      return "\(id) 3  \(arguments)"
    }
    let lines = String(decoding: run.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(lines == expected)
  }

  @Test("our decoder reads its stream sample for sample while a command switches its inputs")
  func stream() throws {
    let command = BridgeCommand(id: 9, .writeRegisters, [5, 0x05, 0x05])
    let run = try Firmware.output("stream", input: command.encoded(sequence: 0))
    let decoder = BridgeDecoder()
    let block = SampleBlockStorage(channelCount: 8)
    var provenances: [Provenance] = []
    var ticks: [Int64] = []
    var lost: [Int64] = []
    func drain() {
      var outcome = decoder.next(into: block.block, isQuiet: false)
      while outcome != .needsBytes {
        if outcome == .format { provenances += [decoder.announcedFormat?.provenance ?? .replay] }
        if outcome == .samples {
          if block.block.header.pointee.gapBefore > 0 {
            lost += [block.block.header.pointee.gapBefore]
          }
          for sample in 0..<Int(block.block.header.pointee.sampleCount) {
            let codes = (0..<8).map { block.block.channel($0)[sample] }
            ticks.append(Int64(codes[0] / 8))
            #expect(codes == (0..<8).map { codes[0] + Int32($0) })
          }
        }
        outcome = decoder.next(into: block.block, isQuiet: false)
      }
    }
    for byte in run.bytes {
      _ = withUnsafeBytes(of: byte) { decoder.feed($0, arrivalNanoseconds: 0) }
      if byte == 0 { drain() }
    }
    // The code of a sample is its tick, and all ticks are there but those in which the filter settled.
    #expect(provenances == [.live, .testSignal])
    #expect(lost == [4])
    #expect(ticks.count == 1000 - 4 - 4 - (1000 - 1 - Int(ticks.last ?? 0)))
    #expect(zip(ticks, ticks.dropFirst()).filter { $1 - $0 != 1 }.map { $1 - $0 } == [5])
    #expect(decoder.counters.framesCorrupt == 0 && decoder.counters.samplesLostInFrontEnd == 4)
    #expect(decoder.takeAnswer() == BridgeAcknowledgement(id: 9, .done))
    #expect(decoder.announcedUnit == "pico-c311b4a2b3c")
    #expect(decoder.status.chipID == 0x92 && decoder.status.samplesLost == 8)
  }

  @Test(
    "its pure parts compile for a Pico's Cortex-M0+ without a C library", arguments: Firmware.parts)
  func target(part: String) throws {
    let folder = try TemporaryFolder()
    let target = ["--target=thumbv6m-none-eabi", "-mcpu=cortex-m0plus", "-ffreestanding", "-Os"]
    let run = try Firmware.run(
      try #require(Firmware.clang),
      ["-std=c17", "-Wall", "-Wextra", "-Wconversion", "-Werror"] + target
        + ["-c", Firmware.folder + part, "-o", folder.path + "/part.o"])
    #expect(run.status == 0, "\(run.complaint)")
  }
}
