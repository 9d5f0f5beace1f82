// Every check on healthy devices, and broken in every way that it exists for: its state and its fix.

import Devices
import Doctor
import Foundation
import TestSupport
import Testing

/// A way to break a device, the check that must see it, and a word of the line that puts it right.
private struct Damage: CustomTestStringConvertible, Sendable {
  let id: String
  let state: CheckState
  let fix: String
  var tree = Tree.pi4
  let breaking: @Sendable (inout Tree) -> Void

  init(
    _ id: String, _ state: CheckState, fix: String, on tree: Tree = .pi4,
    _ breaking: @escaping @Sendable (inout Tree) -> Void
  ) {
    self.id = id
    self.state = state
    self.fix = fix
    self.tree = tree
    self.breaking = breaking
  }

  var testDescription: String { "\(id) \(state) \(fix)" }
}

private func set(_ path: String, _ text: String?) -> @Sendable (inout Tree) -> Void {
  { $0.files[path] = text }
}

private func needsSPI(_ change: @escaping @Sendable (inout Tree) -> Void)
  -> @Sendable (
    inout Tree
  ) -> Void
{
  { tree in
    tree.needs.spi = true
    change(&tree)
  }
}

private let withoutSPI: @Sendable (inout Tree) -> Void = { tree in
  tree.files["/dev/spidev0.0"] = nil
  tree.files["/dev/spidev0.1"] = nil
}

private func controls(_ controls: [SoundControl]) -> @Sendable (inout Tree) -> Void {
  { $0.facts.soundControls = { _ in controls } }
}

private let config = "/boot/firmware/config.txt"
private let throttled = "/sys/devices/platform/soc/soc:firmware/get_throttled"
private let life = "/sys/block/mmcblk0/device/life_time"

