// The lines of lamp and buzzer: which light which colour, how they are opened, and how they are brought back.

import Alarms
import Devices

/// A lamp of three colours, on one line each or mixed from fewer, as of a red-green-blue diode.
public struct AlarmLights: Sendable {
  /// Opens every line, dark.
  public let open: @Sendable () throws(SourceError) -> [any AlarmLamp]
  /// Which lines light a colour: bit 0 the first.
  public let red: UInt32, yellow: UInt32, cyan: UInt32

  /// Describes a lamp. Without a colour of its own cyan is yellow, which the standard allows for low priority.
  public init(
    red: UInt32, yellow: UInt32, cyan: UInt32?,
    open: @escaping @Sendable () throws(SourceError) -> [any AlarmLamp]
  ) {
    self.red = red
    self.yellow = yellow
    self.cyan = cyan ?? yellow
    self.open = open
  }

  /// The lines of a colour; none for darkness.
  func lines(_ colour: LampPattern.Colour?) -> UInt32 {
    switch colour {
    case .red: red
    case .yellow: yellow
    case .cyan: cyan
    case nil: 0
    }
  }
}

/// A buzzer that hums as long as its line is driven.
public struct AlarmBuzzer: Sendable {
  /// Opens its line, silent.
  public let open: @Sendable () throws(SourceError) -> any AlarmLamp

  /// Describes a buzzer.
  public init(open: @escaping @Sendable () throws(SourceError) -> any AlarmLamp) {
    self.open = open
  }
}

/// Lines that are driven only when they change, and opened again a second after one failed. One thread.
final class LineDriver {
  private static let retryNanoseconds: UInt64 = 1_000_000_000
  private let part: AnnunciatorPart
  private let health: AnnunciatorHealth
  private let open: () throws(SourceError) -> [any AlarmLamp]
  private var lines: [any AlarmLamp] = []
  /// What was set last; nil where nothing is known to be set.
  private var driven: UInt32?
  private var retryAt: UInt64 = 0

  init(
    _ part: AnnunciatorPart, _ health: AnnunciatorHealth,
    open: @escaping () throws(SourceError) -> [any AlarmLamp]
  ) {
    self.part = part
    self.health = health
    self.open = open
  }

  /// Drives the lines whose bit is set and no other. Allocates nothing while all is well.
  func drive(_ mask: UInt32, nanoseconds: UInt64) {
    guard driven != mask, nanoseconds >= retryAt else { return }
    do throws(SourceError) {
      if lines.isEmpty { lines = try open() }
      // Dark before light: two colours never shine together.
      try set(where: ~mask, isLit: false)
      try set(where: mask, isLit: true)
      driven = mask
      health.succeed(part)
    } catch {
      health.fail(part, "The alarm's \(part.name) fails. \(error.description)")
      lines = []
      driven = nil
      retryAt = nanoseconds &+ Self.retryNanoseconds
    }
  }

  /// Drives no line and lets all go.
  func close() {
    if !lines.isEmpty { drive(0, nanoseconds: .max) }
    lines = []
    driven = nil
  }

  private func set(where mask: UInt32, isLit: Bool) throws(SourceError) {
    for index in 0..<lines.count where mask >> UInt32(index) & 1 == 1 {
      let wasLit = driven.map { $0 >> UInt32(index) & 1 == 1 }
      if wasLit != isLit { try lines[index].set(isLit: isLit) }
    }
  }
}
