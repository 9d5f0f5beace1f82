// Whether an alarm would be heard: the library, a card with a loudspeaker, and its mixer.

extension Machine {
  func soundChecks(_ board: Board, _ config: FirmwareConfig?) -> [CheckResult] {
    let cards = soundCards
    return [soundLibrary, soundCard(cards, board, config)]
      + (cards.isEmpty ? [.absent("sound.mixer", "no sound card")] : cards.map(mixer))
  }

  /// Ids of the cards: the words in brackets of /proc/asound/cards.
  private var soundCards: [String] {
    (text("/proc/asound/cards") ?? "").split(separator: "\n").compactMap { line in
      guard let open = line.firstIndex(of: "["), let close = line.firstIndex(of: "]"),
        open < close, line[..<open].contains(where: \.isNumber)
      else { return nil }
      return line[line.index(after: open)..<close].filter { $0 != " " }
    }
  }

  private var soundLibrary: CheckResult {
    guard let failure = facts.soundLibraryFailure else {
      return .ok("sound.library", "ALSA's library is there")
    }
    return .failure(
      "sound.library", "ALSA's library is missing (\(failure)): no alarm can be heard",
      fix: "sudo apt install -y libasound2t64 || sudo apt install -y libasound2")
  }

  private func soundCard(
    _ cards: [String], _ board: Board, _ config: FirmwareConfig?
  ) -> CheckResult {
    let id = "sound.card"
    let audible = cards.filter { !$0.hasPrefix("vc4hdmi") && $0 != "Loopback" && $0 != "Dummy" }
    if !audible.isEmpty { return .ok(id, audible.joined(separator: ", ")) }
    let hands = "# plug in a USB sound adapter with a loudspeaker, then: ecgclip doctor"
    let only = cards.isEmpty ? "no sound card" : "only \(cards.joined(separator: ", "))"
    // A Zero has no jack either, though its chip is that of a board that has one.
    let model = text("/proc/device-tree/model") ?? ""
    let hasJack = (board == .pi4 && !model.contains("Compute")) || model.contains("Pi 3")
    if hasJack, config?.has("dtparam=audio=on") != true {
      let path = config?.path ?? "/boot/firmware/config.txt"
      return .failure(
        id, "\(only): the board's jack is off",
        fix: "printf '\\n[all]\\ndtparam=audio=on\\n' | sudo tee -a \(path) && sudo reboot")
    }
    if cards.isEmpty { return .failure(id, "no sound card: no alarm can be heard", fix: hands) }
    return .warning(
      id,
      "\(only): silent unless a screen with a loudspeaker hangs on it"
        + (hasJack ? "" : ", and this board has no jack"), fix: hands)
  }

  private func mixer(_ card: String) -> CheckResult {
    let id = "sound.mixer"
    guard let controls = facts.soundControls(card) else {
      return .absent(id, "\(card): its mixer cannot be asked")
    }
    let way = controls.filter(\.isOnTheWay)
    if way.isEmpty { return .absent(id, "\(card): has no volume of its own") }
    // An alarm at a third of the range is hardly heard beside a ventilator.
    let silent = way.filter { $0.isBelow(percent: 34) }
    guard let control = silent.first else {
      let levels = way.map { "\($0.name) \($0.percent.map { "\($0) %" } ?? "on")" }
      return .ok(id, "\(card): \(levels.joined(separator: ", "))")
    }
    let state = control.isOn == false ? "muted" : "at \(control.percent ?? 0) %"
    return .failure(
      id, "\(card): \(control.name) is \(state)",
      fix: "amixer -q -c \(card) sset '\(control.name)' 90% unmute && sudo alsactl store")
  }
}
