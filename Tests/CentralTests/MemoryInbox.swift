// An inbox that forgets with the test.

import AlertLink
import ECGSignal
import Synchronization

final class MemoryInbox: AlertInbox, Sendable {
  private struct State {
    var epoch: UInt64 = 0
    var entries: [InboxEntry] = []
    var newest: [String: AlertPosition] = [:]
    var published: [String: UInt64] = [:]
  }

  private let state = Mutex(State())

  func beginEpoch(atLeast floor: UInt64) throws(AlertStoreError) -> UInt64 {
    state.withLock { state in
      state.epoch = max(state.epoch + 1, floor)
      return state.epoch
    }
  }

  func newest(of device: String) throws(AlertStoreError) -> AlertPosition? {
    state.withLock { $0.newest[device] }
  }

  func accept(_ entries: [InboxEntry]) throws(AlertStoreError) {
    state.withLock { state in
      for var entry in entries {
        let newest = state.newest[entry.device] ?? .zero
        guard newest < entry.record.position else { continue }
        state.newest[entry.device] = entry.record.position
        entry.number = UInt64(state.entries.count + 1)
        state.entries.append(entry)
      }
    }
  }

  func accepted(after number: UInt64, limit: Int) throws(AlertStoreError) -> [InboxEntry] {
    state.withLock { Array($0.entries.dropFirst(Int(number)).prefix(limit)) }
  }

  func published(by output: String) throws(AlertStoreError) -> UInt64 {
    state.withLock { $0.published[output] ?? 0 }
  }

  func markPublished(by output: String, through number: UInt64) throws(AlertStoreError) {
    state.withLock { $0.published[output] = number }
  }

  /// Accepts one message of each sequence for a device.
  func add(_ device: String, _ sequences: ClosedRange<UInt64>) throws {
    try accept(
      sequences.map { sequence in
        var message = alert("asystole")
        message.device = device
        message.position = AlertPosition(epoch: 7, sequence: sequence)
        let record = AlertRecord(position: message.position, json: message.encoded())
        return InboxEntry(device: device, record: record)
      })
  }
}

/// A message as a device would send it.
func alert(
  _ condition: String, phase: AlertMessage.Phase = .start, at seconds: Double = 13.25
) -> AlertMessage {
  AlertMessage(
    condition: condition, message: "Asystole", phase: phase, priority: .high,
    onset: .init(monotonicSeconds: 12.5, wallTime: "2026-01-02T03:04:05.678Z"),
    time: .init(monotonicSeconds: seconds, wallTime: "2026-01-02T03:04:06.428Z"),
    clockQuality: .synchronised, values: ["heartRateBPM": 0], leads: LeadSet(.II))
}
