// Everything outside the monitor, standing still for real: a serial line that nobody reads, a central station that
// never answers, an alarm log that another process has locked, a disk that hangs, a pipe that nobody reads.

import AlarmLog
import AlertLink
import CLinux
import Devices
import Dispatch
import DurableFiles
import Foundation
import LinuxDevices
import TestSupport
import Testing

@testable import Monitor

/// A world that stands still; its disk until somebody signals it.
final class StalledWorld {
  /// The alarm log that nobody can write.
  let log: String
  private let folder: TemporaryFolder
  private let locker = Process()
  private let lockerInput = Pipe()
  /// Hangs until it is signalled.
  let disk = DispatchSemaphore(value: 0)
  private let station = UDPTransport(
    at: DatagramPeer(addressHigh: 0, addressLow: 0xFFFF_7F00_0001, scope: 0, port: 0))
  private let line: String
  private var terminal: (master: Int32, slave: Int32) = (-1, -1)
  private var pipe: [Int32] = [-1, -1]

  init() throws {
    // Its end breaks the pipe, as the program's own does.
    signal(SIGPIPE, SIG_IGN)
    folder = try TemporaryFolder()
    log = folder.path + "/alarms.sqlite"
    var name = [CChar](repeating: 0, count: 128)
    terminal.master = clinux_pty_open(&name, name.count, &terminal.slave)
    line = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try #require(terminal.master >= 0 && Glibc.pipe(&pipe) == 0)
    Self.fill(terminal.slave)
    Self.fill(pipe[1])
    try station.open()
    try lock()
  }

  deinit {
    for descriptor in [terminal.master, terminal.slave] + pipe { close(descriptor) }
    if locker.isRunning { kill(locker.processIdentifier, SIGKILL) }
    locker.waitUntilExit()
  }

  /// Writes until there is no room any more.
  private static func fill(_ descriptor: Int32) {
    let flags = fcntl(descriptor, F_GETFL)
    _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
    let bytes = [UInt8](repeating: 0x2E, count: 512)
    while write(descriptor, bytes, bytes.count) > 0 {}
    _ = fcntl(descriptor, F_SETFL, flags)
  }

  /// Another process has the alarm log for itself until its standard input ends.
  private func lock() throws {
    _ = try AlarmLog(path: log)
    let output = Pipe()
    locker.executableURL = URL(filePath: Python.path ?? "")
    locker.arguments = [
      "-c",
      """
      import sqlite3, sys
      database = sqlite3.connect(sys.argv[1], isolation_level=None)
      database.execute('BEGIN EXCLUSIVE')
      print('locked', flush=True)
      sys.stdin.read()
      """, log,
    ]
    locker.standardInput = lockerInput
    locker.standardOutput = output
    try locker.run()
    try #require(output.fileHandleForReading.availableData.starts(with: Data("locked".utf8)))
  }

  /// Everything that a monitor could wait for.
  func sinks(_ key: LinkKey) throws -> [any EventSink] {
    let (line, disk) = (line, disk)
    let peer = DatagramPeer(
      addressHigh: 0, addressLow: 0xFFFF_7F00_0001, scope: 0, port: station.port)
    let network = try link(key, peer) { UDPTransport() }
    let serial = try link(key, .line) { SerialTransport(path: line, baud: 115_200) }
    let file = KeptFile { (_) throws(DurableFileError) in
      disk.wait()
      disk.signal()
    }
    return [
      network, serial, OutputSink(output, waits: false, finishSeconds: 0),
      AlarmLogSink(AlarmLogWriter(path: log, behind: network.progress), finishSeconds: 0),
      AlarmStateSink(patientID: nil, file: file),
    ]
  }

  private var output: JSONLinesSink {
    JSONLinesSink(output: LineWriter(descriptor: pipe[1], onBroken: {}))
  }

  private func link(
    _ key: LinkKey, _ peer: DatagramPeer,
    _ transport: @escaping @Sendable () -> any DatagramTransport
  ) throws -> CentralLinkSink {
    try CentralLinkSink(desk: AlarmDesk()) { _ in
      CentralLinkConfiguration(
        key: key, makeTransport: transport, findStation: { peer },
        openOutbox: { ForgetfulStore() })
    }
  }

  /// Whether it has stood still all the time.
  var isStill: Bool {
    locker.isRunning && clinux_wait_writable(pipe[1], 0) == 0
      && clinux_wait_writable(terminal.slave, 0) == 0
  }
}
