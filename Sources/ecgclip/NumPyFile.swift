// Arrays of 32-bit floats as NumPy stores them (NumPy Enhancement Proposal 1: magic, version, header as
// Python text, values in C order).

import ArgumentParser
import Foundation

struct NumPyFile {
  let shape: [Int]
  let values: [Float]

  init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path), data.count > 12,
      data.starts(with: [0x93] + Array("NUMPY".utf8))
    else {
      throw ValidationError("\(path) is missing or no NumPy file.")
    }
    let bytes = [UInt8](data)
    let isFirstVersion = bytes[6] == 1
    let headerStart = isFirstVersion ? 10 : 12
    let headerLength =
      Int(bytes[8]) + Int(bytes[9]) << 8
      + (isFirstVersion ? 0 : Int(bytes[10]) << 16 + Int(bytes[11]) << 24)
    let valuesStart = headerStart + headerLength
    guard valuesStart <= bytes.count else { throw ValidationError("\(path) ends in its header.") }
    let header = String(decoding: bytes[headerStart..<valuesStart], as: UTF8.self)
    let open = header.firstIndex(of: "(") ?? header.startIndex
    shape = header[open...].prefix { $0 != ")" }.split { !$0.isNumber }.compactMap { Int($0) }
    let count = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
    guard header.contains("'<f4'"), header.contains("'fortran_order': False"), count > 0,
      bytes.count - valuesStart == count * 4
    else {
      throw ValidationError("\(path) does not hold 32-bit floats in C order, little-endian.")
    }
    values = bytes.withUnsafeBytes { raw in
      (0..<count).map {
        Float(
          bitPattern: UInt32(
            littleEndian: raw.loadUnaligned(fromByteOffset: valuesStart + 4 * $0, as: UInt32.self)))
      }
    }
  }
}
