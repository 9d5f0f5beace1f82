// What people do: acknowledge, pause the sound, switch an alarm off, put the monitor in standby.

extension AlarmSystem {
  /// Whether there is room for what the next command makes to tell. There always is right after `clearNews`.
  public var takesCommands: Bool {
    news.capacity &- news.count >= 6 &* states.count &+ 8
  }

  /// Does what a person asked at the time of the last step. Call it only while `takesCommands`.
  public func perform(_ command: AlarmCommand, by person: AlarmPerson = .unnamed) {
    actor = person
    defer { actor = .unnamed }
    switch command {
    case .acknowledge(let alarm): if has(alarm) { acknowledge(alarm) }
    case .acknowledgeAll: for alarm in 0..<states.count { acknowledge(alarm) }
    case .remoteAcknowledge(let alarm): if has(alarm) { accept(alarm) }
    case .pauseAudio(let seconds): pauseAudio(seconds)
    case .resumeAudio: if audioPausedUntil != nil { endAudioPause(.operated) }
    case .setOff(let alarm, let isOff): if has(alarm) { setOff(alarm, isOff) }
    case .standby(let isStandby): setStandby(isStandby, .operated)
    case .technical(let alarm, let isPresent):
      guard has(alarm) else { break }
      if alarm == BuiltInAlarm.linkLost.rawValue, isPresent, !states[alarm].isPresent {
        endAcceptances()
      }
      setCondition(alarm, isPresent: isPresent)
    }
    annunciate()
  }

  private func has(_ alarm: Int) -> Bool { alarm >= 0 && alarm < states.count }

  /// A person at the device has seen it. What is only shown for that is shown no more.
  private func acknowledge(_ alarm: Int, _ cause: AlarmCause = .operated) {
    guard states[alarm].isShown, !states[alarm].isAcknowledged else { return }
    states[alarm].isAcknowledged = true
    tell(alarm, .acknowledged, cause)
    guard states[alarm].isLatched else { return }
    states[alarm].clear()
    tell(alarm, .end, cause)
  }

  /// A person at the central station has seen it. It stays shown until a person at the device has, too.
  private func accept(_ alarm: Int) {
    guard states[alarm].isShown, !states[alarm].isAccepted else { return }
    states[alarm].isAccepted = true
    tell(alarm, .accepted, .central)
  }

  /// The central station is out of reach: nobody there is in charge any more of what was silenced from there. It sounds
  /// again here, and waits anew for somebody to come.
  private func endAcceptances() {
    guard settings.remoteAcknowledgementSilences else { return }
    for alarm in 0..<states.count where states[alarm].isShown && states[alarm].isAccepted {
      states[alarm].isAccepted = false
      states[alarm].raisedAtSeconds = nowSeconds
      if !states[alarm].isAcknowledged { tell(alarm, .update, .linkLost) }
    }
  }

  private func setOff(_ alarm: Int, _ isOff: Bool) {
    guard rules[alarm].mayBeOff, states[alarm].isOff != isOff else { return }
    states[alarm].isOff = isOff
    tell(alarm, isOff ? .off : .on, .operated)
    if states[alarm].isShown { tell(alarm, .end, .operated) }
    states[alarm].clear()
    inactivation.offCount &+= isOff ? 1 : -1
    tellInactivation(.operated)
  }

  private func pauseAudio(_ seconds: Double) {
    // Written so that a length that is no number is the longest.
    let length = seconds < Self.audioPauseSecondsMax ? max(seconds, 1) : Self.audioPauseSecondsMax
    audioPausedUntil = nowSeconds + length
    inactivation.audioPauseSecondsLeft = Int32(length.rounded(.up))
    tellInactivation(.operated)
  }

  /// Tells each second how long the pause still lasts.
  func countDown() {
    guard let audioPausedUntil else { return }
    let left = Int32((audioPausedUntil - nowSeconds).rounded(.up))
    guard left > 0 else { return endAudioPause(.countdown) }
    guard left != inactivation.audioPauseSecondsLeft else { return }
    inactivation.audioPauseSecondsLeft = left
    tellInactivation(.countdown)
  }

  func endAudioPause(_ cause: AlarmInactivationCause) {
    audioPausedUntil = nil
    inactivation.audioPauseSecondsLeft = nil
    tellInactivation(cause)
  }

  /// The patient is away: whoever says so has seen the alarms of patient and electrodes, which end.
  func setStandby(_ isStandby: Bool, _ cause: AlarmInactivationCause) {
    guard inactivation.isStandby != isStandby else { return }
    if isStandby {
      for alarm in 0..<states.count where rules[alarm].isInactiveInStandby {
        acknowledge(alarm, .standby)
        if states[alarm].isShown { tell(alarm, .end, .standby) }
        states[alarm].clear()
      }
    }
    inactivation.isStandby = isStandby
    tellInactivation(cause)
  }

  func tellInactivation(_ cause: AlarmInactivationCause) {
    inactivation.cause = cause
    inactivation.person = actor
    news.append(.inactivation(inactivation))
  }
}
