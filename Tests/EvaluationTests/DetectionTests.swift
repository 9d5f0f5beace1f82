// What the chain told becomes annotations that everybody's scorer reads as it was meant.

import Recordings
import SignalProcessing
import TestSupport
import Testing

@testable import Evaluation

private func change(_ rhythm: Rhythm, _ onset: Bool, _ sample: Int64) -> RhythmChange {
  RhythmChange(rhythm: rhythm, isOnset: onset, sampleIndex: sample)
}

private func detections(
  _ samples: [Int] = [], rhythm: [RhythmChange] = [], noise: [Detections.NoiseChange] = []
) -> Detections {
  Detections(
    sampleRate: rate, sampleCount: 20_000,
    beats: samples.map { Beat(sampleIndex: Int64($0), isWide: false, beatClass: .normal) },
    rhythmChanges: rhythm, noiseChanges: noise)
}

extension Annotation {
  fileprivate var text: String {
    "\(sample)\(symbol)\(auxiliary)\(symbol == "~" ? String(subtype) : "")"
  }
}

@Suite struct DetectionTests {
  @Test("each class has its symbol")
  func classes() {
    let symbols = BeatClass.allCases.map { beatClass in
      Detections(
        sampleRate: rate, sampleCount: 100,
        beats: [Beat(sampleIndex: 50, isWide: false, beatClass: beatClass)]
      ).annotations.last?.symbol
    }
    #expect(symbols == ["N", "S", "V", "/", "Q"])
  }

  @Test("of several rhythms the one that matters most is marked, and each mark once")
  func rhythms() {
    let told = detections(rhythm: [
      change(.atrialFibrillation, true, 1000),
      change(.ventricularBigeminy, true, 2000), change(.ventricularBigeminy, false, 3000),
      change(.ventricularTachycardia, true, 4000), change(.ventricularRun, true, 4000),
      change(.ventricularTachycardia, false, 6000), change(.ventricularRun, false, 6000),
      change(.atrialFibrillation, false, 9000), change(.supraventricularRun, true, 9000),
      // Told late: it lies before the change above.
      change(.pause, true, 8000), change(.supraventricularRun, false, 9500),
      change(.ventricularTrigeminy, true, 12_000),
    ]).annotations.map(\.text)
    #expect(
      told == [
        "0+(N", "1000+(AFIB", "4000+(VT", "6000+(AFIB", "9000+(SVTA", "9500+(N", "12000+(T",
      ])
  }

  @Test("fibrillation stands in brackets, also when it lasts to the end")
  func fibrillation() {
    let told = detections(
      [500],
      rhythm: [
        change(.ventricularFibrillation, true, 1000), change(.ventricularFibrillation, false, 5000),
        change(.ventricularFibrillation, true, 15_000),
      ]
    ).annotations.map(\.text)
    #expect(told == ["0+(N", "500N", "1000[", "5000]", "15000[", "19999]"])
  }

  @Test("noise in some signals is their set; a shutdown holds no other mark and ends")
  func noise() {
    let told = detections(
      [500, 9000],
      rhythm: [change(.atrialFibrillation, true, 1000), change(.atrialFibrillation, false, 4000)],
      noise: [
        .init(sample: 800, noisyChannels: 0b10, isShutdown: false),
        .init(sample: 3000, noisyChannels: 0b11, isShutdown: true),
        .init(sample: 6000, noisyChannels: 0b01, isShutdown: false),
        .init(sample: 7000, noisyChannels: 0, isShutdown: false),
        .init(sample: 19_000, noisyChannels: 0b11, isShutdown: true),
      ])
    #expect(
      told.annotations.map(\.text) == [
        "0+(N", "500N", "800~2", "1000+(AFIB", "3000~-1", "6000~1", "6000+(N", "7000~0", "9000N",
        "19000~-1", "19999~0",
      ])
    let track = BeatTrack(told.annotations, sampleCount: 20_000, window: window)
    #expect(track.shutdowns == [3000...6000, 19_000...19_999])
  }

  @Test("a beat that was told within a shutdown parts it in two")
  func beatInShutdown() {
    let told = detections(
      [3500],
      noise: [
        .init(sample: 3000, noisyChannels: 1, isShutdown: true),
        .init(sample: 6000, noisyChannels: 0, isShutdown: false),
      ])
    #expect(
      told.annotations.map(\.text) == [
        "0+(N", "3000~-1", "3500~0", "3500N", "3501~-1", "6000~0",
      ])
  }

  @Test("annotations written and read are the same, and stand in order")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let told = detections(
      Array(stride(from: 300, to: 20_000, by: 700)),
      rhythm: [
        change(.atrialFibrillation, true, 100), change(.ventricularFibrillation, true, 9000),
      ],
      noise: [.init(sample: 50, noisyChannels: 0xFFFF, isShutdown: false)]
    ).annotations
    try AnnotationFile.write(told, to: folder.path + "/x.qrs")
    #expect(try AnnotationFile.read(folder.path + "/x.qrs") == told)
    #expect(zip(told, told.dropFirst()).allSatisfy { $0.sample <= $1.sample })
  }

  @Test(
    "a real record: every beat of 101 is found, by the program's own way",
    .enabled(if: TestData.isPresent))
  func realRecord() throws {
    let told = try Detections(path: TestData.path("mitdb/101"))
    #expect(told.sampleCount == 650_000 && told.sampleRate == 360)
    #expect(told.heartRates.count == 1806)
    let reference = try AnnotationFile.read(TestData.path("mitdb/101.atr"))
    let track = BeatTrack(reference, sampleCount: 650_000, window: 54)
    let found = BeatTrack(told.annotations, sampleCount: 650_000, window: 54)
    let confusion = BeatComparison(
      reference: track, test: found, start: 108_000, end: 650_000, window: 54
    ).confusion
    #expect(confusion.falseNegatives == 0 && confusion.falsePositives <= 2)
    // The last beat lies 0.3 s before the end.
    #expect(found.beats.last.map { $0.sample > 649_000 } == true)
  }
}
