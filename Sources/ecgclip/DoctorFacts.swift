// What no file tells, asked of this system: rights, clocks, libraries, the sound cards' mixers.

import CALSA
import CGPIO
import CLinux
import Doctor
import Foundation
import LinuxDevices

extension SystemFacts {
  /// What a monitor that runs asks of its device, every ten seconds.
  static var watched: SystemFacts {
    var facts = SystemFacts()
    facts.freeBytes = { folder in freeBytes(in: folder) }
    return facts
  }

  /// The facts of this machine; GPIO chips are looked for below `root`.
  static func live(root: String) -> SystemFacts {
    var facts = SystemFacts()
    facts.user = NSUserName()
    facts.isRoot = geteuid() == 0
    facts.groups = groupNames()
    facts.realTimePriorityMax = realTimePriorityMax()
    facts.isClockSynchronised = clinux_clock_is_synchronised() != 0
    facts.secondsSince1970 = Date().timeIntervalSince1970
    facts.freeBytes = { folder in freeBytes(in: root + folder) }
    facts.gpiodGeneration = Int(cgpio_version())
    facts.gpioLabels = facts.gpiodGeneration > 0 ? gpioLabels(root) : [:]
    facts.soundLibraryFailure = calsa_load().map { String(cString: $0) }
    facts.soundControls = SoundMixer.controls
    facts.environment = ProcessInfo.processInfo.environment
    return facts
  }

  /// Free bytes for this user; nil where there is no such folder.
  static func freeBytes(in folder: String) -> Int64? {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return nil }
    return Int64(status.f_bavail) * Int64(status.f_frsize)
  }

  private static func groupNames() -> Set<String> {
    var identifiers = [gid_t](repeating: 0, count: 256)
    let count = getgroups(Int32(identifiers.count), &identifiers)
    let all = identifiers.prefix(Int(max(0, count))) + [getegid()]
    return Set(
      all.compactMap { identifier in
        getgrgid(identifier).map { String(cString: $0.pointee.gr_name) }
      })
  }

  private static func realTimePriorityMax() -> Int {
    var limit = rlimit()
    // RLIMIT_RTPRIO, which Swift does not import.
    guard getrlimit(__rlimit_resource_t(14), &limit) == 0 else { return 0 }
    return Int(clamping: limit.rlim_cur)
  }

  private static func gpioLabels(_ root: String) -> [String: String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root + "/dev")) ?? []
    var labels: [String: String] = [:]
    for name in names where name.hasPrefix("gpiochip") {
      var failed: UnsafePointer<CChar>?
      var label = [CChar](repeating: 0, count: 64)
      if cgpio_chip_label("\(root)/dev/\(name)", &label, label.count, &failed) >= 0 {
        labels["/dev/\(name)"] = label.withUnsafeBufferPointer { buffer in
          buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
      }
    }
    return labels
  }
}
