// What the simulated beats look like, measured on the tracing: durations, axes, polarities, ST and QT.

import ECGSignal
import Testing

@testable import SimulatedDevices

/// Without noise, breath and variability.
private let still = "noise=0&wander=0&hrv=0"

private func fourthBeat(
  _ script: String
) throws -> (tracing: Tracing, beat: SimulatedBeat, complex: ClosedRange<Double>) {
  let tracing = try Tracing(
    script + (script.contains("?") ? "&" : "?") + (script.hasPrefix("ec13") ? "noise=0" : still),
    seconds: 12)
  let beat = tracing.truth.beats[3]
  return (tracing, beat, tracing.complex(around: beat.seconds))
}

extension ClosedRange<Double> {
  fileprivate var length: Double { upperBound - lowerBound }
}

/// Normal: 70-100 ms. With a blocked bundle branch, from the ventricles or paced: 120 ms and more (AHA/ACCF/HRS
/// recommendations III, Surawicz et al. 2009).
@Test(
  "complexes are as narrow or wide as their way through the ventricles",
  arguments: [
    ("nsr", 0.07...0.10), ("tachy?hr=180", 0.07...0.10), ("af", 0.07...0.10),
    ("junctional", 0.07...0.10), ("avb3?hr=45", 0.07...0.10), ("aai", 0.07...0.10),
    ("nsr?block=lbbb", 0.12...0.17), ("nsr?block=rbbb", 0.12...0.16), ("vt", 0.14...0.20),
    ("aivr", 0.14...0.20), ("avb3?hr=35", 0.14...0.20), ("vvi?spike=0", 0.12...0.18),
    ("ddd?spike=0", 0.12...0.18),
  ])
func widthOfComplexes(script: String, seconds: ClosedRange<Double>) throws {
  let (_, _, complex) = try fourthBeat(script)
  #expect(seconds.contains(complex.length), "\(script): \(complex.length)")
}

@Test(
  "the mark of a beat lies within its complex",
  arguments: ["nsr", "nsr?block=lbbb", "nsr?block=rbbb", "vvi?spike=0", "aivr"])
func marksLieInComplexes(script: String) throws {
  let (tracing, beat, complex) = try fourthBeat(script)
  #expect(complex.contains(beat.seconds))
  // And on the largest wave: nothing in II or V1 is further from the line by more than a tenth.
  let largest = { (lead: Lead) in
    let (low, high) = tracing.range(lead, complex)
    return max(-low, high)
  }
  let lead: Lead = largest(.II) > largest(.V1) ? .II : .V1
  let base = tracing.value(lead, at: complex.lowerBound)
  #expect(abs(tracing.value(lead, at: beat.seconds) - base) > 0.6 * largest(lead))
}

@Test(
  "the axis is normal, or points away from where the impulse begins",
  arguments: [
    ("nsr", 0.0...90), ("nsr?block=lbbb", -30...60), ("vvi?spike=0", -90 ... -30), ("vt", 90...180),
  ])
func axis(script: String, degrees: ClosedRange<Double>) throws {
  let (tracing, _, complex) = try fourthBeat(script)
  let axis = tracing.axis(complex)
  #expect(degrees.contains(axis), "\(script): \(axis)")
}

@Test("R grows from V1 to V4, S shrinks, and aVR points down")
func progression() throws {
  let (tracing, _, complex) = try fourthBeat("nsr")
  let rising = [Lead.V1, .V2, .V3, .V4].map { tracing.range($0, complex).high }
  #expect(zip(rising, rising.dropFirst()).allSatisfy { $0 < $1 })
  #expect(tracing.range(.V1, complex).low < -500)
  #expect(tracing.range(.V6, complex).low > -200)
  #expect(tracing.range(.aVR, complex).high < 100 && tracing.range(.aVR, complex).low < -500)
}

@Test("left bundle branch block: V1 down, V6 and I up without q, T the other way")
func leftBundleBranchBlock() throws {
  let (tracing, _, complex) = try fourthBeat("nsr?block=lbbb")
  #expect(tracing.range(.V1, complex).low < -1000 && tracing.range(.V1, complex).high < 100)
  let first = complex.lowerBound...complex.lowerBound + 0.06
  for lead in [Lead.I, .V6] {
    #expect(tracing.range(lead, complex).high > 500 && tracing.range(lead, first).low > -1)
    #expect(tracing.value(lead, at: complex.upperBound + 0.2) < -100)
  }
  #expect(tracing.value(.V1, at: complex.upperBound + 0.2) > 100)
}

