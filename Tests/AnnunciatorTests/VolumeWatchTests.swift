// The floor of the volume, with a mixer that people turn down.

import Devices
import Synchronization
import Testing

@testable import Annunciator

/// A mixer of one control.
private final class StandInMixer: SoundVolume {
  struct State {
    var control = SoundControl(name: "Headphone", isOn: true, percent: 80)
    var isStuck = false
  }
  let state = Mutex(State())

  func raise(toPercent floor: Int) throws(SourceError) -> [SoundControl] {
    let found = state.withLock { state -> Result<[SoundControl], SourceError> in
      let was = state.control
      guard was.isBelow(percent: floor) else { return .success([]) }
      if state.isStuck { return .failure(SourceError("'Headphone' stays below \(floor) %.")) }
      state.control = SoundControl(name: was.name, isOn: true, percent: floor)
      return .success([was])
    }
    return try found.get()
  }

  func set(isOn: Bool = true, percent: Int, isStuck: Bool = false) {
    state.withLock {
      $0.control = SoundControl(name: "Headphone", isOn: isOn, percent: percent)
      $0.isStuck = isStuck
    }
  }
}

@Suite struct VolumeWatchTests {
  private let mixer = StandInMixer()
  private let health = AnnunciatorHealth()
  private var watch: VolumeWatch { VolumeWatch(mixer, percentMin: 50, health) }

  @Test("a volume above the floor is left alone, and nothing is told of it")
  func enough() {
    watch.step()
    #expect(mixer.state.withLock { $0.control.percent } == 80)
    #expect(health.takeSentences().isEmpty && !health.isFailed(.volume))
  }

  @Test("what was turned down or muted is raised to the floor, and told with what it was")
  func raised() {
    mixer.set(percent: 10)
    watch.step()
    #expect(mixer.state.withLock { $0.control.percent } == 50)
    #expect(
      health.takeSentences() == ["The loudspeaker's 'Headphone' was at 10 %: raised to 50 %."])
    mixer.set(isOn: false, percent: 90)
    watch.step()
    #expect(mixer.state.withLock { $0.control.isOn } == true)
    #expect(health.takeSentences() == ["The loudspeaker's 'Headphone' was muted: raised to 50 %."])
    #expect(!health.isFailed(.volume))
  }

  @Test("one that cannot be raised is a failure, told once, until it can")
  func stuck() {
    mixer.set(percent: 10, isStuck: true)
    for _ in 0..<3 { watch.step() }
    #expect(health.isFailed(.volume))
    #expect(
      health.takeSentences() == [
        "The alarm's volume cannot be kept up. 'Headphone' stays below 50 %."
      ])
    mixer.set(percent: 10)
    watch.step()
    #expect(!health.isFailed(.volume))
    #expect(health.takeSentences().contains("The alarm's volume works again."))
  }
}
