// How an exchange of electrodes turns the eight leads that are measured.

/// A matrix over I, II and V1-V6.
struct LeadMatrix: BitwiseCopyable {
  var rows: InlineArray<8, SIMD8<Float>>

  init(repeating row: SIMD8<Float>) { rows = InlineArray(repeating: row) }

  /// The leads as they are.
  init() {
    rows = InlineArray(repeating: .zero)
    for row in 0..<8 { rows[row][row] = 1 }
  }

  func times(_ leads: SIMD8<Float>) -> SIMD8<Float> {
    var result = SIMD8<Float>.zero
    for row in 0..<8 { result[row] = (rows[row] * leads).sum() }
    return result
  }

  /// This times `products` times this transposed: the products of the turned leads.
  func turning(_ products: LeadMatrix) -> LeadMatrix {
    var result = LeadMatrix(repeating: .zero)
    for row in 0..<8 {
      var half = SIMD8<Float>.zero
      for lead in 0..<8 { half += rows[row][lead] * products.rows[lead] }
      result.rows[row] = times(half)
    }
    return result
  }
}