@Test("right bundle branch block: rSR' in V1, a wide S in I and V6")
func rightBundleBranchBlock() throws {
  let (tracing, _, complex) = try fourthBeat("nsr?block=rbbb")
  let first = complex.lowerBound...complex.lowerBound + 0.035
  let last = complex.upperBound - 0.07...complex.upperBound
  let base = tracing.value(.V1, at: complex.lowerBound)
  #expect(tracing.range(.V1, first).high > 50)
  #expect(tracing.range(.V1, complex).low < -200)
  #expect((tracing[.V1][tracing.samples(last)].max() ?? 0) - base > 400)
  for lead in [Lead.I, .V6] { #expect(tracing.range(lead, complex).low < -200) }
}

/// Sagie et al. 1992: QT = 0.40 s - 0.154 (1 s - RR); above 150 a minute it has no room and is 3/4 of RR.
@Test(
  "QT shortens with the rate",
  arguments: [(50.0, 0.431), (60, 0.400), (72, 0.374), (100, 0.338), (120, 0.323), (170, 0.265)])
func repolarisation(beatsPerMinute: Double, expected: Double) throws {
  let tracing = try Tracing("nsr?hr=\(beatsPerMinute)&\(still)", seconds: 25)
  let beat = try #require(tracing.truth.beats.dropLast(2).last)
  let complex = tracing.complex(around: beat.seconds)
  let end = tracing.endOfT(.V4, behind: complex, until: complex.lowerBound + expected + 0.03)
  // The measured onset of QRS lies some milliseconds behind the drawn one.
  let qt = end - complex.lowerBound
  #expect(abs(qt - expected) < 0.015, "\(qt)")
}

@Test(
  "PR: 160 ms at 72, shorter in a fast heart, as told otherwise, 280 in a first-degree block",
  arguments: [
    ("nsr", 0.160), ("nsr?hr=95", 0.148), ("nsr?pr=120", 0.120), ("avb1", 0.280),
    ("avb1?pr=350", 0.350),
  ])
func pr(script: String, expected: Double) throws {
  let (tracing, _, complex) = try fourthBeat(script)
  // The P wave begins where lead II first leaves the line before the complex by a twentieth of P's height.
  let span = tracing.samples(complex.lowerBound - expected - 0.05...complex.lowerBound - 0.03)
  let two = tracing[.II]
  let base = two[span.upperBound]
  let height = (two[span].max() ?? base) - base
  let peak = try #require(span.max { two[$0] < two[$1] })
  let onset = try #require((span.lowerBound..<peak).last { two[$0] - base < 0.05 * height })
  let pr = complex.lowerBound - Double(onset) / tracing.sampleRate
  #expect(height > 80)
  #expect(abs(pr - expected) < 0.012, "\(pr)")
}

/// Which leads an infarct lifts, and which it lowers (ACC/AHA).
@Test(
  "ST shifts by wall, by the microvolts asked for in the lead that sees most",
  arguments: [
    ("anterior:200", Lead.V3, 200.0, [Lead.V2, .V3, .V4], [Lead]()),
    ("inferior:200", .III, 200, [.II, .III, .aVF], [.I, .aVL]),
    ("lateral:150", .V5, 150, [.I, .aVL, .V5, .V6], [.III, .aVF]),
    ("posterior:200", .V2, -200, [], [.V1, .V2, .V3]),
    ("anterior:-100", .V3, -100, [], [.V2, .V3, .V4]),
  ])
func shiftOfST(
  shift: String, principal: Lead, microvolts: Double, raised: [Lead], lowered: [Lead]
) throws {
  let (plain, beat, complex) = try fourthBeat("nsr")
  let (shifted, _, _) = try fourthBeat("nsr?st=\(shift)")
  let point = complex.upperBound + 0.06
  func change(_ lead: Lead) -> Double {
    shifted.value(lead, at: point) - plain.value(lead, at: point)
  }
  #expect(abs(change(principal) - microvolts) < 0.03 * abs(microvolts))
  #expect(Lead.allCases.allSatisfy { abs(change($0)) <= abs(microvolts) + 1 })
  for lead in raised { #expect(change(lead) > 0.4 * abs(microvolts)) }
  for lead in lowered { #expect(change(lead) < -0.2 * abs(microvolts)) }
  // Complexes stay as they are.
  #expect(abs(shifted.value(.II, at: beat.seconds) - plain.value(.II, at: beat.seconds)) < 30)
}
