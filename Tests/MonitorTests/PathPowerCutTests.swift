// The power cut at every write from an alarm's decision on: outbox, alarm log and the file of alarms that nobody has
// seen are three files, written by three threads. What any of them has, the central station must have in the end.

import AlarmLog
import AlertLink
import Alarms
import CLinux
import Devices
import DurableFiles
import ECGSignal
import LinuxDevices
import SignalProcessing
import Synchronization
import Testing

@testable import AlarmLog
@testable import Monitor
@testable import Pipeline

/// The disk of a device, whose power can be cut before or behind any write. What was written stays.
private final class Disk: Sendable {
  struct Content: Sendable {
    var epoch: UInt64 = 0
    var newest: AlertPosition?
    var outbox: [AlertRecord] = []
    var open = OpenAlarms()
    /// All that the outbox ever took.
    var taken: Set<AlertPosition> = []
    var log: [AlarmLogEntry] = []
    var state: [UInt8] = []
    var writeCount = 0
    /// The life that has power; threads of an earlier one write no more.
    var life = 1
    var isOff = false
    /// The write at which the power goes, 0 for none.
    var cutAt = 0
    var isAfter = false
  }

  private let content = Mutex(Content())
  var now: Content { content.withLock { $0 } }
  func change(_ body: (inout Content) -> Void) { content.withLock { body(&$0) } }

  /// A write of a life; false where the power was off or went before it was over: whoever wrote never heard.
  func write(_ life: Int, _ body: (inout Content) -> Void) -> Bool {
    content.withLock { content in
      guard !content.isOff, life == content.life else { return false }
      content.writeCount += 1
      let isCut = content.writeCount == content.cutAt
      if !isCut || content.isAfter { body(&content) }
      content.isOff = isCut
      return !isCut
    }
  }
}

/// An outbox on the disk, slower than the log: threads meet in every order.
private final class DiskOutbox: AlertOutbox {
  private let disk: Disk
  private let life: Int
  init(_ disk: Disk, _ life: Int) { (self.disk, self.life) = (disk, life) }

  private func write(_ body: (inout Disk.Content) -> Void) throws(AlertStoreError) {
    clinux_sleep_nanoseconds(3_000_000)
    guard disk.write(life, body) else { throw AlertStoreError("the power is off") }
  }
  func beginEpoch(atLeast floor: UInt64) throws(AlertStoreError) -> UInt64 {
    try write { $0.epoch = max($0.epoch + 1, floor) }
    return disk.now.epoch
  }
  func newest() throws(AlertStoreError) -> AlertPosition? { disk.now.newest }
  func openAlarms() throws(AlertStoreError) -> [AlertMessage] { disk.now.open.messages }
  func append(_ records: [AlertRecord]) throws(AlertStoreError) {
    try write { content in
      for record in records where record.position > content.newest ?? .zero {
        content.outbox.append(record)
        content.taken.insert(record.position)
        content.open.take(record)
      }
      content.newest = max(content.newest ?? .zero, records.last?.position ?? .zero)
    }
  }
  func unreceived(
    after position: AlertPosition, limit: Int
  ) throws(AlertStoreError) -> [AlertRecord] {
    Array(disk.now.outbox.filter { $0.position > position }.prefix(limit))
  }
  func markReceived(through position: AlertPosition) throws(AlertStoreError) {
    try write { $0.outbox.removeAll { $0.position <= position } }
  }
}

/// A line that ends with the power, or is dead.
private final class Line: DatagramTransport {
  private let transport = UDPTransport()
  private let disk: Disk
  private let isDead: Bool
  init(_ disk: Disk, isDead: Bool) { (self.disk, self.isDead) = (disk, isDead) }

  var name: String { transport.name }
  var descriptor: Int32 { transport.descriptor }
  func open() throws(SourceError) { try transport.open() }
  func receive() -> Datagram? { transport.receive() }
  func send(_ bytes: [UInt8], to peer: DatagramPeer) {
    if !isDead && !disk.now.isOff { transport.send(bytes, to: peer) }
  }
  func reopen() { transport.reopen() }
  func close() { transport.close() }
}

/// A monitor's sinks from its start to its end or its power cut.
private final class Life {
  let disk: Disk
  private let link: CentralLinkSink
  private let sinks: [any EventSink]
  private let context: SessionContext
  private var nanoseconds = clinux_monotonic_nanoseconds()
  private var seconds = 1.0

