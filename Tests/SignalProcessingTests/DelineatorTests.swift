// The delineator on beats that are known in closed form, on rhythms without P waves, and on input that is no ECG.

import Recordings
import SignalProcessing
import TestSupport
import Testing

/// What a delineator says of a stretch.
private struct Delineated {
  let measurements: Measurements
  let beats: [DelineatedBeat]

  init(_ rows: [Float], sampleRate: Double, rowCount: Int = 12, beats: [Int]) {
    let count = rows.count / rowCount
    let delineator = Delineator(
      sampleRate: sampleRate, rowCount: rowCount, sampleCountMax: max(1, count))
    measurements = beats.withUnsafeBufferPointer {
      delineator.measure(rows, stride: count, sampleCount: count, beats: $0)
    }
    self.beats = withExtendedLifetime(delineator) { Array(delineator.beats) }
  }

  init(_ ecg: DipoleECG, offset: Double = 0) {
    self.init(ecg.rows(offset: offset), sampleRate: ecg.sampleRate, beats: ecg.beats)
  }

  /// A record in LUDB.
  init(ludb record: Int) throws {
    let signal = try Signal(path: TestData.path("ludb/\(record)"))
    var rows: [Float] = []
    for row in 0..<12 {
      rows += (0..<signal.sampleCount).map { signal.microvolts[$0 * 12 + row] }
    }
    let beats = BeatDetector.beats(
      ofStretch: rows, stride: signal.sampleCount, sampleCount: signal.sampleCount, rowCount: 12,
      sampleRate: signal.sampleRate)
    self.init(rows, sampleRate: signal.sampleRate, beats: beats)
  }
}

@Suite struct DelineatorTests {
  /// Raised cosines begin and end without a corner. The thresholds lie at 10 to 35 % of the greatest speed, which a
  /// raised cosine reaches 1 to 6 ms inside its ends; speed is taken over 12 ms (QRS) to 24 ms (T) to each side, which
  /// sees a wave so long before it begins; readers' marks add 7 ms to QRS and take 7 from P. So P, PR and QT are within
  /// 15 ms, and QRS is at most 2 * 12 + 7 - 2 * 1 ms longer; it is 5 to 16 ms longer.
  @Test("intervals of drawn beats", arguments: [200.0, 250, 360, 500, 1000])
  func intervals(sampleRate: Double) throws {
    var ecg = DipoleECG()
    ecg.sampleRate = sampleRate
    let measured = Delineated(ecg).measurements
    #expect(abs(try #require(measured.pDurationMilliseconds) - 100) <= 15)
    #expect(abs(try #require(measured.prMilliseconds) - 160) <= 15)
    #expect((90...106).contains(try #require(measured.qrsMilliseconds)))
    let qt = try #require(measured.qtMilliseconds)
    #expect(abs(qt - 380) <= 15)
    #expect(abs(try #require(measured.heartRateBPM) - 60) < 0.01)
    #expect(measured.qtcBazettMilliseconds == qt)
    #expect(measured.qtcFridericiaMilliseconds == qt)
  }

  @Test("QT is corrected by the root and the cube root of RR")
  func correction() throws {
    var ecg = DipoleECG()
    ecg.beatsPerMinute = 90
    let measured = Delineated(ecg).measurements
    let qt = try #require(measured.qtMilliseconds)
    let rate = try #require(measured.heartRateBPM)
    // The drawn beats lie on whole samples: the mean interval is right to a tenth of one.
    #expect(abs(rate - 90) < 0.05)
    let bazett = try #require(measured.qtcBazettMilliseconds)
    let fridericia = try #require(measured.qtcFridericiaMilliseconds)
    #expect(abs(bazett * bazett / (qt * qt) - rate / 60) < 1e-9)
    #expect(abs(fridericia * fridericia * fridericia / (qt * qt * qt) - rate / 60) < 1e-9)
  }

