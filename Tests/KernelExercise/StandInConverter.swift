// A converter on no bus, and the outside world that pulls its data-ready line.

import CLinux
import Devices
import Glibc
import Synchronization

/// Answers as an ADS1298 does, without an SPI bus: registers that hold what is written, frames of zeros.
final class StandInConverter: SPIBus {
  private var registers = [UInt8](repeating: 0, count: 0x1A)

  init() { registers[0] = 0x92 }

  func transfer(
    _ transmit: UnsafePointer<UInt8>, _ receive: UnsafeMutablePointer<UInt8>, count: Int,
    clockHz: UInt32, holdMicroseconds: UInt16
  ) -> Int32 {
    for index in 0..<count { receive[index] = 0 }
    let address = Int(transmit[0] & 0x1F)
    switch transmit[0] & 0xE0 {
    case 0x20: for index in 2..<count { receive[index] = registers[address + index - 2] }
    case 0x40: for index in 2..<count { registers[address + index - 2] = transmit[index] }
    default: receive[0] = 0xC0
    }
    if transmit[0] == 0x06 {
      registers = [UInt8](repeating: 0, count: 0x1A)
      registers[0] = 0x92
      registers[1] = 0x06
      registers[2] = 0x40
      registers[3] = 0x40
      registers[0x14] = 0x0F
    }
    return 0
  }
}

/// A thread that makes falling edges, 2 ms apart as exactly as an emulated processor can.
final class Outside: Sendable {
  let falls: Int
  private let path: String
  private let done = Atomic<Bool>(false)

  init(path: String, falls: Int) {
    self.path = path
    self.falls = falls
  }

  var isDone: Bool { done.load(ordering: .acquiring) }

  func start() {
    let thread = Unmanaged.passRetained(self)
    var handle = pthread_t()
    pthread_create(
      &handle, nil,
      { argument in
        argument.map { Unmanaged<Outside>.fromOpaque($0).takeRetainedValue().run() }
        return nil
      }, thread.toOpaque())
    pthread_detach(handle)
  }

  private func run() {
    let file = open(path, O_WRONLY)
    let start = clinux_monotonic_nanoseconds()
    for fall in 1...falls {
      let due = start + UInt64(fall) * 2_000_000
      let now = clinux_monotonic_nanoseconds()
      if due > now { clinux_sleep_nanoseconds(due - now) }
      _ = write(file, "pull-up", 7)
      _ = write(file, "pull-down", 9)
    }
    close(file)
    done.store(true, ordering: .releasing)
  }
}
