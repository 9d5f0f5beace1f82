// Beat-by-beat comparison after ANSI/AAMI EC57: pairs within 150 ms, the first five minutes not counted, nothing
// counted while the reference marks ventricular fibrillation or flutter.

import Recordings
import SignalProcessing

/// What a detector found, missed and invented.
struct BeatScore: CustomStringConvertible {
  var truePositives = 0
  var falsePositives = 0
  var falseNegatives = 0
  /// Ventricular beats told as such, those not, and others told as ventricular. As WFDB's bxb counts: a fusion or an
  /// unclassifiable beat told as ventricular is no fault.
  var ventricularFound = 0
  var ventricularMissed = 0
  var ventricularInvented = 0
  /// Samples of the beats that were missed and of those that were invented.
  var missed: [Int] = []
  var invented: [Int] = []
  /// Mean of detected minus reference over the pairs, in samples, summed for a mean.
  var offsetSum = 0

  /// Percent of the reference's beats that were found.
  var sensitivity: Double {
    100 * Double(truePositives) / Double(max(1, truePositives + falseNegatives))
  }

  /// Percent of the detections that are beats.
  var positivePredictivity: Double {
    100 * Double(truePositives) / Double(max(1, truePositives + falsePositives))
  }

  /// Percent of the reference's ventricular beats that were told as such.
  var ventricularSensitivity: Double {
    100 * Double(ventricularFound) / Double(max(1, ventricularFound + ventricularMissed))
  }

  /// Percent of the beats told as ventricular that are.
  var ventricularPositivePredictivity: Double {
    100 * Double(ventricularFound) / Double(max(1, ventricularFound + ventricularInvented))
  }

  var description: String {
    "TP \(truePositives) FP \(falsePositives) FN \(falseNegatives)"
      + " Se \((sensitivity * 100).rounded() / 100) +P \((positivePredictivity * 100).rounded() / 100)"
  }

  static func += (a: inout BeatScore, b: BeatScore) {
    a.truePositives += b.truePositives
    a.falsePositives += b.falsePositives
    a.falseNegatives += b.falseNegatives
    a.ventricularFound += b.ventricularFound
    a.ventricularMissed += b.ventricularMissed
    a.ventricularInvented += b.ventricularInvented
    a.offsetSum += b.offsetSum
  }

  /// Compares beats with annotations, both in order.
  init(
    detected: [Beat], annotations: [Annotation], sampleRate: Double, learningSeconds: Double = 300
  ) {
    let start = Int(learningSeconds * sampleRate)
    let window = Int((0.15 * sampleRate).rounded())
    let shutdowns = Self.fibrillation(annotations)
    func counts(_ sample: Int) -> Bool {
      sample >= start && !shutdowns.contains { $0.contains(sample) }
    }
    let references = annotations.filter { $0.isBeat && counts($0.sample) }
    let reference = references.map(\.sample)
    let beats = detected.filter { counts(Int($0.sampleIndex)) }
    let tested = beats.map { Int($0.sampleIndex) }
    var i = 0
    var j = 0
    while i < reference.count || j < tested.count {
      guard j < tested.count else {
        miss(references[i])
        i += 1
        continue
      }
      guard i < reference.count else {
        invent(beats[j])
        j += 1
        continue
      }
      let offset = tested[j] - reference[i]
      if offset < -window {
        invent(beats[j])
        j += 1
      } else if offset > window {
        miss(references[i])
        i += 1
      } else if j + 1 < tested.count, abs(tested[j + 1] - reference[i]) < abs(offset) {
        // The next detection is nearer: this one belongs to nothing.
        invent(beats[j])
        j += 1
      } else {
        truePositives += 1
        offsetSum += offset
        compare(references[i].symbol, beats[j].beatClass)
        i += 1
        j += 1
      }
    }
  }

  /// A score to add others to.
  init() {}

  private mutating func miss(_ reference: Annotation) {
    falseNegatives += 1
    missed.append(reference.sample)
    if Self.ventricular.contains(reference.symbol) { ventricularMissed += 1 }
  }

  private mutating func invent(_ beat: Beat) {
    falsePositives += 1
    invented.append(Int(beat.sampleIndex))
    if beat.beatClass == .ventricular { ventricularInvented += 1 }
  }

  private mutating func compare(_ reference: String, _ beatClass: BeatClass) {
    let isTold = beatClass == .ventricular
    if Self.ventricular.contains(reference) {
      if isTold { ventricularFound += 1 } else { ventricularMissed += 1 }
    } else if isTold && !Self.unpunished.contains(reference) {
      ventricularInvented += 1
    }
  }

  private static let ventricular: Set = ["V", "E", "r"]
  private static let unpunished: Set = ["F", "Q", "/", "f", "?"]

  /// From each "[" to its "]".
  static func fibrillation(_ annotations: [Annotation]) -> [ClosedRange<Int>] {
    var episodes: [ClosedRange<Int>] = []
    var start: Int?
    for annotation in annotations {
      if annotation.symbol == "[" { start = annotation.sample }
      if annotation.symbol == "]", let first = start {
        episodes.append(first...annotation.sample)
        start = nil
      }
    }
    return episodes
  }
}
