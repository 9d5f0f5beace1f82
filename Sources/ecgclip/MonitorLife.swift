// Where a monitor shows that it lives: to a guard, when somebody could find its heartbeat, and to systemd.

import Foundation
import Guard

enum MonitorLife {
  /// Whether systemd runs this monitor, beside a guard.
  static var isService: Bool {
    HeartbeatPlace.ofService(environment: ProcessInfo.processInfo.environment) != nil
  }

  /// The signs of life of a monitor with this state folder; without one, and not a service's, no guard can find it.
  static func make(
    state: String?, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> SignsOfLife {
    let manager = try ServiceManager(environment: environment)
    if let path = HeartbeatPlace.ofService(environment: environment) {
      return SignsOfLife(heartbeat: try HeartbeatFile(path: path), manager: manager)
    }
    guard let state else { return SignsOfLife(manager: manager) }
    let path = try HeartbeatPlace.ofState(folder: state)
    return SignsOfLife(heartbeat: try HeartbeatFile(path: path), manager: manager)
  }
}
