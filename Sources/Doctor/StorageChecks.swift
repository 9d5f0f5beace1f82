// Where sessions are written: room, a file system that takes writes and is sound, and how worn it is. And memory.

extension Machine {
  func storageChecks() -> [CheckResult] { [space, writable, errors] + wear + [memory] }

  /// 8 channels of 24 bits at 500 Hz, in MB an hour.
  static let megabytesAnHour: Int64 = 43

  private var space: CheckResult {
    let id = "disk.space"
    guard let free = facts.freeBytes(needs.recordFolder) else {
      return .failure(
        id, "no folder \(needs.recordFolder)", fix: "mkdir -p '\(needs.recordFolder)'")
    }
    let hours = free / 1_000_000 / Self.megabytesAnHour
    let text =
      "\(free / 1_000_000) MB free in \(needs.recordFolder): about \(hours) h of 8 channels"
    let fix = "sudo apt clean && sudo journalctl --vacuum-size=50M && df -h '\(needs.recordFolder)'"
    if hours < 2 { return .failure(id, text, fix: fix) }
    return hours < 48 ? .warning(id, text, fix: fix) : .ok(id, text)
  }

  /// The mount under the folder of recordings: the longest that is a prefix of it.
  private var mount: (device: String, point: String, type: String, options: [Substring])? {
    let folder = needs.recordFolder.hasSuffix("/") ? needs.recordFolder : needs.recordFolder + "/"
    let mounts = (text("/proc/mounts") ?? "").split(separator: "\n").map {
      $0.split(separator: " ")
    }
    let below = mounts.filter { fields in
      guard fields.count >= 4 else { return false }
      return folder.hasPrefix(fields[1] == "/" ? "/" : fields[1] + "/")
    }
    // The later of two on one point lies over the earlier.
    guard
      let fields = below.enumerated().max(by: { a, b in
        (a.element[1].count, a.offset) < (b.element[1].count, b.offset)
      })?.element
    else { return nil }
    return (
      String(fields[0]), String(fields[1]), String(fields[2]), fields[3].split(separator: ",")
    )
  }

  private var writable: CheckResult {
    let id = "disk.writable"
    guard let mount else { return .absent(id, "the mounts cannot be read") }
    if mount.options.contains("ro") {
      return .failure(
        id, "\(mount.point) is mounted read-only: nothing can be recorded",
        fix: "sudo mount -o remount,rw \(mount.point) && sudo dmesg | grep -i 'ext4.*error'")
    }
    if mount.type == "overlay" || mount.type == "tmpfs" {
      return .warning(
        id, "\(mount.point) is a \(mount.type): what is recorded there is gone after a power cut",
        fix: "# record on a partition of its own: ecgclip monitor --record /data/sessions")
    }
    return .ok(id, "\(mount.point) on \(mount.device) (\(mount.type))")
  }

  private var errors: CheckResult {
    let id = "disk.errors"
    let systems = names("/sys/fs/ext4").filter { exists("/sys/fs/ext4/\($0)/errors_count") }
    if systems.isEmpty { return .absent(id, "no ext4 file system") }
    for name in systems {
      let count = number("/sys/fs/ext4/\(name)/errors_count") ?? 0
      guard count > 0 else { continue }
      return .failure(
        id, "\(name): \(count) errors of its file system since it was last checked",
        fix: "sudo sed -i '1s/$/ fsck.mode=force fsck.repair=yes/' /boot/firmware/cmdline.txt && "
          + "sudo reboot   # and replace the card if they come again")
    }
    return .ok(id, "no errors on \(systems.joined(separator: ", "))")
  }

  /// eMMC tells its wear in tenths (JEDEC eMMC 5.0: life_time, pre_eol_info); an SD card tells none, so what was
  /// written to it stands for it.
  private var wear: [CheckResult] {
    let id = "disk.wear"
    let disks = names("/sys/block", prefix: "mmcblk").filter { !$0.contains("boot") }
    if disks.isEmpty { return [.absent(id, "no memory card")] }
    return disks.map { disk in
      let folder = "/sys/block/\(disk)/device"
      let words = (text("\(folder)/life_time") ?? "").split(separator: " ")
      let tenths = words.compactMap { Int($0.dropFirst(2), radix: 16) }.max() ?? 0
      let reserve = text("\(folder)/pre_eol_info").flatMap { Int($0.dropFirst(2), radix: 16) } ?? 0
      guard tenths > 0 else { return .ok(id, "\(disk): a card that tells no wear\(written(disk))") }
      let text = "\(disk): \((tenths - 1) * 10)-\(tenths * 10) % of its life used"
      let fix = "# replace \(disk) soon; now save its sessions: rsync -a sessions/ /media/usb/"
      if tenths > 10 || reserve >= 3 { return .failure(id, text, fix: fix) }
      return tenths >= 9 || reserve == 2 ? .warning(id, text, fix: fix) : .ok(id, text)
    }
  }

  private func written(_ disk: String) -> String {
    let kilobytes = names("/sys/fs/ext4", prefix: disk).compactMap {
      number("/sys/fs/ext4/\($0)/lifetime_write_kbytes")
    }
    return kilobytes.isEmpty ? "" : ", \(kilobytes.reduce(0, +) / 1_000_000) GB written to it"
  }

  private var memory: CheckResult {
    let id = "memory"
    let line = (text("/proc/meminfo") ?? "").split(separator: "\n")
      .first { $0.hasPrefix("MemAvailable:") }
    guard let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int64($0) })
    else {
      return .absent(id, "the memory cannot be read")
    }
    let text = "\(kilobytes / 1000) MB available"
    let fix = "ps -eo rss,comm --sort=-rss | head -15   # stop what is not needed"
    // The monitor itself takes 21 MB.
    if kilobytes < 50_000 { return .failure(id, text, fix: fix) }
    return kilobytes < 100_000 ? .warning(id, text, fix: fix) : .ok(id, text)
  }
}
