// Commands and answers of the bridge frame against the specification's examples and rules.

import ECGSignal
import TestSupport
import Testing

@testable import FrontEnds

@Test("a command is the specification's example, byte for byte, after a delimiter")
func commandExample() {
  let command = BridgeCommand(id: 0x0102_0304, .writeRegisters, [5, 0x05, 0x00])
  #expect(command.encoded(sequence: 3) == [0] + BridgeExamples.command)
}

@Test("answers are read as the specification says, once, between samples of which none is lost")
func answerExamples() {
  let stream = BridgeStream()
  _ = stream.deliver(stream.hello())
  #expect(stream.decoder.takeAnswer() == nil)
  let result = stream.deliver(
    stream.samples(0..<10) + BridgeExamples.command + BridgeExamples.acknowledge
      + stream.samples(10..<20))
  #expect(result.codes.count == 20)
  #expect(
    stream.decoder.takeAnswer()
      == BridgeAcknowledgement(id: 0x0102_0304, .done, [0x92, 0x00]))
  #expect(stream.decoder.takeAnswer() == nil)
  _ = stream.deliver(BridgeExamples.refused)
  #expect(!stream.decoder.isDescribed)
  #expect(stream.decoder.takeAnswer() == BridgeAcknowledgement(id: 0x0102_0305, .refused))
}

@Test("the encoder writes the specification's answer, byte for byte")
func encodedAnswer() {
  let encoder = BridgeEncoder(
    hello: BridgeHello(
      frontEnd: "x", provenance: .simulated, sampleRate: 500, referenceMicrovolts: 1, adcBits: 24,
      leads: [nil], gain: 1))
  var output = [UInt8](repeating: 0, count: BridgeFrame.encodedByteCountMax)
  for _ in 0..<9 { _ = encoder.announce(into: &output) }
  let count = encoder.acknowledge(
    BridgeAcknowledgement(id: 0x0102_0304, .done, [0x92, 0x00]), into: &output)
  #expect(Array(output[..<count]) == BridgeExamples.acknowledge)
}

@Test("a bridge tells of itself: start, losses, chip, cause and fault")
func firmwareExample() {
  let stream = BridgeStream()
  #expect(stream.deliver(BridgeExamples.firmware).formats == 1)
  let hello = stream.decoder.hello
  #expect(hello?.frontEnd == "pico-ads1298" && hello?.provenance == .testSignal)
  #expect(hello?.configuration == 3 && hello?.firmware == Array(0..<8))
  #expect(hello?.leads == [.V6, .I, .II, .V2, .V3, .V4, .V5, .V1])
  var status = BridgeStatus()
  status.start = 0xA1B2_C3D4
  status.samplesLost = 258
  status.chipID = 0x92
  status.startCause = .watchdog
  #expect(stream.decoder.status == status)
}

@Test("the examples of these tests are those that frames.py prints", .enabled(if: Python.readsWFDB))
func examplesOfPython() throws {
  let printed = try Python.peer("../../firmware-config/frames.py")
  for (name, bytes) in [
    ("hello", BridgeExamples.hello), ("samples", BridgeExamples.samples),
    ("command", BridgeExamples.command), ("acknowledge", BridgeExamples.acknowledge),
    ("refused", BridgeExamples.refused), ("firmware", BridgeExamples.firmware),
  ] { #expect(BridgeExamples.bytes(printed[name].text ?? "") == bytes, "\(name)") }
}

@Test("a command is executed once, however often it comes, and answered each time")
func executedOnce() {
  var reader = BridgeCommandReader()
  var executed: [UInt32] = []
  func send(_ id: UInt32, sequence: UInt32) -> [BridgeAcknowledgement] {
    let command = BridgeCommand(id: id, .ping, [UInt8(executed.count)])
    return reader.take(command.encoded(sequence: sequence)) { command in
      executed.append(command.id)
      return BridgeAcknowledgement(id: command.id, .done, command.arguments)
    }
  }
  let first = send(.max, sequence: 0)
  #expect(first == [BridgeAcknowledgement(id: .max, .done, [0])])
  #expect(send(.max, sequence: 1) == first && executed == [.max])
  #expect(send(0, sequence: 2).map(\.id) == [0] && executed == [.max, 0])
  // It comes late: another command was executed since.
  #expect(send(.max, sequence: 1).isEmpty && executed == [.max, 0])
  // Another host begins anywhere.
  #expect(send(77, sequence: 0).map(\.id) == [77])
}

@Test("a command is found after what a killed host left, after noise, and in pieces")
func foundAgain() {
  let command = BridgeCommand(id: 5, .readRegisters, [0, 26])
  let whole = command.encoded(sequence: 0)
  for cut in 0..<whole.count {
    var reader = BridgeCommandReader()
    var executed: [UInt32] = []
    func send(_ bytes: some Sequence<UInt8>) {
      _ = reader.take(bytes) { command in
        executed.append(command.id)
        return BridgeAcknowledgement(id: command.id, .done)
      }
    }
    // A host dies in the middle of a command; another sends its own, in two pieces, and one more.
    send(whole[..<cut])
    #expect(executed.isEmpty)
    let other = BridgeCommand(id: 900, .ping, [1, 2]).encoded(sequence: 0)
    send(other[..<(other.count / 2)])
    send(other[(other.count / 2)...])
    send(BridgeCommand(id: 901, .ping, []).encoded(sequence: 1))
    #expect(executed.suffix(2) == [900, 901])
    // What it left is a command only when nothing but the delimiter was missing.
    #expect(executed.count == (cut == whole.count - 1 ? 3 : 2))
  }
  var reader = BridgeCommandReader()
  let long = reader.take(Array(repeating: 7, count: 10_000) + whole) {
    BridgeAcknowledgement(id: $0.id, .done)
  }
  #expect(long.map(\.id) == [5])
}

@Test("no random bytes are a command", arguments: 0..<5)
func noCommand(seed: UInt64) {
  var generator = SeededRandom(seed: seed)
  var reader = BridgeCommandReader()
  var executed = 0
  for _ in 0..<5000 {
    let bytes = (0..<40).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    _ = reader.take(bytes + [0]) {
      executed += 1
      return BridgeAcknowledgement(id: $0.id, .done)
    }
  }
  #expect(executed == 0)
}