  /// All leads share one baseline filter and the same samples, so that axes lose only what the filter moves:
  /// some 10 microvolts under the waves, which turns a T of 150 microvolts (mean) by at most 3 degrees.
  @Test(
    "axes of drawn beats", arguments: [(60.0, 30.0, 40.0), (-30, -75, 100), (10, 120, -150)])
  func axes(p: Double, qrs: Double, t: Double) throws {
    var ecg = DipoleECG()
    ecg.pWave?.axisDegrees = p
    ecg.qrs.axisDegrees = qrs
    ecg.tWave.axisDegrees = t
    let measured = Delineated(ecg).measurements
    #expect(abs(try #require(measured.pAxisDegrees) - p) <= 2)
    #expect(abs(try #require(measured.qrsAxisDegrees) - qrs) <= 2)
    #expect(abs(try #require(measured.tAxisDegrees) - t) <= 3)
  }

  /// The baseline filter (0.5 Hz, twice) takes 6 % of the fundamental at 60 beats a minute, some 80 microvolts here:
  /// at most 5 microvolts in a lead of length 1.5. Offsets of electrodes do not matter.
  @Test("amplitudes and ST of drawn beats", arguments: [-200.0, 0, 100])
  func amplitudes(stMicrovolts: Double) throws {
    var ecg = DipoleECG()
    ecg.stMicrovolts = stMicrovolts
    let measured = Delineated(ecg, offset: 300_000).measurements
    for lead in 0..<12 {
      let found = measured.leads[lead]
      let wanted = (
        p: 150 * DipoleECG.share(lead, 60), qrs: 1200 * DipoleECG.share(lead, 30),
        st: stMicrovolts * DipoleECG.share(lead, 90)
      )
      #expect(abs(Double(try #require(found.stMicrovolts)) - wanted.st) <= 6, "lead \(lead)")
      #expect(abs(Double(try #require(found.pMicrovolts)) - wanted.p) <= 6, "lead \(lead)")
      if wanted.qrs > 300 {
        #expect(abs(Double(try #require(found.rMicrovolts)) - wanted.qrs) <= 10, "lead \(lead)")
        #expect(found.qMicrovolts == nil)
      } else if wanted.qrs < -300 {
        #expect(abs(Double(try #require(found.qMicrovolts)) - wanted.qrs) <= 10, "lead \(lead)")
      }
    }
  }

  @Test("marks of every beat lie where the beat is")
  func marks() throws {
    let ecg = DipoleECG()
    let delineated = Delineated(ecg)
    #expect(delineated.beats.count == ecg.beatCount)
    for beat in delineated.beats {
      let qrs = try #require(beat.qrs)
      #expect(beat.isDominant)
      #expect(abs(qrs.peak - beat.sampleIndex) <= 4)
      #expect(try #require(beat.pWave).offset < qrs.onset)
      #expect(try #require(beat.tWave).onset > qrs.offset)
    }
  }

  @Test("without P waves there is no PR")
  func noP() {
    var ecg = DipoleECG()
    ecg.pWave = nil
    let delineated = Delineated(ecg)
    #expect(delineated.measurements.prMilliseconds == nil)
    #expect(delineated.measurements.pAxisDegrees == nil)
    #expect(delineated.measurements.qrsMilliseconds != nil)
    #expect(delineated.beats.allSatisfy { $0.pWave == nil })
  }

  /// Fibrillation and flutter, and ventricular pacing in fibrillation and complete block, as LUDB's table says.
  @Test(
    "no P is invented in fibrillation and before paced complexes",
    .enabled(if: TestData.isPresent),
    arguments: [8, 34, 35, 38, 44, 51, 74, 83, 88, 93, 95, 96, 103, 109, 110, 111, 112])
  func fibrillation(record: Int) throws {
    let delineated = try Delineated(ludb: record)
    #expect(delineated.measurements.prMilliseconds == nil)
    #expect(delineated.measurements.pDurationMilliseconds == nil)
    #expect(delineated.measurements.qrsMilliseconds != nil)
    #expect(delineated.beats.allSatisfy { $0.pWave == nil })
  }

