// Beat-by-beat comparison after ANSI/AAMI EC57: pairs within 150 ms, the first five minutes not counted, nothing
// counted while the reference marks ventricular fibrillation or flutter.

import Recordings

/// What a detector found, missed and invented.
struct BeatScore: CustomStringConvertible {
  var truePositives = 0
  var falsePositives = 0
  var falseNegatives = 0
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

  var description: String {
    "TP \(truePositives) FP \(falsePositives) FN \(falseNegatives)"
      + " Se \((sensitivity * 100).rounded() / 100) +P \((positivePredictivity * 100).rounded() / 100)"
  }

  static func += (a: inout BeatScore, b: BeatScore) {
    a.truePositives += b.truePositives
    a.falsePositives += b.falsePositives
    a.falseNegatives += b.falseNegatives
    a.offsetSum += b.offsetSum
  }

  /// Compares detections with annotations, samples of both in order.
  init(
    detected: [Int], annotations: [Annotation], sampleRate: Double, learningSeconds: Double = 300
  ) {
    let start = Int(learningSeconds * sampleRate)
    let window = Int((0.15 * sampleRate).rounded())
    let shutdowns = Self.fibrillation(annotations)
    func counts(_ sample: Int) -> Bool {
      sample >= start && !shutdowns.contains { $0.contains(sample) }
    }
    let reference = annotations.filter { $0.isBeat && counts($0.sample) }.map(\.sample)
    let tested = detected.filter(counts)
    var i = 0
    var j = 0
    while i < reference.count || j < tested.count {
      guard j < tested.count else {
        miss(reference[i])
        i += 1
        continue
      }
      guard i < reference.count else {
        invent(tested[j])
        j += 1
        continue
      }
      let offset = tested[j] - reference[i]
      if offset < -window {
        invent(tested[j])
        j += 1
      } else if offset > window {
        miss(reference[i])
        i += 1
      } else if j + 1 < tested.count, abs(tested[j + 1] - reference[i]) < abs(offset) {
        // The next detection is nearer: this one belongs to nothing.
        invent(tested[j])
        j += 1
      } else {
        truePositives += 1
        offsetSum += offset
        i += 1
        j += 1
      }
    }
  }

  /// A score to add others to.
  init() {}

  private mutating func miss(_ sample: Int) {
    falseNegatives += 1
    missed.append(sample)
  }

  private mutating func invent(_ sample: Int) {
    falsePositives += 1
    invented.append(sample)
  }

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
