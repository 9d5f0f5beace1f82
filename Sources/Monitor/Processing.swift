// The processing thread: steps the pipeline over every block and hands on what came of it - events, curve
// points, and the raw block for the recorder. It never waits for them unless the source can wait, too.

import Alarms
import Annunciator
import ECGSignal
import Guard
import Pipeline
import RealTime

/// One sample of the shown rows, filtered. NaN is a gap.
struct CurvePoint: BitwiseCopyable, Sendable {
  var microvolts: InlineArray<12, Float>
}

/// Body of the processing thread.
final class Processing {
  private let pipeline: Pipeline
  private let samples: SampleRing
  private let events: ValueRing<PipelineEvent>
  private let curves: ValueRing<CurvePoint>
  private let recording: SampleRing?
  private let desk: AlarmDesk
  private let annunciation: AnnunciationCell
  private let life: SignsOfLife
  private let waits: Bool
  private let curveRows: [Int]
  private let curveStride: Int
  private var curvePhase = 0
  private var unrecordedSamples: Int64 = 0
  /// Events that a full ring refused; read after the thread has ended.
  private(set) var eventsRefused = 0

  /// - Parameters:
  ///   - life: told of every turn.
  ///   - waits: whether to wait for the readers (replay at full speed) instead of dropping for them.
  ///   - curveRows: rows sent to the screen, at most 12; each `curveStride`-th sample.
  init(
    pipeline: Pipeline, samples: SampleRing, events: ValueRing<PipelineEvent>,
    curves: ValueRing<CurvePoint>, recording: SampleRing?, desk: AlarmDesk,
    annunciation: AnnunciationCell, life: SignsOfLife, waits: Bool, curveRows: [Int],
    curveStride: Int
  ) {
    precondition(curveRows.count <= 12 && curveStride >= 1)
    self.pipeline = pipeline
    self.samples = samples
    self.events = events
    self.curves = curves
    self.recording = recording
    self.desk = desk
    self.annunciation = annunciation
    self.life = life
    self.waits = waits
    self.curveRows = curveRows
    self.curveStride = curveStride
  }

  /// Runs until the last block.
  func run() {
    while true {
      life.processingTurned()
      guard let block = samples.front() else {
        samples.waitForData(milliseconds: 100)
        continue
      }
      while pipeline.takesCommands, let order = desk.collect() {
        pipeline.perform(order.command, by: order.person)
      }
      pipeline.step(block)
      annunciation.publish(pipeline.annunciation)
      sendEvents()
      sendCurves()
      if let recording { record(block, into: recording) }
      let isLast = block.header.pointee.isLast
      samples.release()
      if isLast { return }
    }
  }

  private func sendEvents() {
    for position in 0..<pipeline.events.count {
      let event = pipeline.events[position]
      while !events.push(event) {
        guard waits else {
          eventsRefused &+= 1
          break
        }
        events.waitForSpace(milliseconds: 100)
      }
    }
  }

  /// Curve points are for the eye only: a screen that cannot follow misses some.
  private func sendCurves() {
    for sample in 0..<pipeline.waveformSampleCount {
      curvePhase &+= 1
      guard curvePhase == curveStride else { continue }
      curvePhase = 0
      var point = CurvePoint(microvolts: .init(repeating: .nan))
      for position in 0..<curveRows.count {
        point.microvolts[position] =
          pipeline.waveform[curveRows[position] &* SampleBlock.sampleCountMax &+ sample]
      }
      _ = curves.push(point)
    }
  }

  /// Copies the raw block for the recorder; one that cannot follow gets a gap of the right length.
  private func record(_ block: SampleBlock, into ring: SampleRing) {
    let header = block.header.pointee
    if header.isDeviceAway { return }
    while true {
      if let copy = ring.reserve() {
        copy.header.pointee = header
        copy.header.pointee.gapBefore &+= unrecordedSamples
        unrecordedSamples = 0
        copy.codes.update(
          from: block.codes, count: block.channelCount &* SampleBlock.sampleCountMax)
        return ring.commit()
      }
      guard waits || header.isLast else {
        unrecordedSamples &+= header.gapBefore &+ Int64(header.sampleCount)
        return
      }
      ring.waitForSpace(milliseconds: 100)
    }
  }
}
