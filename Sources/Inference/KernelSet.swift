// The kernels that this processor can run, and the choice between them.

import CKernels
import Foundation

/// One instruction set's implementation of the encoder's arithmetic; all give the same bits.
public struct KernelSet: Sendable {
  /// Lives as long as the program and never changes.
  nonisolated(unsafe) let table: UnsafePointer<kernel_set>

  /// "c", "neon", "neondot", "avx2", "avxvnni" or "avx512vnni".
  public var name: String { String(cString: table.pointee.name) }

  /// What this processor can run, fastest first; the portable C is the last.
  public static let available: [KernelSet] = {
    var sets: [KernelSet] = []
    while let table = kernels_at(sets.count) { sets.append(KernelSet(table: table)) }
    return sets
  }()

  /// The fastest, or the one that the environment's `ECGCLIP_KERNELS` names.
  public static func chosen() throws(ModelError) -> KernelSet {
    let name = ProcessInfo.processInfo.environment["ECGCLIP_KERNELS"] ?? ""
    return name.isEmpty ? available[0] : try named(name)
  }

  /// The one of this name.
  public static func named(_ name: String) throws(ModelError) -> KernelSet {
    guard let set = available.first(where: { $0.name == name }) else {
      let names = available.map(\.name).joined(separator: ", ")
      throw ModelError(
        "ECGCLIP_KERNELS is '\(name)': this processor runs \(names). Choose one or unset it.")
    }
    return set
  }
}

extension KernelSet: CustomStringConvertible {
  public var description: String { name }
}