  @Test("a row that is missing is left out, and gaps are bridged")
  func missingRow() throws {
    let ecg = DipoleECG()
    var rows = ecg.rows()
    let count = ecg.sampleCount
    for sample in 0..<count { rows[2 * count + sample] = .nan }
    for sample in 1000..<1050 { rows[5 * count + sample] = .nan }
    let delineated = Delineated(rows, sampleRate: ecg.sampleRate, beats: ecg.beats)
    #expect(delineated.measurements.leads[2] == LeadMeasurements())
    #expect(delineated.measurements.leads[5].rMicrovolts != nil)
    #expect((90...106).contains(try #require(delineated.measurements.qrsMilliseconds)))
  }

  @Test("no input traps, and what it says is in order", arguments: [200.0, 333, 500, 1000])
  func anything(sampleRate: Double) {
    var random = SeededRandom(seed: UInt64(sampleRate))
    let count = Int(3 * sampleRate)
    let extremes: [Float] = [
      0, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
      .leastNonzeroMagnitude, 1e7, -1e7,
    ]
    for round in 0..<60 {
      let scale = Float(abs(random.value())) * (round % 3 == 0 ? 1e9 : 1000)
      let share = round % 4 == 0 ? 0.5 : 0.01
      let rows = (0..<12 * count).map { _ -> Float in
        if abs(random.value()) < share { return extremes[Int(random.next() % 9)] }
        return round % 5 == 0 ? scale : scale * Float(random.value())
      }
      let beats =
        (0..<Int(random.next() % 60)).map { _ in Int(random.value() * 1.2 * Double(count)) }
        + [.min, .max, 0, count - 1]
      let given = round % 2 == 0 ? beats.sorted() : beats
      let delineated = Delineated(rows, sampleRate: sampleRate, beats: given)
      for wave in delineated.beats.flatMap({ [$0.pWave, $0.qrs, $0.tWave] }).compactMap(\.self) {
        #expect(wave.onset <= wave.peak && wave.peak <= wave.offset)
        #expect(wave.onset >= 0 && wave.offset < count)
      }
    }
  }

  @Test("nothing is measured where there is nothing")
  func nothing() {
    for rows in [[Float](repeating: 0, count: 12 * 500), [Float](repeating: .nan, count: 12 * 500)]
    {
      let measured = Delineated(rows, sampleRate: 500, beats: [100, 250, 400]).measurements
      #expect(measured.qrsMilliseconds == nil && measured.prMilliseconds == nil)
      #expect(measured.qrsAxisDegrees == nil)
    }
    let none = Delineated(DipoleECG().rows(), sampleRate: 500, beats: [])
    #expect(none.measurements.heartRateBPM == nil && none.beats.isEmpty)
  }

  @Test("measuring allocates nothing", .enabled(if: allocationsAreCountable))
  func allocations() {
    let ecg = DipoleECG()
    let rows = ecg.rows()
    let beats = ecg.beats
    let delineator = Delineator(
      sampleRate: ecg.sampleRate, rowCount: 12, sampleCountMax: ecg.sampleCount)
    var qt: [Double] = [0, 0]
    func measure(_ turn: Int) {
      rows.withUnsafeBufferPointer { rows in
        beats.withUnsafeBufferPointer { beats in
          let measured = delineator.measure(
            rows.baseAddress!, stride: ecg.sampleCount, sampleCount: ecg.sampleCount, beats: beats)
          qt[turn] = measured.qtMilliseconds ?? 0
        }
      }
    }
    measure(0)
    #expect(countAllocations { measure(1) } == 0)
    #expect(qt[0] == qt[1] && qt[0] > 0)
  }
}