  init(_ disk: Disk, _ key: LinkKey, to port: UInt16, isDead: Bool) throws {
    self.disk = disk
    context = Self.context(try? AlarmSnapshot(parsing: disk.now.state, name: "state"))
    let life = disk.now.life
    let peer = DatagramPeer(addressHigh: 0, addressLow: 0xFFFF_7F00_0001, scope: 0, port: port)
    link = try CentralLinkSink(desk: AlarmDesk()) { _ in
      CentralLinkConfiguration(
        key: key, makeTransport: { Line(disk, isDead: isDead) }, findStation: { peer },
        openOutbox: { DiskOutbox(disk, life) })
    }
    let writer = AlarmLogWriter(retrySeconds: 0.01, behind: link.progress, outboxSeconds: 600) {
      (entries) throws(AlarmLogError) -> String? in
      guard disk.write(life, { $0.log += entries }) else { throw AlarmLogError(.full, path: "log") }
      return nil
    }
    let file = KeptFile { (bytes) throws(DurableFileError) in
      _ = disk.write(life) { $0.state = bytes }
    }
    sinks = [
      link, AlarmLogSink(writer, finishSeconds: 0), AlarmStateSink(patientID: nil, file: file),
    ]
    for sink in sinks { try sink.begin(context) }
  }

  private static func context(_ restored: AlarmSnapshot?) -> SessionContext {
    let format = SignalFormat(
      sampleRate: 500, channels: [Channel(name: "II", lead: .II, microvoltsPerCode: 1)],
      provenance: .replay, sourceName: "101")
    let layout = RowLayout(format)
    var context = SessionContext(
      format: format, layout: layout, leads: layout.leads, modelName: "m",
      modelSHA256: String(repeating: "0", count: 64), statements: [], filters: .monitoring,
      alarms: BuiltInAlarm.allCases.map(\.definition), profile: PatientProfile())
    context.restored = restored
    return context
  }

  /// One transition, as the monitor's thread hands it to its sinks.
  func tell(
    _ alarm: BuiltInAlarm, _ phase: AlarmPhase, _ cause: AlarmCause = .condition
  ) {
    nanoseconds += 1_000_000
    seconds += 1
    let transition = AlarmTransition(
      alarm: alarm.rawValue, phase: phase, priority: alarm.definition.priority, cause: cause)
    let event = PipelineEvent(
      kind: .alarm(transition), index: Int64(seconds * 500), seconds: seconds, sampleRate: 500,
      arrivalNanoseconds: nanoseconds)
    for sink in sinks { sink.take(event) }
    for sink in sinks { sink.refresh() }
    // The next one comes when this one is written, or never will be.
    let tries = 200
    for _ in 0..<tries where !disk.now.isOff && !isWritten { clinux_sleep_nanoseconds(1_000_000) }
  }

  private var isWritten: Bool {
    link.progress.waitUntilStored(withinSeconds: 0)
      && disk.now.log.contains { $0.monotonicNanoseconds == Int64(nanoseconds) }
  }

  /// The monitor knows alarms from before, as its alarm system tells them.
  func restore() throws {
    guard !disk.now.state.isEmpty else { return }
    let snapshot = try AlarmSnapshot(parsing: disk.now.state, name: "state")
    for alarm in BuiltInAlarm.allCases where snapshot.unacknowledged.contains(alarm.definition.name)
    { tell(alarm, .latched, .restart) }
  }

  var isConfirmed: Bool { link.progress.waitUntilConfirmed(withinSeconds: 0) }

  func end() {
    let summary = SummaryCollector().summary(
      context: context, latency: LatencyHistogram(), cpuSeconds: 0, wallSeconds: 0,
      residentBytes: 0, endReason: nil)
    for sink in sinks { sink.end(summary) }
  }
}

@Suite struct PathPowerCutTests {
  private let key: LinkKey

