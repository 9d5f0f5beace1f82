// A named POSIX thread that asks for real-time scheduling and goes on without it where the system refuses.

import CLinux
import Glibc

/// A thread for work that must not wait for the rest of the program.
public final class RealTimeThread {
  private let handle: pthread_t
  /// Whether the kernel granted SCHED_FIFO (needs root, CAP_SYS_NICE or an rtprio limit).
  public let isRealTime: Bool
  private var isJoined = false

  /// Starts the body at once.
  ///
  /// - Parameters:
  ///   - name: at most 15 characters, shown by `top -H`.
  ///   - priority: SCHED_FIFO priority 1-99, nil for ordinary scheduling.
  public init(name: String, priority: Int32?, body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Body(name: name, body))
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, runThreadBody, box.toOpaque())
    precondition(status == 0, "the system refuses a thread")
    handle = thread
    var parameter = sched_param()
    parameter.sched_priority = priority ?? 0
    isRealTime =
      priority != nil && pthread_setschedparam(thread, SCHED_FIFO, &parameter) == 0
  }

  /// Waits until the body has returned. A second call does nothing.
  public func join() {
    guard !isJoined else { return }
    isJoined = true
    pthread_join(handle, nil)
  }
}

private final class Body {
  let name: String
  let run: () -> Void
  init(name: String, _ run: @escaping () -> Void) {
    self.name = name
    self.run = run
  }
}

private func runThreadBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
  clinux_thread_name(body.name)
  body.run()
  return nil
}
