// Onsets, peaks and offsets of the waves in a stretch of about ten seconds, and the measurements of a report.
// Beats are sorted by the form of their complexes; each form's median beat is delineated on the speed of all
// leads together; a beat has its form's waves where it was aligned. Readers and programs that delineate the
// median beat scatter less than those that delineate beats (Zywietz, CSE working party).

/// Delineates a buffer of rows. Allocates only at `init`; total for any input. One thread.
public final class Delineator {
  private static let beatSecondsMin = 0.2
  private static let spikeReachSeconds = 0.2

  private let sampleRate: Double
  private let trueSampleRate: Double
  private let frontal: (I: Int, II: Int)?
  private let rows: DelineatorRows
  private let forms: DelineatorForms
  private let template: DelineatorTemplate
  private let results: UnsafeMutablePointer<DelineatedBeat>
  private let intervals: UnsafeMutablePointer<Int>
  private var resultCount = 0

  /// Plans the buffers.
  ///
  /// - Parameters:
  ///   - sampleRate: samples a second, 200 to 1000.
  ///   - rowCount: rows that are delineated together, 1 to 12.
  ///   - sampleCountMax: the longest stretch, in samples; about 10 s.
  ///   - frontal: the rows of leads I and II, from which the axes come; nil where there are none.
  ///   - trueSampleRate: the rate by which intervals are told, where it is known to be another.
  public init(
    sampleRate: Double, rowCount: Int, sampleCountMax: Int,
    frontal: (I: Int, II: Int)? = (0, 1), trueSampleRate: Double? = nil
  ) {
    precondition((200...1000).contains(sampleRate), "a rate of 200 to 1000 samples a second")
    precondition((1...Measurements.rowCountMax).contains(rowCount), "1 to 12 rows")
    precondition(sampleCountMax > 0, "a stretch of some length")
    let beatCountMax = Int(Double(sampleCountMax) / (Self.beatSecondsMin * sampleRate)) + 2
    self.sampleRate = sampleRate
    self.trueSampleRate = trueSampleRate ?? sampleRate
    self.frontal = frontal
    rows = DelineatorRows(
      sampleRate: sampleRate, rowCount: rowCount, sampleCountMax: sampleCountMax)
    forms = DelineatorForms(sampleRate: sampleRate, beatCountMax: beatCountMax)
    template = DelineatorTemplate(
      sampleRate: sampleRate, rowCount: rowCount, beatCountMax: beatCountMax)
    results = .allocate(capacity: beatCountMax)
    results.initialize(
      repeating: DelineatedBeat(sampleIndex: 0, isDominant: false), count: beatCountMax)
    intervals = .allocate(capacity: beatCountMax)
    intervals.initialize(repeating: 0, count: beatCountMax)
  }

  deinit {
    results.deallocate()
    intervals.deallocate()
  }

  /// The beats of the last call, in order of time. Valid until the next call, while the delineator lives.
  public var beats: UnsafeBufferPointer<DelineatedBeat> {
    UnsafeBufferPointer(start: results, count: resultCount)
  }

  /// Delineates a stretch and measures the beats of its dominant form.
  ///
  /// - Parameters:
  ///   - microvolts: `[row][stride]`, not filtered; what was not recorded is NaN. Read during the call.
  ///   - stride: samples from one row to the next, at least `sampleCount`.
  ///   - sampleCount: samples of each row, at most `sampleCountMax`: later ones are left out.
  ///   - beats: samples of the R peaks in order of time, within about 50 ms (`BeatDetector`).
  public func measure(
    _ microvolts: UnsafePointer<Float>, stride: Int, sampleCount: Int,
    beats: UnsafeBufferPointer<Int>
  ) -> Measurements {
    rows.load(microvolts, stride: stride, sampleCount: sampleCount)
    forms.sort(beats, in: rows)
    resultCount = forms.beatCount
    for beat in 0..<resultCount {
      results[beat] = DelineatedBeat(sampleIndex: forms.beats[beat].given, isDominant: false)
    }
    var measurements = Measurements()
    guard forms.formCount > 0 else { return measurements }
    let interval = medianInterval()
    for form in 0..<forms.formCount where form != forms.dominant {
      _ = delineate(form, interval: interval)
    }
    let waves = delineate(forms.dominant, interval: interval)
    measurements.setTimes(waves, meanInterval: meanInterval, sampleRate: trueSampleRate)
    measurements.setAmplitudes(
      waves, template: template, usable: rows.usable, sampleRate: sampleRate, frontal: frontal)
    return measurements
  }

  /// Delineates a form's median beat and marks its beats.
  private func delineate(_ form: Int, interval: Int) -> FormWaves {
    template.average(form: form, of: forms, in: rows)
    var waves = DelineatorWaves(template: template, sampleRate: sampleRate)
      .find(interval: interval, spikeEnd: spikeEnd(form))
    let atria = DelineatorAtria(rows: rows, template: template, sampleRate: sampleRate)
    if let wave = waves.pWave, !atria.areCommon(wave, form: form, of: forms) { waves.pWave = nil }
    for beat in 0..<resultCount where forms.beats[beat].form == form {
      let centre = forms.beats[beat].centre
      results[beat].isDominant = form == forms.dominant
      results[beat].qrs = inside(waves.qrs, at: centre)
      results[beat].tWave = inside(waves.tWave, at: centre)
      if let wave = waves.pWave, atria.has(wave, centre: centre) {
        results[beat].pWave = inside(wave, at: centre)
      }
      if let next = beat &+ 1 < resultCount ? forms.beats[beat &+ 1].centre : nil,
        let wave = results[beat].tWave, wave.peak >= next
      {
        results[beat].tWave = nil
      }
    }
    return waves
  }

  /// Marks at a beat, nil where they leave the stretch.
  private func inside(_ marks: WaveMarks?, at centre: Int) -> WaveMarks? {
    guard let marks = marks?.moved(by: centre), marks.onset >= 0, marks.offset < rows.sampleCount
    else { return nil }
    return marks
  }

  /// Where the pacing spikes of a form end, if most of its beats have one; a place of the template.
  private func spikeEnd(_ form: Int) -> Int? {
    var (count, latest) = (0, Int.min)
    for beat in 0..<forms.beatCount where forms.beats[beat].form == form {
      let centre = forms.beats[beat].centre
      let reach = Int(Self.spikeReachSeconds * sampleRate)
      guard let end = rows.spikeEnd(before: centre, reach: reach) else { continue }
      count &+= 1
      latest = max(latest, end &- centre)
    }
    return 2 &* count > forms.memberCount(form) ? template.before &+ latest : nil
  }

  /// Samples a beat, over all beats; nil with fewer than two.
  private var meanInterval: Double? {
    guard resultCount > 1 else { return nil }
    return Double(results[resultCount &- 1].sampleIndex &- results[0].sampleIndex)
      / Double(resultCount &- 1)
  }

  /// The median of the intervals between beats, a second where there is none.
  private func medianInterval() -> Int {
    guard resultCount > 1 else { return Int(sampleRate) }
    for beat in 1..<resultCount {
      let value = results[beat].sampleIndex &- results[beat &- 1].sampleIndex
      var place = beat &- 1
      while place > 0, intervals[place &- 1] > value {
        intervals[place] = intervals[place &- 1]
        place &-= 1
      }
      intervals[place] = value
    }
    return intervals[(resultCount &- 1) / 2]
  }
}
