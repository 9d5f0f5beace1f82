import ECGSignal
import Testing

@Test("signal names of recordings find their lead")
func signalNames() {
  #expect(Lead(signalName: "avr") == .aVR)
  #expect(Lead(signalName: "MLII") == .II)
  #expect(Lead(signalName: "v6") == .V6)
  #expect(Lead(signalName: "ECG1") == nil)
}

@Test("I and II bring the other four limb leads, one alone does not")
func derivedLeads() {
  #expect(LeadSet.limbPair.withDerivedLimbLeads == .limb)
  #expect(LeadSet(.II).withDerivedLimbLeads == LeadSet(.II))
  #expect(LeadSet([LeadSet(.II), LeadSet(.V1)]).missing.count == 10)
}
