// The samples of a simulated chip without SPI: for an emulated bridge, whose firmware has read them already.

import Devices
import ECGSignal
import FrontEnds
import LinuxDevices

extension SimulatedADS1298 {
  /// Lets time go on for at most `count` conversions and puts them into the block, with the channels whose electrodes
  /// are off. Returns their count: 0 while the chip does not convert.
  public func takeConversions(into block: SampleBlock, count: Int) -> Int {
    var taken = 0
    var leadOff: UInt32 = 0
    while taken < min(count, SampleBlock.sampleCountMax), let next = nextConversionNanoseconds {
      advance(to: next)
      for channel in 0..<min(block.channelCount, map.channelCount) {
        let at = 3 + 3 * channel
        let high = Int32(Int8(bitPattern: frame[at])) << 16
        block.channel(channel)[taken] = high | Int32(frame[at + 1]) << 8 | Int32(frame[at + 2])
      }
      leadOff |= inputs.leadOff
      taken += 1
    }
    block.header.pointee.sampleCount = Int32(taken)
    block.header.pointee.leadOff = leadOff
    return taken
  }
}
