// Whether somebody alarms when the monitor itself is not running, with something of their own to alarm with.

extension Machine {
  /// A guard that has to sound through the monitor's card is none: a monitor that is stopped still holds it.
  func guardCheck() -> CheckResult {
    let id = "guard"
    let programs = runningCommands
    guard let command = programs.first(where: { $0.dropFirst().first == "guard" }) else {
      let start = "sudo systemctl enable --now ecgclip-guard"
      return programs.contains { $0.dropFirst().first == "monitor" }
        ? .failure(id, "a monitor runs and no guard: nobody tells when it stops", fix: start)
        : .absent(id, "no monitor runs, and no guard")
    }
    let hands =
      "# give the guard a buzzer of its own (docs/guard.md): --buzzer LINE in /etc/default/ecgclip-guard"
    let hasLine = Self.value(of: "--buzzer", command) != nil
    guard let sound = Self.value(of: "--sound", command), sound != "none" else {
      return hasLine
        ? .ok(id, "it runs, with a buzzer of its own")
        : .failure(id, "it runs, with nothing of its own to be heard with", fix: hands)
    }
    if hasLine { return .ok(id, "it runs, with a buzzer of its own and '\(sound)'") }
    let monitor = programs.first { $0.dropFirst().first == "monitor" }
    let monitorSound = monitor.map { Self.value(of: "--sound", $0) ?? "default" }
    return sound == monitorSound
      ? .failure(id, "it has only '\(sound)', which a monitor that is stopped holds", fix: hands)
      : .ok(id, "it runs, and sounds through '\(sound)'")
  }

  /// Program and arguments of every running ecgclip.
  var runningCommands: [[Substring]] {
    names("/proc").filter { $0.allSatisfy(\.isNumber) }.compactMap { process in
      let words = (text("/proc/\(process)/cmdline") ?? "").split(separator: "\0")
      guard let program = words.first, program.split(separator: "/").last == "ecgclip" else {
        return nil
      }
      return words
    }
  }

  /// What stands behind an option, or behind the = in it.
  private static func value(of option: String, _ command: [Substring]) -> Substring? {
    for (index, word) in command.enumerated() {
      if word == option { return command.dropFirst(index + 1).first }
      if word.hasPrefix(option + "=") { return word.dropFirst(option.count + 1) }
    }
    return nil
  }
}
