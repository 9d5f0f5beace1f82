// The processing thread: steps the pipeline over every block and hands on what came of it - events, curve
// points, and the raw block for the recorder. It never waits for them unless the source can wait, too.

import Alarms
import Annunciator
import ECGSignal
import Guard
import Pipeline
import RealTime
import Synchronization

/// One sample of the shown rows, filtered. NaN is a gap.
struct CurvePoint: BitwiseCopyable, Sendable {
  var microvolts: InlineArray<12, Float>
}

/// Events that found no place in their ring. One thread notes, another takes.
final class RefusedEvents: Sendable {
  private let events = Atomic<Int>(0)
  private let alarms = Atomic<Int>(0)

  func note(isAlarm: Bool) {
    // Ordering: relaxed, the counts stand for nothing but themselves.
    events.add(1, ordering: .relaxed)
    if isAlarm { alarms.add(1, ordering: .relaxed) }
  }

  /// How many were refused since the last call, and how many of them were of alarms.
  func take() -> (events: Int, alarms: Int) {
    let lostAlarms = alarms.exchange(0, ordering: .relaxed)
    return (events.exchange(0, ordering: .relaxed), lostAlarms)
  }
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
  /// Places of the events' ring that are kept for alarms.
  private let alarmPlaces: Int
  /// Events that a full ring refused.
  let refused = RefusedEvents()

  /// - Parameters:
  ///   - life: told of every turn.
  ///   - alarmPlaces: so many places of `events` are kept for what alarms have to say: readers that stand still for
  ///     hours lose measurements, but no alarm.
  ///   - waits: whether to wait for the readers (replay at full speed) instead of dropping for them.
  ///   - curveRows: rows sent to the screen, at most 12; each `curveStride`-th sample.
  init(
    pipeline: Pipeline, samples: SampleRing, events: ValueRing<PipelineEvent>,
    curves: ValueRing<CurvePoint>, recording: SampleRing?, desk: AlarmDesk,
    annunciation: AnnunciationCell, life: SignsOfLife, alarmPlaces: Int, waits: Bool,
    curveRows: [Int], curveStride: Int
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
    self.alarmPlaces = alarmPlaces
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
      let isAlarm = Self.isOfAlarm(event.kind)
      let isLast = if case .ended = event.kind { true } else { false }
      while !events.push(event, leaving: waits || isAlarm || isLast ? 0 : alarmPlaces) {
        // Whoever reads must learn of the end: nothing comes after it that would be held up.
        guard waits || isLast else {
          refused.note(isAlarm: isAlarm)
          break
        }
        events.waitForSpace(milliseconds: 100)
      }
    }
  }

  private static func isOfAlarm(_ kind: PipelineEvent.Kind) -> Bool {
    switch kind {
    case .alarm, .inactivation: true
    default: false
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
