// Detections as annotations in MIT format, in the words that eval0.tex of the WFDB Applications Guide asks of a device
// under test: beats, shutdown, fibrillation, rhythm. So everybody's `bxb` and `epicmp` can score them.

import Recordings
import SignalProcessing

extension Detections {
  /// Beats, rhythm, noise and shutdown in the order of their samples.
  ///
  /// - Beats: N, S, V, / (paced), Q (unclassifiable).
  /// - Rhythm ("+" with a text): `(N` at the start, then what holds: `(VT` for six ventricular beats and more,
  ///   `(AFIB`, `(VT` for three to five, `(B`, `(T`, `(SVTA`, else `(N`; of several the first in this list.
  /// - `[` and `]` around ventricular fibrillation and flutter.
  /// - "~" where the noise changes: subtype -1 begins a shutdown, any other is the set of noisy signals of the first
  ///   four, and ends one. No other mark stands within a shutdown, or `bxb` would misread its end.
  public var annotations: [Annotation] {
    let shutdowns = shutdownPieces
    let marks = (rhythmMarks + fibrillationMarks).map { mark in
      var mark = mark
      if let shutdown = shutdowns.first(where: { $0.contains(mark.sample) }) {
        mark.sample = shutdown.upperBound
      }
      return mark
    }
    let beatMarks = beats.map { Annotation(sample: Int($0.sampleIndex), code: $0.beatClass.code) }
    // Sorted as they are listed where samples are equal: a resumption before a rhythm, a rhythm before its beat.
    return (noiseMarks(shutdowns) + marks + beatMarks).enumerated()
      .sorted { ($0.element.sample, $0.offset) < ($1.element.sample, $1.offset) }
      .map(\.element)
  }

  /// Stretches without analysis, from the first sample to the first after it; a beat that was told nevertheless parts
  /// one in two.
  private var shutdownPieces: [Range<Int>] {
    var pieces: [Range<Int>] = []
    var told = beats.map { Int($0.sampleIndex) }[...]
    for (position, change) in noiseChanges.enumerated() where change.isShutdown {
      let isLast = position + 1 == noiseChanges.count
      let end = isLast ? lastSample : noiseChanges[position + 1].sample
      var start = change.sample
      told = told.drop { $0 < start }
      while let beat = told.first, beat < end {
        if start < beat { pieces.append(start..<beat) }
        start = beat + 1
        told.removeFirst()
      }
      if start < end { pieces.append(start..<end) }
    }
    return pieces
  }

  private var lastSample: Int { max(0, sampleCount - 1) }

  /// Where each shutdown begins and ends, and where the set of noisy signals changes otherwise.
  private func noiseMarks(_ shutdowns: [Range<Int>]) -> [Annotation] {
    let changes = noiseChanges.filter { !$0.isShutdown }
    let noisy = Dictionary(
      changes.map { ($0.sample, $0.noisyChannels) }, uniquingKeysWith: { $1 })
    let ends = Set(shutdowns.map(\.upperBound))
    let begun = shutdowns.map { noiseMark($0.lowerBound, subtype: -1) }
    let ended = shutdowns.map { noiseMark($0.upperBound, noisy: noisy[$0.upperBound] ?? 0) }
    let others = changes.filter { !ends.contains($0.sample) }
      .map { noiseMark($0.sample, noisy: $0.noisyChannels) }
    return begun + ended + others
  }

  /// Bits 0 to 3 are noise in the first four signals; bits 4 to 7 would be their shutdown.
  private func noiseMark(_ sample: Int, noisy: UInt32) -> Annotation {
    noiseMark(sample, subtype: Int8(noisy & 0xF))
  }

  private func noiseMark(_ sample: Int, subtype: Int8) -> Annotation {
    Annotation(sample: sample, code: AnnotationCode.noise, subtype: subtype)
  }

  private var fibrillationMarks: [Annotation] {
    var isOpen = false
    var marks: [Annotation] = []
    for change in orderedChanges where change.rhythm == .ventricularFibrillation {
      if change.isOnset == isOpen { continue }
      isOpen = change.isOnset
      let code =
        isOpen ? AnnotationCode.fibrillationBegins : AnnotationCode.fibrillationEnds
      marks.append(Annotation(sample: clamped(change.sampleIndex), code: code))
    }
    if isOpen {
      marks.append(Annotation(sample: lastSample, code: AnnotationCode.fibrillationEnds))
    }
    return marks
  }

  private var rhythmMarks: [Annotation] {
    var marks = [rhythmMark(0, "(N")]
    var active: Set<Rhythm> = []
    for change in orderedChanges {
      if change.isOnset { active.insert(change.rhythm) } else { active.remove(change.rhythm) }
      let text = Self.texts.first { active.contains($0.rhythm) }?.text ?? "(N"
      let sample = clamped(change.sampleIndex)
      if marks[marks.count - 1].sample == sample { marks.removeLast() }
      if marks.last?.auxiliary != text { marks.append(rhythmMark(sample, text)) }
    }
    return marks
  }

  /// An end before a beginning at the same sample.
  private var orderedChanges: [RhythmChange] {
    rhythmChanges.enumerated().sorted { a, b in
      (a.element.sampleIndex, a.element.isOnset ? 1 : 0, a.offset)
        < (b.element.sampleIndex, b.element.isOnset ? 1 : 0, b.offset)
    }.map(\.element)
  }

  private func clamped(_ sample: Int64) -> Int { min(max(0, Int(sample)), lastSample) }

  private func rhythmMark(_ sample: Int, _ text: String) -> Annotation {
    Annotation(sample: sample, code: AnnotationCode.rhythm, auxiliary: text)
  }

  private static let texts: [(rhythm: Rhythm, text: String)] = [
    (.ventricularTachycardia, "(VT"), (.atrialFibrillation, "(AFIB"), (.ventricularRun, "(VT"),
    (.ventricularBigeminy, "(B"), (.ventricularTrigeminy, "(T"), (.supraventricularRun, "(SVTA"),
  ]
}

/// Codes of WFDB's ecgcodes.h.
private enum AnnotationCode {
  static let noise: UInt8 = 14
  static let rhythm: UInt8 = 28
  static let fibrillationBegins: UInt8 = 32
  static let fibrillationEnds: UInt8 = 33
}

extension BeatClass {
  /// The WFDB code of the annotation.
  fileprivate var code: UInt8 {
    switch self {
    case .normal: 1
    case .supraventricular: 9
    case .ventricular: 5
    case .paced: 12
    case .unclassifiable: 13
    }
  }
}
