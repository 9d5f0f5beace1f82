// Whether what precedes the complexes is a P wave: it must come again, of the same form, before each of them.
// Fibrillation, flutter and dissociated atria do not.

import Glibc

/// Compares the beats of a form over their P waves.
struct DelineatorAtria {
  /// Share of the beats' power that they have in common (intraclass correlation).
  private static let commonMin: Float = 0.5
  /// A single beat without its P wave correlates less with the others.
  private static let correlationMin: Float = 0.3
  /// Values are means of so long: noise of muscles is faster.
  private static let blockSeconds = 0.008
  private static let marginSeconds = 0.01

  let rows: DelineatorRows
  let template: DelineatorTemplate
  let sampleRate: Double

  private var block: Int { max(1, Int((Self.blockSeconds * sampleRate).rounded())) }

  /// The stretch that is compared, in samples from the centre.
  private func stretch(_ wave: WaveMarks) -> (first: Int, blocks: Int) {
    let margin = Int((Self.marginSeconds * sampleRate).rounded())
    let count = wave.offset &- wave.onset &+ 2 &* margin
    return (wave.onset &- margin, max(1, count / block))
  }

  private func isInside(_ centre: Int, _ stretch: (first: Int, blocks: Int)) -> Bool {
    let start = centre &+ stretch.first
    return start >= 0 && start &+ stretch.blocks &* block <= rows.sampleCount
  }

  /// Whether the beats of the form share the wave, in a third of the rows at least: noise of one electrode must
  /// not hide it. False of a single beat, of which it cannot be known.
  func areCommon(_ wave: WaveMarks, form: Int, of forms: DelineatorForms) -> Bool {
    var sharing = 0
    for row in 0..<rows.rowCount where rows.isUsable(row) {
      if common(wave, row: row, form: form, of: forms) >= Self.commonMin { sharing &+= 1 }
    }
    return sharing > 0 && 3 &* sharing >= rows.usable.nonzeroBitCount
  }

  /// The intraclass correlation of a row's beats over the wave, each beat's mean removed.
  private func common(
    _ wave: WaveMarks, row: Int, form: Int, of forms: DelineatorForms
  ) -> Float {
    let stretch = stretch(wave)
    var (ofMean, ofBeats, beats): (Float, Float, Float) = (0, 0, 0)
    for place in 0..<stretch.blocks {
      var sum: Float = 0
      beats = 0
      for beat in 0..<forms.beatCount where forms.beats[beat].form == form {
        let centre = forms.beats[beat].centre
        guard isInside(centre, stretch) else { continue }
        let start = rows.row(row) + (centre &+ stretch.first)
        let value = mean(start, place) - mean(start, stretch)
        sum += value
        ofBeats += value * value
        beats += 1
      }
      if beats > 0 { ofMean += sum * sum / beats }
    }
    guard beats >= 2, ofBeats > 0 else { return 0 }
    // ofMean / ofBeats is 1 for equal beats and 1/n for unrelated ones.
    return (beats * ofMean / ofBeats - 1) / (beats - 1)
  }

  /// Whether one beat has the wave of the template.
  func has(_ wave: WaveMarks, centre: Int) -> Bool {
    let stretch = stretch(wave)
    guard isInside(centre, stretch) else { return false }
    var (ab, aa, bb): (Float, Float, Float) = (0, 0, 0)
    for row in 0..<rows.rowCount where rows.isUsable(row) {
      let first = rows.row(row) + (centre &+ stretch.first)
      let second = template.row(row) + (template.before &+ stretch.first)
      let (meanA, meanB) = (mean(first, stretch), mean(second, stretch))
      for place in 0..<stretch.blocks {
        let (a, b) = (mean(first, place) - meanA, mean(second, place) - meanB)
        ab += a * b
        aa += a * a
        bb += b * b
      }
    }
    let scale = (aa * bb).squareRoot()
    return scale > 0 && ab / scale >= Self.correlationMin
  }

  @inline(__always)
  private func mean(_ start: UnsafeMutablePointer<Float>, _ place: Int) -> Float {
    var sum: Float = 0
    for sample in place &* block..<(place &+ 1) &* block { sum += start[sample] }
    return sum / Float(block)
  }

  @inline(__always)
  private func mean(
    _ start: UnsafeMutablePointer<Float>, _ stretch: (first: Int, blocks: Int)
  ) -> Float {
    var sum: Float = 0
    for sample in 0..<stretch.blocks &* block { sum += start[sample] }
    return sum / Float(stretch.blocks &* block)
  }
}
