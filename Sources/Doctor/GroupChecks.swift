// Whether the user may open what is there: groups of devices, and real-time priority.

extension Machine {
  func rightsChecks() -> [CheckResult] {
    [
      group(
        "dialout", of: ["ttyUSB", "ttyACM", "ttyAMA"], subsystem: "tty", needs.serialPort != nil),
      group("spi", of: ["spidev"], subsystem: "spidev", needs.spi),
      group("gpio", of: ["gpiochip"], subsystem: "gpio", needs.spi),
      group("audio", of: ["snd"], subsystem: "sound", true), realTime,
    ]
  }

  private func group(
    _ name: String, of devices: [String], subsystem: String, _ needed: Bool
  ) -> CheckResult {
    let id = "group.\(name)"
    guard devices.contains(where: { !names("/dev", prefix: $0).isEmpty }) else {
      return .absent(id, "no device belongs to it")
    }
    if facts.isRoot { return .ok(id, "root needs no group") }
    if facts.groups.contains(name) { return .ok(id, "\(facts.user) is in it") }
    let groups = (text("/etc/group") ?? "").split(separator: "\n").map { $0.split(separator: ":") }
    let join = "sudo usermod -aG \(name) \(facts.user)"
    guard let entry = groups.first(where: { $0.first.map(String.init) == name }) else {
      // Debian has no such group: nothing but root may open these devices there.
      let rule = #"SUBSYSTEM=="\#(subsystem)", GROUP="\#(name)", MODE="0660""#
      return .bad(
        id, needed: needed, "this system has no group \(name): only root may use its devices",
        fix: "sudo groupadd --system \(name) && echo '\(rule)' | sudo tee "
          + "/etc/udev/rules.d/60-ecgclip-\(name).rules && sudo udevadm control --reload && "
          + "sudo udevadm trigger && \(join)   # then log in again")
    }
    let members = entry.count > 3 ? entry[3].split(separator: ",").map(String.init) : []
    if members.contains(facts.user) {
      return .bad(
        id, needed: needed, "\(facts.user) was added to it after this session began",
        fix: "exec su - \(facts.user)")
    }
    return .bad(
      id, needed: needed, "\(facts.user) is not in it", fix: "\(join)   # then log in again")
  }

  /// The acquisition thread asks for SCHED_FIFO 50.
  private var realTime: CheckResult {
    let id = "rights.realtime"
    if facts.isRoot || facts.realTimePriorityMax >= 50 {
      return .ok(id, "real-time priority is allowed")
    }
    return .warning(
      id, "real-time priority is not allowed: samples are lost when the machine is busy",
      fix: "echo '\(facts.user) - rtprio 80' | sudo tee /etc/security/limits.d/ecgclip.conf"
        + "   # then log in again")
  }
}