private let damages: [Damage] = [
  Damage("board", .failure, fix: "full-upgrade", set("/proc/sys/kernel/osrelease", "5.4.51-v8+")),
  Damage("files.key", .failure, fix: "chmod 600 /etc/ecgclip/device.key") { $0.keyMode = 0o644 },
  Damage(
    "files.key", .failure, fix: "install -D -m 600 /nowhere/pi/.config/ecgclip/device.key /etc"
  ) { tree in
    tree.files["/etc/ecgclip/device.key"] = nil
    tree.files["/nowhere/pi/.config/ecgclip/device.key"] = "ab\n"
  },
  // A unit of an earlier version.
  Damage(
    "files.key", .failure, fix: "daemon-reload",
    set(
      "/etc/systemd/system/ecgclip-monitor.service",
      "[Service]\nEnvironment=ECGCLIP_DEVICE_KEY=/var/lib/ecgclip/device.key\n")),
  Damage("spi.device", .warning, fix: "do_spi 0") { tree in
    withoutSPI(&tree)
    tree.files[config] = "#dtparam=spi=on\n"
  },
  Damage("spi.device", .warning, fix: "do_spi 0") { tree in
    // On for another board only.
    withoutSPI(&tree)
    tree.files[config] = "[pi5]\ndtparam=spi=on\n"
  },
  Damage("spi.device", .failure, fix: "modprobe spidev", needsSPI(withoutSPI)),
  Damage("spi.device", .failure, fix: "modprobe spidev", on: .bare, needsSPI { _ in }),
  Damage("spi.clock", .failure, fix: "core_freq_fixed=1", needsSPI(set(config, "dtparam=spi=on"))),
  Damage(
    "spi.clock", .warning, fix: "/boot/config.txt", on: .zero2,
    { tree in
      tree.files[config] = nil
      tree.files["/boot/config.txt"] = "dtparam=spi=on\n[pi4]\ncore_freq_fixed=1\n"
    }),
  Damage(
    "spi.buffer", .failure, fix: "bufsiz=4096",
    needsSPI(set("/sys/module/spidev/parameters/bufsiz", "32"))),
  Damage("gpio.chip", .failure, fix: "gpiodetect", needsSPI { $0.facts.gpioLabels = [:] }),
  Damage(
    "gpio.chip", .failure, fix: "gpiodetect", on: .pi5,
    needsSPI { $0.facts.gpioLabels = ["/dev/gpiochip0": "gpio-brcmstb@107d508500"] }),
  Damage(
    "gpio.chip", .warning, fix: "full-upgrade",
    { tree in
      tree.files["/dev/gpiochip0"] = nil
      tree.facts.gpioLabels = [:]
    }),
  Damage("gpio.library", .failure, fix: "libgpiod3", needsSPI { $0.facts.gpiodGeneration = 0 }),
  Damage("serial.device", .failure, fix: "by-id") { $0.needs.serialPort = "/dev/ttyUSB7" },
  Damage(
    "serial.device", .warning, fix: "udevadm trigger",
    set("/dev/serial/by-id/usb-FTDI_FT231X_DK0F3S4T-if00-port0", nil)),
  Damage(
    "serial.latency", .warning, fix: "ttyUSB0/latency_timer",
    set("/sys/bus/usb-serial/devices/ttyUSB0/latency_timer", "16\n")),
  Damage(
    "serial.console", .warning, fix: "do_serial_cons 1",
    set("/proc/cmdline", "console=ttyAMA0,115200 console=tty1 root=x")),
  Damage(
    "serial.console", .failure, fix: "do_serial_cons 1",
    { tree in
      tree.files["/proc/cmdline"] = "console=ttyS0,115200 root=x"
      tree.needs.serialPort = "/dev/serial0"
    }),
  Damage("serial.header", .warning, fix: "disable-bt", on: .zero2) {
    $0.links["/dev/serial0"] = "ttyS0"
  },
  Damage("serial.header", .failure, fix: "do_serial_hw 0") { tree in
    tree.links["/dev/serial0"] = nil
    tree.needs.serialPort = "/dev/serial0"
  },
  Damage("serial.header", .failure, fix: "uart0-pi5", on: .pi5) { tree in
    tree.files["/dev/ttyAMA0"] = nil
    tree.needs.serialPort = "/dev/ttyAMA0"
  },
  Damage("group.dialout", .failure, fix: "usermod -aG dialout pi") { tree in
    tree.facts.groups.remove("dialout")
    tree.files["/etc/group"] = "dialout:x:20:\n"
    tree.needs.serialPort = "/dev/ttyUSB0"
  },
  Damage("group.dialout", .warning, fix: "exec su - pi") { $0.facts.groups.remove("dialout") },
  Damage(
    "group.spi", .failure, fix: "groupadd --system spi",
    needsSPI { tree in
      tree.facts.groups.remove("spi")
      tree.files["/etc/group"] = "root:x:0:\n"
    }),
  Damage("group.gpio", .failure, fix: "exec su - pi", needsSPI { $0.facts.groups.remove("gpio") }),
  Damage("group.audio", .failure, fix: "exec su - pi") { $0.facts.groups.remove("audio") },
  Damage("rights.realtime", .warning, fix: "rtprio 80") { $0.facts.realTimePriorityMax = 0 },
  Damage("sound.library", .failure, fix: "libasound2") {
    $0.facts.soundLibraryFailure = "cannot open shared object file"
  },
  Damage("sound.card", .failure, fix: "USB sound adapter", on: .pi5, set("/proc/asound/cards", "")),
  Damage(
    "sound.card", .warning, fix: "USB sound adapter", on: .pi5,
    set("/proc/asound/cards", " 0 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0\n")),
  Damage("sound.card", .failure, fix: "dtparam=audio=on") { tree in
    tree.files["/proc/asound/cards"] = " 0 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0\n"
    tree.files[config] = "dtparam=spi=on\n"
  },
  Damage(
    "sound.mixer", .failure, fix: "amixer -q -c Headphones sset 'PCM' 90% unmute",
    controls([SoundControl(name: "PCM", isOn: false, percent: 90)])),
  Damage(
    "sound.mixer", .failure, fix: "unmute",
    controls([SoundControl(name: "Speaker", isOn: true, percent: 12)])),
  Damage("clock.synchronised", .warning, fix: "set-ntp") { $0.facts.isClockSynchronised = false },
  Damage("clock.synchronised", .failure, fix: "set-ntp") { $0.facts.secondsSince1970 = 86_400 },
  Damage("clock.battery", .warning, fix: "ds3231") { tree in
    tree.files["/sys/class/rtc/rtc0/name"] = nil
    tree.files["/sys/class/rtc/rtc0/since_epoch"] = nil
  },
  Damage(
    "clock.battery", .warning, fix: "BAT", on: .pi5,
    set("/sys/class/rtc/rtc0/battery_voltage", "11000\n")),
  Damage("clock.battery", .warning, fix: "hwclock", set("/sys/class/rtc/rtc0/since_epoch", "60")),
  Damage("disk.space", .failure, fix: "vacuum") { $0.facts.freeBytes = { _ in 50_000_000 } },
  Damage("disk.space", .warning, fix: "vacuum") { $0.facts.freeBytes = { _ in 500_000_000 } },
  Damage("disk.space", .failure, fix: "mkdir -p '/data/x'") { tree in
    tree.needs.recordFolder = "/data/x"
    tree.facts.freeBytes = { _ in nil }
  },
  Damage(
    "disk.writable", .failure, fix: "remount,rw /",
    set("/proc/mounts", "/dev/mmcblk0p2 / ext4 ro,noatime 0 0\n")),
  Damage(
    "disk.writable", .warning, fix: "partition",
    set("/proc/mounts", "/dev/mmcblk0p2 /media/ro ext4 ro 0 0\noverlay / overlay rw 0 0\n")),
  Damage(
    "disk.errors", .failure, fix: "fsck.mode=force", set("/sys/fs/ext4/mmcblk0p2/errors_count", "7")
  ),
  Damage("disk.wear", .warning, fix: "replace mmcblk0", set(life, "0x09 0x03\n")),
  Damage("disk.wear", .failure, fix: "replace mmcblk0", set(life, "0x01 0x0b\n")),
  Damage("disk.wear", .failure, fix: "replace mmcblk0") { tree in
    tree.files[life] = "0x02 0x02\n"
    tree.files["/sys/block/mmcblk0/device/pre_eol_info"] = "0x03\n"
  },
  Damage("memory", .failure, fix: "ps -eo rss", set("/proc/meminfo", "MemAvailable: 20000 kB\n")),
  Damage("memory", .warning, fix: "ps -eo rss", set("/proc/meminfo", "MemAvailable: 80000 kB\n")),
  Damage("power.voltage", .failure, fix: "supply", set(throttled, "50005\n")),
  Damage("power.voltage", .warning, fix: "supply", set(throttled, "0x10000\n")),
  Damage("power.voltage", .failure, fix: "supply") { tree in
    // A mainline kernel has only the driver.
    tree.files[throttled] = nil
    tree.files["/sys/class/hwmon/hwmon1/name"] = "rpi_volt\n"
    tree.files["/sys/class/hwmon/hwmon1/in0_lcrit_alarm"] = "1\n"
  },
  Damage("power.throttled", .failure, fix: "heat sink", set(throttled, "e0008\n")),
  Damage("power.throttled", .warning, fix: "heat sink", set(throttled, "80000\n")),
  Damage(
    "processor.temperature", .failure, fix: "heat sink",
    set("/sys/class/thermal/thermal_zone0/temp", "82100\n")),
  Damage(
    "processor.temperature", .warning, fix: "heat sink",
    set("/sys/class/thermal/thermal_zone0/temp", "71000\n")),
  Damage(
    "processor.governor", .warning, fix: "echo performance",
    set("/sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "ondemand\n")),
  Damage("watchdog", .warning, fix: "dtparam=watchdog=on", set("/dev/watchdog0", nil)),
  Damage(
    "watchdog", .warning, fix: "RuntimeWatchdogSec",
    set("/sys/class/watchdog/watchdog0/state", "inactive\n")),
  Damage("guard", .failure, fix: "enable --now ecgclip-guard", set("/proc/802/cmdline", nil)),
  Damage(
    "guard", .failure, fix: "--buzzer",
    set("/proc/802/cmdline", "/usr/bin/ecgclip\0guard\0--json\0")),
  Damage("guard", .failure, fix: "--buzzer") { tree in
    tree.files["/proc/801/cmdline"] = "ecgclip\0monitor\0--sound=Device\0"
    tree.files["/proc/802/cmdline"] = "ecgclip\0guard\0--sound\0Device\0"
  },
  Damage("terminal", .warning, fix: "update-locale") { $0.facts.environment = ["LANG": "C"] },
  Damage("terminal", .warning, fix: "update-locale") { $0.facts.environment["LC_ALL"] = "POSIX" },
]

@Suite struct DoctorTests {
  @Test(
    "on a healthy Raspberry Pi nothing fails or warns, whatever the front-end needs",
    arguments: ["pi4", "pi5", "zero2"])
  func healthy(name: String) throws {
    for needsSPI in [false, true] {
      var tree = name == "pi4" ? Tree.pi4 : name == "pi5" ? .pi5 : .zero2
      tree.needs.spi = needsSPI
      tree.needs.serialPort = needsSPI ? nil : "/dev/ttyAMA0"
      let results = try tree.examine()
      #expect(results.filter { $0.state == .warning || $0.state == .failure } == [])
      // Nearly all of it is there to be looked at.
      #expect(results.filter { $0.state == .absent }.count <= 2)
      #expect(results.allSatisfy { !$0.text.isEmpty && $0.fix == nil })
    }
  }

  @Test("a machine that is no Raspberry Pi lacks things, but is not broken")
  func bare() throws {
    let results = try Tree.bare.examine()
    let bad = results.filter { $0.state == .warning || $0.state == .failure }
    // Alarms must be heard on any machine.
    #expect(bad.map(\.id) == ["sound.card"])
    #expect(results.filter { $0.state == .absent }.count >= 15)
  }

  @Test("each damage is seen by its check, which says how to put it right", arguments: damages)
  fileprivate func seen(damage: Damage) throws {
    var tree = damage.tree
    damage.breaking(&tree)
    let results = try tree.find(damage.id)
    let bad = try #require(results.first { $0.state == damage.state }, "\(results)")
    let fix = try #require(bad.fix)
    #expect(fix.contains(damage.fix), "\(fix)")
    #expect(!fix.contains("\n"))
    // And it was well before.
    let healthy = try damage.tree.find(damage.id)
    #expect(healthy.allSatisfy { $0.state == .ok || $0.state == .absent })
  }

  @Test("every check that can go wrong is broken by one of these damages")
  func allAreBroken() throws {
    let ids = Set(try Tree.pi4.examine().map(\.id))
    // An I2C bus that is not there is never a fault.
    #expect(ids.subtracting(damages.map(\.id)) == ["i2c"])
    #expect(Set(damages.map(\.id)).subtracting(ids) == [])
  }

  @Test("every check stands in docs/doctor.md, and nothing else does")
  func documented() throws {
    let page = try String(
      contentsOfFile: TestData.repository + "/docs/doctor.md", encoding: .utf8)
    let rows = page.matches(of: #/\n\| `([a-z0-9A-Z.]+)` \|/#).map { String($0.output.1) }
    let outside: Set = [
      "files.model", "files.profiles", "files.calibration", "signal.open", "signal.inputs",
      "signal.rate",
      "signal.losses", "signal.leadOff", "signal.range",
    ]
    #expect(Set(rows) == Set(try Tree.pi4.examine().map(\.id)).union(outside))
    #expect(rows.count == Set(rows).count)
  }

  @Test("every fix is a line that a shell can read")
  func fixesAreShell() throws {
    for damage in damages {
      var tree = damage.tree
      damage.breaking(&tree)
      for fix in try tree.find(damage.id).compactMap(\.fix) {
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/bash")
        shell.arguments = ["-n", "-c", fix]
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0, "\(fix)")
      }
    }
  }
}

@Test("a device in trouble tells a monitor which, and a healthy one nothing")
func troubles() throws {
  func troubles(
    _ tree: Tree, freeMegabytes: Int64 = 100_000, isSynchronised: Bool = true
  ) throws -> Set<DeviceTrouble> {
    var facts = tree.facts
    facts.freeBytes = { _ in freeMegabytes * 1_000_000 }
    let folder = try tree.build()
    return Machine(root: folder.path, facts: facts)
      .troubles(isClockSynchronised: isSynchronised, writingTo: "/data")
  }
  var tree = Tree.pi4
  #expect(try troubles(tree).isEmpty)
  #expect(try troubles(tree, isSynchronised: false) == [.clockUnsynchronised])
  #expect(try troubles(tree, freeMegabytes: 1000) == [.storageNearlyFull])
  #expect(try troubles(tree, freeMegabytes: 40) == [.storageFull])
  tree.files[throttled] = "50005\n"
  #expect(try troubles(tree) == [.supplyVoltageLow, .tooHot])
}

@Test("a guard that was there is missed after half a minute, and one that is expected, too")
func guardIsMissed() throws {
  func missedAt(isExpected: Bool, runs: (Int) -> Bool) -> Int? {
    var presence = GuardPresence(isExpected: isExpected)
    return (0..<60).first { presence.isMissed(isRunning: runs($0), at: Double($0 * 10)) }
  }
  #expect(missedAt(isExpected: false) { _ in false } == nil)
  #expect(missedAt(isExpected: true) { _ in false } == 3)
  #expect(missedAt(isExpected: false) { $0 < 10 } == 12)
  #expect(missedAt(isExpected: true) { $0 != 5 } == nil, "a restart is none")
  var tree = Tree.pi4
  for isThere in [true, false] {
    if !isThere { tree.files["/proc/802/cmdline"] = nil }
    let folder = try tree.build()
    #expect(Machine(root: folder.path, facts: tree.facts).runsGuard == isThere)
  }
}
