// The limits that people may set for a patient: each with its default for adults and the bounds within which it is
// safe.

/// One limit.
public enum AlarmLimit: String, CaseIterable, Sendable {
  /// Below: heart rate low.
  case bradycardiaBPM
  /// Above: heart rate high.
  case tachycardiaBPM
  /// Below: extreme bradycardia.
  case extremeBradycardiaBPM
  /// Above: extreme tachycardia.
  case extremeTachycardiaBPM
  /// Without a beat for so long: asystole.
  case asystoleSeconds
  /// An interval longer than this, that also stands out from the others, is a pause.
  case pauseSeconds
  /// Ventricular beats in a row from which it is a run.
  case ventricularRunBeats
  /// Ventricular beats in a row, faster than `ventricularTachycardiaBPM`, from which it is a tachycardia.
  case ventricularTachycardiaBeats
  /// See `ventricularTachycardiaBeats`.
  case ventricularTachycardiaBPM
  /// How far the ST level may move from the patient's own, up or down.
  case stShiftMicrovolts

  /// The default for adults. Rates and ST as bedside monitors come from the factory; a pause of 2 s, because
  /// cardiologists act on 3 s (Kusumoto et al., Circulation 2019) and monitors tell earlier.
  public var initial: Double {
    switch self {
    case .bradycardiaBPM: 50
    case .tachycardiaBPM: 120
    case .extremeBradycardiaBPM: 35
    case .extremeTachycardiaBPM: 150
    case .asystoleSeconds: 4
    case .pauseSeconds: 2
    case .ventricularRunBeats: 3
    case .ventricularTachycardiaBeats: 6
    case .ventricularTachycardiaBPM: 120
    case .stShiftMicrovolts: 200
    }
  }

  /// What may be set. The asystole limit leaves detection and sound their part of the 10 s that
  /// IEC 60601-2-27 allows; the rates reach from athletes to newborns.
  public var bounds: ClosedRange<Double> {
    switch self {
    case .bradycardiaBPM: 30...120
    case .tachycardiaBPM: 80...250
    case .extremeBradycardiaBPM: 20...100
    case .extremeTachycardiaBPM: 100...280
    case .asystoleSeconds: 3...6
    case .pauseSeconds: 1.5...3.5
    case .ventricularRunBeats: 3...15
    case .ventricularTachycardiaBeats: 3...16
    case .ventricularTachycardiaBPM: 100...160
    case .stShiftMicrovolts: 100...500
    }
  }

  /// Whether only whole numbers make sense.
  var isWhole: Bool { self == .ventricularRunBeats || self == .ventricularTachycardiaBeats }

  /// The alarm that goes by it first.
  public var alarm: BuiltInAlarm {
    switch self {
    case .bradycardiaBPM: .bradycardia
    case .tachycardiaBPM: .tachycardia
    case .extremeBradycardiaBPM: .extremeBradycardia
    case .extremeTachycardiaBPM: .extremeTachycardia
    case .asystoleSeconds: .asystole
    case .pauseSeconds: .pause
    case .ventricularRunBeats: .ventricularRun
    case .ventricularTachycardiaBeats, .ventricularTachycardiaBPM: .ventricularTachycardia
    case .stShiftMicrovolts: .stShift
    }
  }
}

extension AlarmLimit {
  /// The limits that an alarm goes by; empty for those that have none.
  public static func of(_ alarm: String) -> [AlarmLimit] {
    allCases.filter { $0.alarm.definition.name == alarm }
  }
}

/// A value for every limit.
public struct AlarmLimits: Hashable, Sendable {
  private var changed: [AlarmLimit: Double] = [:]

  /// The defaults for adults.
  public init() {}

  /// A limit's value. What is set must be within `AlarmLimit.bounds`.
  public subscript(_ limit: AlarmLimit) -> Double {
    get { changed[limit] ?? limit.initial }
    set {
      precondition(limit.bounds.contains(newValue))
      changed[limit] = newValue == limit.initial ? nil : newValue
    }
  }
}
