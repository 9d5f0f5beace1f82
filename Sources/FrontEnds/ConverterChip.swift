// The converter chips that a board can have behind SPI or a bridge.

/// A converter chip, by the name that a profile uses.
public enum ConverterChip: String, CaseIterable, Sendable {
  case ads1298, ads1298r, ads1296, ads1294, ads1299, ads1292r
  case max30003, max30001
  case adas1000
}
