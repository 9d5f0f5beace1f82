// All alarms together as one light and one sound: the gravest has both.

extension AlarmSystem {
  /// Light: the gravest that is shown. Sound: the gravest of those that nobody has answered, unless audio is
  /// paused. The reminder: something of medium priority or more is silent because a person wanted it so.
  func annunciate() {
    var light: AlarmPriority?
    var sound: AlarmPriority?
    var reminds = false
    for alarm in 0..<states.count {
      let state = states[alarm]
      let isSilenced = state.isOff || state.isActive && isAnswered(state)
      if isSilenced && state.priority >= .medium { reminds = true }
      guard state.isShown else { continue }
      light = Self.graver(light, state.priority)
      let isHeard = state.isActive || settings.latchedAlarmsSound
      if isHeard && !isAnswered(state) { sound = Self.graver(sound, state.priority) }
    }
    annunciation.light = light
    annunciation.sound = audioPausedUntil == nil ? sound : nil
    annunciation.reminds = reminds
  }

  private static func graver(_ one: AlarmPriority?, _ other: AlarmPriority) -> AlarmPriority {
    guard let one else { return other }
    return max(one, other)
  }
}