  init() throws {
    key = try #require(
      LinkKey(id: 7, device: "bed-7", firstEpoch: 1, secret: [UInt8](repeating: 5, count: 32)))
  }

  @Test(
    "whatever an alarm had reached when the power went, the central station has it once in the end",
    arguments: [false, true], [false, true])
  func cutAtEveryWrite(isAfter: Bool, isDead: Bool) throws {
    var cutAt = 0
    var wasCut = true
    while wasCut {
      cutAt += 1
      wasCut = try run(cutAt: cutAt, isAfter: isAfter, isDead: isDead)
    }
    // A life, and for each of two alarms the outbox, the log and the file of what nobody has seen.
    #expect(cutAt > 7)
  }

  /// One life whose power goes at a write, and the one after it; whether there was such a write.
  private func run(cutAt: Int, isAfter: Bool, isDead: Bool) throws -> Bool {
    let disk = Disk()
    disk.change { ($0.cutAt, $0.isAfter) = (cutAt, isAfter) }
    let station = try Station(key)
    let first = try Life(disk, key, to: station.transport.port, isDead: isDead)
    // What leaves at once must not find a station that has already answered, nor one that never does.
    if !isDead { _ = station.turn { disk.now.isOff || station.state != nil } }
    first.tell(.asystole, .start)
    first.tell(.leadOff, .start)
    first.tell(.asystole, .latched)
    first.tell(.leadOff, .end)
    first.end()
    let wasCut = disk.now.isOff
    let kept = try? AlarmSnapshot(parsing: disk.now.state, name: "state")
    disk.change { ($0.isOff, $0.cutAt, $0.life) = (false, 0, 2) }
    let second = try Life(disk, key, to: station.transport.port, isDead: false)
    try second.restore()
    second.tell(.noise, .start)
    // The state of a heartbeat that knows the newest alarm knows the others, too.
    let isKnown = { station.state?.alarms.contains { $0.condition == "noise" } == true }
    #expect(station.turn { second.isConfirmed && isKnown() }, "write \(cutAt)")
    second.end()
    check(
      disk.now, kept?.unacknowledged ?? [], station,
      "write \(cutAt), after \(isAfter), dead line \(isDead)")
    return wasCut
  }

  /// What the outbox had of an alarm when the power went goes on under its name and onset where the file of alarms
  /// had it, too; what that had not yet, a matter of threads, is ended.
  private func checkNames(
    _ disk: Disk.Content, _ kept: [String], _ messages: [AlertMessage], _ when: String
  ) {
    let first = messages.first?.position.epoch ?? 0
    for (name, isCarriedOn) in [("asystole", kept.contains("asystole")), ("leadOff", false)] {
      let own = messages.filter { $0.condition == name }
      guard let start = own.first, start.phase == .start else { continue }
      let isLater = { (message: AlertMessage) in message.position.epoch > first }
      // A start that left and was in no file when the power went belongs to nothing that follows.
      guard own.filter(isLater).allSatisfy({ $0.alarm?.epoch == first }) else {
        #expect(!disk.taken.contains(start.position), "\(when): \(name) has two names")
        continue
      }
      #expect(own.allSatisfy { $0.alarm == start.position }, "\(when): \(name)")
      #expect(own.allSatisfy { $0.onset == start.time }, "\(when): \(name)")
      guard disk.taken.contains(start.position) else { continue }
      #expect(own.last?.phase == (isCarriedOn ? .update : .end), "\(when): \(name)")
    }
    #expect(disk.open.messages.map(\.condition).contains("leadOff") == false, "\(when)")
  }

  private func check(
    _ disk: Disk.Content, _ kept: [String], _ station: Station, _ when: String
  ) {
    func name(_ condition: String, _ phase: String, _ seconds: Double) -> String {
      "\(condition) \(phase) \(Int((seconds * 1000).rounded()))"
    }
    let arrived = station.messages.map {
      name($0.condition, $0.phase.rawValue, $0.time.monotonicSeconds)
    }
    #expect(Set(arrived).count == arrived.count, "\(when): twice in \(arrived)")
    for entry in disk.log where entry.condition != nil && entry.phase == "start" {
      let start = name(entry.condition ?? "", "start", Double(entry.monotonicNanoseconds) / 1e9)
      #expect(arrived.filter { $0 == start }.count == 1, "\(when): \(start) is not in \(arrived)")
    }
    #expect(disk.outbox.isEmpty, "\(when)")
    checkNames(disk, kept, station.messages, when)
    guard let snapshot = try? AlarmSnapshot(parsing: disk.state, name: "state") else { return }
    for name in snapshot.unacknowledged {
      #expect(station.messages.contains { $0.condition == name }, "\(when): \(name)")
      #expect(station.state?.alarms.contains { $0.condition == name } == true, "\(when): \(name)")
    }
  }
}
