// Grades by the names of rows, as people and scripts read them.

import Pipeline
import SignalProcessing

extension RowGrades {
  /// The rows that are not good, in the order of the layout.
  func troubles(of layout: RowLayout) -> [(row: String, grade: RowGrade)] {
    layout.rows.indices.prefix(Self.rowCountMax).compactMap { row in
      self[row] == .good ? nil : (layout.rows[row].name, self[row])
    }
  }
}
