// The word that was probably meant: what every refusal of an unknown key or word suggests.

/// Finds it among the known ones.
public enum NearestWord {
  /// The known word that needs the fewest changes to become the one that was written, the first of several; empty where
  /// nothing is known.
  public static func to(_ word: String, in known: some Sequence<String>) -> String {
    known.min { distance($0, word) < distance($1, word) } ?? ""
  }

  /// Levenshtein's edit distance, case ignored.
  private static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a.lowercased())
    let b = Array(b.lowercased())
    var row = Array(0...b.count)
    for i in a.indices {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let substitution = diagonal + (a[i] == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}
