// The grammar of scenes, as written after `sim:` - a rhythm or a test waveform and, after a question mark, options.

import Devices

extension PatientScript {
  /// Reads `RHYTHM?key=value&...`; the error names what is known.
  public init(parsing text: String) throws(SourceError) {
    let parts = text.split(separator: "?", maxSplits: 1).map(String.init)
    let name = parts.first ?? ""
    if let rhythm = Rhythm(rawValue: name) {
      self.init(scene: .rhythm(rhythm))
    } else if let waveform = TestWaveform(named: name) {
      self.init(scene: .waveform(waveform))
    } else {
      let rhythms = Rhythm.allCases.map(\.rawValue).joined(separator: ", ")
      let waveforms = TestWaveform.names.joined(separator: ", ")
      throw SourceError(
        "No rhythm '\(name)' for the simulated patient: one of \(rhythms), or a test waveform: \(waveforms)."
      )
    }
    var hasRate = false
    for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
      let entry = pair.split(separator: "=", maxSplits: 1).map(String.init)
      guard entry.count == 2 else {
        throw SourceError("'\(pair)' is no key=value of a simulation: write for instance hr=72.")
      }
      guard let option = Option(rawValue: entry[0]) else {
        let known = Option.allCases.map(\.rawValue).joined(separator: ", ")
        throw SourceError("No option '\(entry[0])' of a simulation: one of \(known).")
      }
      try requireMeaning(of: option)
      try set(option, entry[1])
      hasRate = hasRate || option == .hr
    }
    guard offsetSeconds > onsetSeconds else {
      throw SourceError("offset=\(offsetSeconds) is not after onset=\(onsetSeconds): correct one.")
    }
    if case .rhythm(.flutter) = scene, !hasRate { heartRateBPM = 300 / flutterRatio }
  }

  /// The keys, in the order in which errors and docs list them.
  enum Option: String, CaseIterable {
    case hr, base, onset, offset, seed, rate, hrv, conduction, atrial, pr, pvc, foci, pac, block, st
    case intrinsic, failcapture, failsense, spike, gain, amplitude, width, t
    case noise, wander, mains, mainshz, muscle, motion, leadoff

    /// The rhythms in which an option has a meaning; nil for all and for test waveforms.
    var rhythms: Set<Rhythm>? {
      switch self {
      case .offset, .hrv: Set(Rhythm.allCases)
      case .conduction: [.flutter, .wenckebach, .mobitz2]
      case .atrial: [.avb3, .vt, .asystole]
      case .pr: Rhythm.sinus.union([.avb1, .wenckebach, .mobitz2, .aai, .vvi, .ddd])
      case .pvc, .foci: Rhythm.sinus.union([.avb1, .af])
      case .pac: Rhythm.sinus
      case .block, .st: Rhythm.supraventricular
      case .intrinsic, .failcapture, .failsense, .spike: Rhythm.paced
      case .gain, .amplitude, .width, .t: []
      default: nil
      }
    }
  }

  private func requireMeaning(of option: Option) throws(SourceError) {
    switch scene {
    case .rhythm(let rhythm):
      guard let rhythms = option.rhythms, !rhythms.contains(rhythm) else { return }
      let known = Rhythm.allCases.filter(rhythms.contains).map(\.rawValue)
      throw SourceError(
        "\(option.rawValue)= means nothing for \(rhythm.rawValue): only for "
          + (known.isEmpty ? "test waveforms (ec13-...)." : known.joined(separator: ", ") + "."))
    case .waveform(let waveform):
      guard waveform.takes(option) else {
        throw SourceError("\(option.rawValue)= means nothing for \(waveform.name): leave it out.")
      }
    }
  }

  private mutating func set(_ option: Option, _ value: String) throws(SourceError) {
    func number(_ range: ClosedRange<Double>) throws(SourceError) -> Double {
      try Self.number(option.rawValue, value, range)
    }
    switch option {
    case .hr: heartRateBPM = try number(10...320)
    case .base: baseRateBPM = try number(20...300)
    case .onset: onsetSeconds = try number(0...1e6)
    case .offset: offsetSeconds = try number(0...1e6)
    case .seed: seed = UInt64(try number(0...1e15))
    case .rate: sampleRate = try number(100...2000)
    case .hrv: variability = try number(0...5)
    case .conduction: conduction = try Self.conduction(value)
    case .atrial: atrialRateBPM = try number(0...350)
    case .pr: prSeconds = try number(80...500) / 1000
    case .pvc: ventricularEctopy = try Self.ectopy(option, value)
    case .pac: atrialEctopy = try Self.ectopy(option, value)
    case .foci: focusCount = Int(try number(1...2))
    case .block: block = try Self.choice(option, value)
    case .st: try setShift(value)
    case .intrinsic: intrinsicRateBPM = try number(0...200)
    case .failcapture: captureFailure = Int(try number(0...1000))
    case .failsense: sensingFailure = Int(try number(0...1000))
    case .spike: pulseMillivolts = try number(0...700)
    case .gain, .amplitude, .width, .t: try setWaveform(option, value)
    case .noise: noiseMicrovolts = try number(0...5000)
    case .wander: wanderMicrovolts = try number(0...5000)
    case .mains: mainsMicrovolts = try number(0...5000)
    case .mainshz: mainsHz = try number(40...70)
    case .muscle: muscleMicrovolts = try number(0...5000)
    case .motion: motionMicrovolts = try number(0...5000)
    case .leadoff: electrodeOff = try Self.electrodeOff(value)
    }
  }

  private mutating func setWaveform(_ option: Option, _ value: String) throws(SourceError) {
    guard case .waveform(var waveform) = scene else { return }
    switch option {
    case .gain: waveform.gain = try Self.number(option.rawValue, value, 0.1...10)
    case .amplitude:
      waveform.amplitudeMillivolts = try Self.number(option.rawValue, value, 0.01...20)
    case .width: waveform.widthSeconds = try Self.number(option.rawValue, value, 1...300) / 1000
    default: waveform.tMillivolts = try Self.number(option.rawValue, value, 0...5)
    }
    scene = .waveform(waveform)
  }

  private static func number(
    _ key: String, _ value: String, _ range: ClosedRange<Double>
  ) throws(SourceError) -> Double {
    guard let number = Double(value), range.contains(number) else {
      throw SourceError(
        "\(key)=\(value) is no number from \(range.lowerBound) to \(range.upperBound): correct it.")
    }
    return number
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(
    _ option: Option, _ value: String
  ) throws(SourceError) -> Choice where Choice.RawValue == String {
    guard let choice = Choice(rawValue: value) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw SourceError("\(option.rawValue)=\(value) is not known: one of \(known).")
    }
    return choice
  }

  private static func conduction(_ value: String) throws(SourceError) -> Int {
    if value == "variable" { return 0 }
    guard let ratio = Int(value), (2...8).contains(ratio) else {
      throw SourceError("conduction=\(value) is not known: a number from 2 to 8, or variable.")
    }
    return ratio
  }

  /// `4`, `10x2`, or a word.
  private static func ectopy(_ option: Option, _ value: String) throws(SourceError) -> Ectopy {
    switch value {
    case "bigeminy": return Ectopy(every: 2, count: 1)
    case "trigeminy": return Ectopy(every: 3, count: 1)
    case "quadrigeminy": return Ectopy(every: 4, count: 1)
    case "couplets": return Ectopy(every: 10, count: 2)
    case "runs": return Ectopy(every: 20, count: 5)
    default: break
    }
    let numbers = value.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    let every = numbers.first.flatMap(\.self) ?? 0
    let count = numbers.count == 1 ? 1 : numbers.count == 2 ? numbers[1] ?? 0 : 0
    guard (2...1000).contains(every), (1..<every).contains(count) else {
      throw SourceError(
        "\(option.rawValue)=\(value) is not understood: 4 for every fourth beat, 10x2 for two at the "
          + "end of every ten; or bigeminy, trigeminy, quadrigeminy, couplets (10x2), runs (20x5).")
    }
    return Ectopy(every: every, count: count)
  }

  /// `anterior:200` or `inferior:-150`.
  private mutating func setShift(_ value: String) throws(SourceError) {
    let parts = value.split(separator: ":", maxSplits: 1).map(String.init)
    wall = try Self.choice(.st, parts.first ?? "")
    stMicrovolts = try Self.number("st", parts.count == 2 ? parts[1] : "200", -2000...2000)
  }

  /// `V2@30` or `RA@30-40`.
  private static func electrodeOff(_ value: String) throws(SourceError) -> ElectrodeOff {
    let parts = value.split(separator: "@").map(String.init)
    let times = parts.count == 2 ? parts[1].split(separator: "-").compactMap { Double($0) } : []
    let electrodes = ["RA", "LA", "LL", "V1", "V2", "V3", "V4", "V5", "V6"]
    guard parts.count == 2, electrodes.contains(parts[0]), (1...2).contains(times.count) else {
      throw SourceError(
        "leadoff=\(value) is not understood: write ELECTRODE@SECONDS, as RA@20 or V2@20-40.")
    }
    return ElectrodeOff(
      electrode: parts[0], from: times[0], until: times.count == 2 ? times[1] : .infinity)
  }

  /// Flutter waves to one conducted, on average.
  var flutterRatio: Double { conduction == 0 ? 3 : Double(conduction ?? 2) }
}
