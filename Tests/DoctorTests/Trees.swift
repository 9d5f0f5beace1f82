// Devices as trees of files: a healthy Raspberry Pi 4, 5 and Zero 2 W, as Raspberry Pi OS 13 shows them, and a PC.

import Devices
import Doctor
import Foundation
import TestSupport

/// A device that a test may break before it is looked at.
struct Tree {
  /// Text by path; a path that ends with / is an empty folder.
  var files: [String: String]
  /// Symbolic links: path to target.
  var links: [String: String] = [:]
  /// Of files that hold a key.
  var keyMode = 0o600
  var facts = SystemFacts()
  var needs = Needs()

  /// Looks at it.
  func examine() throws -> [CheckResult] {
    let folder = try build()
    return Doctor.examine(Machine(root: folder.path, facts: facts, needs: needs))
  }

  /// The files, for as long as the folder is kept.
  func build() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (path, text) in files {
      try folder.makeFolder(of: String(path.dropFirst()) + (path.hasSuffix("/") ? "x" : ""))
      if path.hasSuffix("/") { continue }
      try folder.write(String(path.dropFirst()), text)
      let mode = path.hasSuffix("device.key") ? keyMode : 0o644
      try FileManager.default.setAttributes(
        [.posixPermissions: mode], ofItemAtPath: folder.path + path)
    }
    for (path, target) in links {
      try folder.makeFolder(of: String(path.dropFirst()))
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + path, withDestinationPath: target)
    }
    return folder
  }

  /// What it finds of one check.
  func find(_ id: String) throws -> [CheckResult] { try examine().filter { $0.id == id } }

  /// Files that every healthy Linux has.
  private static let linux = [
    "/proc/mounts": "/dev/mmcblk0p2 / ext4 rw,noatime 0 0\nproc /proc proc rw 0 0\n",
    "/proc/meminfo": "MemTotal: 3884000 kB\nMemFree: 100000 kB\nMemAvailable: 3300000 kB\n",
    "/proc/sys/kernel/osrelease": "6.12.47+rpt-rpi-v8\n",
    "/etc/group":
      "root:x:0:\ndialout:x:20:pi\naudio:x:29:pi\nspi:x:989:pi\ngpio:x:986:pi\n",
    "/sys/fs/ext4/mmcblk0p2/errors_count": "0\n",
    "/sys/fs/ext4/mmcblk0p2/lifetime_write_kbytes": "312000000\n",
    "/sys/block/mmcblk0/device/type": "SD\n",
  ]

  /// What every healthy Raspberry Pi has besides.
  private static let pi = linux.merging([
    "/proc/cmdline": "console=tty1 root=PARTUUID=1234-02 rootwait quiet\n",
    "/etc/systemd/system/ecgclip-monitor.service":
      "[Service]\nLoadCredential=device.key:/etc/ecgclip/device.key\n",
    "/etc/ecgclip/device.key": "ab\n",
    "/dev/spidev0.0": "", "/dev/spidev0.1": "", "/dev/i2c-1": "", "/dev/gpiochip0": "",
    "/dev/watchdog0": "", "/dev/snd/controlC0": "",
    "/proc/801/cmdline": "/usr/bin/ecgclip\0monitor\0--json\0",
    "/proc/802/cmdline": "/usr/bin/ecgclip\0guard\0--buzzer\024\0",
    "/proc/803/cmdline": "sh\0guard\0",
    "/dev/ttyUSB0": "", "/dev/serial/by-id/usb-FTDI_FT231X_DK0F3S4T-if00-port0": "",
    "/sys/bus/usb-serial/devices/ttyUSB0/latency_timer": "1\n",
    "/sys/module/spidev/parameters/bufsiz": "4096\n",
    "/sys/class/watchdog/watchdog0/state": "active\n",
    "/sys/class/thermal/thermal_zone0/temp": "48312\n",
    "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor": "performance\n",
    "/sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    "/sys/class/rtc/rtc0/name": "rtc-ds1307 1-0068\n",
    "/sys/class/rtc/rtc0/since_epoch": "1790000000\n",
  ]) { $1 }

  private static func facts(_ label: String) -> SystemFacts {
    var facts = SystemFacts()
    facts.user = "pi"
    facts.groups = ["pi", "dialout", "spi", "gpio", "audio"]
    facts.realTimePriorityMax = 95
    facts.isClockSynchronised = true
    facts.secondsSince1970 = 1_790_000_000
    facts.freeBytes = { _ in 20_000_000_000 }
    facts.gpiodGeneration = 2
    facts.gpioLabels = ["/dev/gpiochip0": label]
    facts.soundControls = { _ in [SoundControl(name: "PCM", isOn: true, percent: 90)] }
    facts.environment = ["LANG": "en_GB.UTF-8", "HOME": "/nowhere/pi"]
    return facts
  }

  static let pi4 = Tree(
    files: pi.merging([
      "/proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.5\0",
      "/proc/device-tree/compatible": "raspberrypi,4-model-b\0brcm,bcm2711\0",
      "/boot/firmware/config.txt":
        "# comment\ndtparam=spi=on\ndtparam=audio=on\n[pi5]\nx=1\n[all]\ncore_freq_fixed=1\n",
      "/proc/asound/cards": """
       0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones
                            bcm2835 Headphones
       1 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0
                            vc4-hdmi-0

      """,
      "/dev/ttyAMA0": "",
    ]) { $1 }, links: ["/dev/serial0": "ttyAMA0"], facts: facts("pinctrl-bcm2711"))

  static let pi5 = Tree(
    files: pi.merging([
      "/proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
      "/proc/device-tree/compatible": "raspberrypi,5-model-b\0brcm,bcm2712\0",
      "/boot/firmware/config.txt": "dtparam=i2c_arm=on,spi=on\n[all]\ndtoverlay=uart0-pi5\n",
      "/proc/asound/cards": " 0 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0\n"
        + " 1 [Device         ]: USB-Audio - USB Audio Device\n",
      "/dev/gpiochip10": "", "/dev/ttyAMA0": "", "/dev/ttyAMA10": "",
      "/sys/class/rtc/rtc0/name": "rpi-rtc soc:rpi_rtc\n",
      "/sys/class/rtc/rtc0/battery_voltage": "2964099\n",
    ]) { $1 }, links: ["/dev/serial0": "ttyAMA10"], facts: facts("pinctrl-rp1"))

  static let zero2 = Tree(
    files: pi.merging([
      "/proc/device-tree/model": "Raspberry Pi Zero 2 W Rev 1.0\0",
      "/proc/device-tree/compatible": "raspberrypi,model-zero-2-w\0brcm,bcm2837\0",
      "/boot/firmware/config.txt": "dtparam=spi=on\n[pi02]\ncore_freq_fixed=1\n",
      "/proc/asound/cards": " 0 [sndrpihifiberry]: HifiberryDacp - snd_rpi_hifiberry_dacplus\n",
      "/dev/ttyAMA0": "",
    ]) { $1 }, links: ["/dev/serial0": "ttyAMA0"], facts: facts("pinctrl-bcm2835"))

  /// A virtual machine without any of it.
  static let bare: Tree = {
    var tree = Tree(files: linux)
    tree.files["/sys/fs/ext4/mmcblk0p2/errors_count"] = nil
    tree.files["/sys/block/mmcblk0/device/type"] = nil
    tree.facts = facts("")
    tree.facts.gpioLabels = [:]
    tree.facts.gpiodGeneration = 0
    return tree
  }()
}
