// The patient's limits as the rhythm detectors take them.

import Alarms
import SignalProcessing

extension RhythmLimits {
  /// Takes every limit over.
  public init(_ limits: AlarmLimits) {
    self.init()
    bradycardiaBPM = Float(limits[.bradycardiaBPM])
    tachycardiaBPM = Float(limits[.tachycardiaBPM])
    extremeBradycardiaBPM = Float(limits[.extremeBradycardiaBPM])
    extremeTachycardiaBPM = Float(limits[.extremeTachycardiaBPM])
    asystoleSeconds = limits[.asystoleSeconds]
    pauseSeconds = limits[.pauseSeconds]
    ventricularRunBeats = Int(limits[.ventricularRunBeats])
    ventricularRun = Int(limits[.ventricularTachycardiaBeats])
    ventricularTachycardiaBPM = Float(limits[.ventricularTachycardiaBPM])
    stShiftMicrovolts = Float(limits[.stShiftMicrovolts])
  }
}
