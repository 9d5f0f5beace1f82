// A program that writes a log or a store of the alert link as fast as it can, until it is killed or the file may grow
// no more. It says on standard output what is durable, one line a call that returned.
//
//   LogExercise log|outbox|inbox PATH FIRST [BYTES]
//
// FIRST is the number of the first entry; BYTES the size that no file may pass (RLIMIT_FSIZE).

import AlarmLog
import AlertLink
import Glibc

func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

func entry(_ number: Int) -> AlarmLogEntry {
  var entry = AlarmLogEntry(
    kind: .alarm, phase: "start", message: "Entry \(number)",
    time: LogTime(
      monotonicNanoseconds: UInt64(number) * 1000, wallMilliseconds: 1_800_000_000_000),
    session: "exercise", provenance: "simulated", boot: "0")
  entry.condition = "asystole"
  entry.serial = Int64(number)
  return entry
}

/// Text that tells its number, of many lengths, so that pages fill differently.
func json(_ number: Int) -> [UInt8] {
  Array("{\"number\":\(number),\"filler\":\"\(String(repeating: "x", count: number % 700))\"}".utf8)
}

func exercise(_ kind: String, _ path: String, from first: Int) throws {
  switch kind {
  case "log":
    // A small log, so that it prunes again and again while it is killed.
    let log = try AlarmLog(path: path, entriesKept: 400)
    for number in first... {
      // Batches of one to three.
      let batch = (0...number % 3).map { entry(number * 3 + $0) }
      try log.append(batch)
      say("\(batch.map { "\($0.serial ?? 0)" }.joined(separator: " "))")
    }
  case "outbox":
    let outbox = try StoredOutbox(path: path) { say("told \($0)") }
    let epoch = try outbox.beginEpoch(atLeast: 0)
    say("epoch \(epoch)")
    for number in first... {
      let position = AlertPosition(epoch: epoch, sequence: UInt64(number))
      try outbox.append([AlertRecord(position: position, json: json(number))])
      say("\(number)")
      if number % 50 == 0 {
        let through = AlertPosition(epoch: epoch, sequence: UInt64(number - 20))
        try outbox.markReceived(through: through)
        say("received \(number - 20)")
      }
    }
  default:
    let inbox = try StoredInbox(path: path, keptCount: 100) { say("told \($0)") }
    say("epoch \(try inbox.beginEpoch(atLeast: 0))")
    for number in first... {
      let position = AlertPosition(epoch: 1, sequence: UInt64(number))
      try inbox.accept([
        InboxEntry(
          device: "bed \(number % 5)", record: AlertRecord(position: position, json: json(number)))
      ])
      say("\(number)")
    }
  }
}

let arguments = CommandLine.arguments
guard arguments.count >= 4, let first = Int(arguments[3]) else { exit(64) }
if arguments.count > 4, let bytes = UInt(arguments[4]) {
  signal(SIGXFSZ, SIG_IGN)
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  limit.rlim_cur = bytes
  setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}
do { try exercise(arguments[1], arguments[2], from: first) } catch {
  say("refused \(error)")
  exit(1)
}
