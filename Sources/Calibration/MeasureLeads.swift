// Whether each electrode is where its label says: taken off, it must show in its own channels and in no other.

extension FieldMeasurement {
  /// A channel shows an electrode off when the front-end says so for most of the stretch, or when its input is
  /// saturated for most of it, as an open input is.
  static func channelsOff(_ capture: Capture) -> Set<Int> {
    Set(
      capture.names.indices.filter {
        capture.leadOff[$0] > 0.5 || capture.saturation[$0] > 0.5
      })
  }

  /// Compares what showed with what had to. `attached`: with all electrodes on. `removed`: a stretch without each.
  static func leads(
    attached: Capture, removed: [(electrode: String, capture: Capture)],
    electrodes: [ChannelElectrodes]
  ) -> FieldMeasurement {
    let all = ElectrodeChannels.all(electrodes)
    let none = ElectrodeChannels(electrode: "all attached", required: [], allowed: [])
    var values = [verdict(none, channelsOff(attached), attached.names, all)]
    for (name, capture) in removed {
      guard let electrode = all.first(where: { $0.electrode == name }) else { continue }
      values.append(verdict(electrode, channelsOff(capture), capture.names, all))
    }
    return FieldMeasurement(
      .leads, method: "each electrode taken off in turn",
      conditions: ["seconds": attached.seconds], values: values)
  }

  private static func verdict(
    _ electrode: ElectrodeChannels, _ shown: Set<Int>, _ channels: [String],
    _ all: [ElectrodeChannels]
  ) -> MeasuredValue {
    func names(_ indices: Set<Int>) -> String {
      indices.isEmpty ? "none" : indices.sorted().map { channels[$0] }.joined(separator: " ")
    }
    let wrong = electrode.required.subtracting(shown).union(shown.subtracting(electrode.allowed))
    var note = "shows \(names(shown))"
    if !wrong.isEmpty {
      note += ", expected \(names(electrode.required))"
      let other = all.first { $0.required == shown && $0.electrode != electrode.electrode }
      if let other { note += ": looks like \(other.electrode), are the two exchanged?" }
    }
    let isBlind = electrode.required.isEmpty && !electrode.allowed.isEmpty && shown.isEmpty
    return MeasuredValue(
      electrode.electrode, .wrongChannels, Double(wrong.count), uncertainty: 0,
      limits: .wrongChannels, note: note,
      fault: isBlind ? "no channel watches this electrode" : nil)
  }
}
