// libFuzzer's way into the readers: arbitrary bytes as a WFDB record, an annotation file or an EDF file.
//
//   FUZZ=1 swift build --scratch-path .build-fuzz --product RecordingsFuzz
//   .build-fuzz/debug/RecordingsFuzz -max_total_time=300 CORPUS_FOLDER
//
// An input's first byte chooses the kind. For records the bytes are the parts of one folder, divided by
// 0xFF 0xFE: the header r.hea, the signal file r.dat, and the header of a segment s.hea.

import ECGSignal
import Foundation
import Glibc
import Recordings

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

/// In memory where the system has a file system there: the readers are what is to be fast.
private let folder: String = {
  let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
  let path = "\(parent)/ecgclip-fuzz-\(getpid())"
  mkdir(path, 0o700)
  return path
}()

private func write(_ name: String, _ bytes: UnsafeBufferPointer<UInt8>) {
  let descriptor = open(folder + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  precondition(descriptor >= 0 && Glibc.write(descriptor, bytes.baseAddress, bytes.count) >= 0)
  close(descriptor)
}

/// Splits the record's parts.
private func parts(_ bytes: UnsafeBufferPointer<UInt8>) -> [UnsafeBufferPointer<UInt8>] {
  var result: [UnsafeBufferPointer<UInt8>] = []
  var start = 0
  var index = 0
  while index + 1 < bytes.count && result.count < 2 {
    if bytes[index] == 0xFF && bytes[index + 1] == 0xFE {
      result.append(UnsafeBufferPointer(rebasing: bytes[start..<index]))
      start = index + 2
      index += 1
    }
    index += 1
  }
  return result + [UnsafeBufferPointer(rebasing: bytes[start...])]
}

/// Reads what was accepted at its beginning, middle and end; a broken promise traps.
private func exercise(_ path: String) throws(RecordingError) {
  let reader = try Recordings.open(path)
  let channels = reader.format.channels
  precondition(1...SignalFormat.channelCountMax ~= channels.count && reader.sampleCount >= 0)
  precondition(reader.format.sampleRate.isFinite && reader.format.sampleRate > 0)
  precondition(channels.allSatisfy { $0.microvoltsPerCode.isFinite && $0.microvoltsPerCode != 0 })
  let stride = 61
  let codes = UnsafeMutablePointer<Int32>.allocate(capacity: stride * channels.count)
  defer { codes.deallocate() }
  for start in [0, reader.sampleCount / 2, max(0, reader.sampleCount - 30)] {
    try reader.seek(to: start)
    for count in [1, 60, 61] {
      let received = try reader.read(into: codes, stride: stride, count: count)
      precondition(received == min(count, max(0, received)))
    }
  }
  if let edf = reader as? EDFReader { _ = try edf.events() }
  if reader.sampleCount < 4096 { try reader.verifyChecksums() }
}

private func roundTrip(_ path: String) throws(RecordingError) {
  let annotations = try AnnotationFile.read(path)
  do throws(RecordingError) {
    try AnnotationFile.write(annotations, to: path)
  } catch {
    return  // what is read may be out of order, and is then refused
  }
  let again = try AnnotationFile.read(path)
  precondition(again == annotations, "annotations survive writing")
}

/// One input; the name by which libFuzzer's own main would call it.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  guard size > 0 else { return 0 }
  let bytes = UnsafeBufferPointer(start: data + 1, count: size - 1)
  do throws(RecordingError) {
    switch data[0] % 4 {
    case 0:
      write("a.atr", bytes)
      try roundTrip(folder + "/a.atr")
    case 1:
      write("e.edf", bytes)
      try exercise(folder + "/e.edf")
    default:
      for (name, part) in zip(["r.hea", "r.dat", "s.hea"], parts(bytes)) { write(name, part) }
      try exercise(folder + "/r")
    }
  } catch {
    precondition(!error.description.isEmpty)
  }
  return 0
}

@main
enum Main {
  static func main() {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    exit(runDriver(&count, &arguments, testOneInput))
  }
}
