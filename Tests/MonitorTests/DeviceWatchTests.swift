// From what the doctor finds of a device to the alarm: each trouble starts its alarm, and its end ends it.

import Alarms
import Doctor
import Pipeline
import Synchronization
import TestSupport
import Testing

@testable import Monitor

/// A Raspberry Pi that is well, whatever a test does to it, and the alarms of the monitor that runs on it.
private final class Device {
  /// What no file tells.
  final class Facts: Sendable {
    private let free = Mutex<Int64>(100_000_000_000)
    var freeBytes: Int64 {
      get { free.withLock { $0 } }
      set { free.withLock { $0 = newValue } }
    }
  }

  static let temperature = "sys/class/thermal/thermal_zone0/temp"
  static let throttled = "sys/devices/platform/soc/soc:firmware/get_throttled"
  static let guardCommand = "proc/802/cmdline"

  let facts = Facts()
  var isSynchronised = true
  let system = AlarmSystem(definitions: AlarmCatalogue.definitions)
  private let folder: TemporaryFolder
  private let desk = AlarmDesk()
  private var conditions = DeviceConditions(writingTo: "/data", isService: true)
  private var seconds = 0.0

  init() throws {
    folder = try TemporaryFolder()
    try set("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.5\0")
    try set(Self.temperature, "48312\n")
    try set(Self.throttled, "0\n")
    try set(Self.guardCommand, "/usr/bin/ecgclip\0guard\0")
  }

  func set(_ path: String, _ text: String) throws {
    try folder.makeFolder(of: path)
    try folder.write(path, text)
  }

  /// A look ten seconds after the last one; alarms that are active then.
  func look() -> Set<BuiltInAlarm> {
    var facts = SystemFacts()
    facts.freeBytes = { [own = self.facts] folder in folder == "/data" ? own.freeBytes : nil }
    conditions.look(
      at: Machine(root: folder.path, facts: facts), isClockSynchronised: isSynchronised,
      at: seconds, tell: desk)
    while let order = desk.collect() { system.perform(order.command, by: order.person) }
    seconds += 10
    system.step(at: seconds)
    system.clearNews()
    return Set(BuiltInAlarm.allCases.filter { system.isActive($0.rawValue) })
  }
}

/// What goes wrong with a device, and the alarm that says so.
private struct Trouble: Sendable, CustomStringConvertible {
  var alarm: BuiltInAlarm
  var begin: @Sendable (Device) throws -> Void
  var end: @Sendable (Device) throws -> Void
  var description: String { alarm.definition.name }
}

private let troubles = [
  Trouble(alarm: .clockUnsynchronised) {
    $0.isSynchronised = false
  } end: {
    $0.isSynchronised = true
  },
  Trouble(alarm: .temperatureHigh) {
    try $0.set(Device.temperature, "84000\n")
  } end: {
    try $0.set(Device.temperature, "60000\n")
  },
  Trouble(alarm: .temperatureHigh) {
    try $0.set(Device.throttled, "4\n")
  } end: {
    try $0.set(Device.throttled, "0\n")
  },
  Trouble(alarm: .supplyVoltageLow) {
    try $0.set(Device.throttled, "1\n")
  } end: {
    // It was low since the start: that is history.
    try $0.set(Device.throttled, "10000\n")
  },
  Trouble(alarm: .storageNearlyFull) {
    $0.facts.freeBytes = 1_000_000_000
  } end: {
    $0.facts.freeBytes = 100_000_000_000
  },
  Trouble(alarm: .storageFull) {
    $0.facts.freeBytes = 40_000_000
  } end: {
    $0.facts.freeBytes = 100_000_000_000
  },
]

@Test("each trouble of the device starts its alarm alone and ends it", arguments: troubles)
private func deviceTrouble(trouble: Trouble) throws {
  let device = try Device()
  #expect(device.look() == [])
  try trouble.begin(device)
  #expect(device.look() == [trouble.alarm])
  #expect(device.look() == [trouble.alarm])
  try trouble.end(device)
  #expect(device.look() == [])
  try trouble.begin(device)
  #expect(device.look() == [trouble.alarm], "and again")
}

@Test(
  "a disk that fills up has one alarm at a time, and a guard that is gone one after half a minute")
func storageAndGuard() throws {
  let device = try Device()
  #expect(device.look() == [])
  device.facts.freeBytes = 1_000_000_000
  #expect(device.look() == [.storageNearlyFull])
  device.facts.freeBytes = 40_000_000
  #expect(device.look() == [.storageFull])
  device.facts.freeBytes = 100_000_000_000
  #expect(device.look() == [])
  try device.set(Device.guardCommand, "/usr/bin/other\0")
  #expect((1...4).map { _ in device.look() } == [[], [], [.guardMissing], [.guardMissing]])
  try device.set(Device.guardCommand, "/usr/bin/ecgclip\0guard\0")
  #expect(device.look() == [])
}
