// The safetensors container: eight bytes of header length, a JSON header, the tensors' bytes. Nothing
// in the file is trusted: every offset is checked, the tensors must tile the data without overlap or
// hole, and a damaged file is an error, never a trap.

/// A parsed safetensors file. Tensors are copied out on request; the bytes need no alignment.
struct SafeTensors {
  static let headerByteCountMax = 1 << 20

  enum ElementType: String {
    case int8 = "I8"
    case uint8 = "U8"
    case int32 = "I32"
    case float32 = "F32"
    case float64 = "F64"

    var byteCount: Int {
      switch self {
      case .int8, .uint8: 1
      case .int32, .float32: 4
      case .float64: 8
      }
    }
  }

  struct Tensor {
    let elementType: ElementType
    let shape: [Int]
    /// Where its bytes are in the file.
    let range: Range<Int>
  }

  let name: String
  let metadata: [String: String]
  let tensors: [String: Tensor]
  private let bytes: [UInt8]

  /// Parses a file's bytes; `name` is for messages.
  init(_ bytes: [UInt8], name: String) throws(ModelError) {
    self.name = name
    self.bytes = bytes
    guard bytes.count >= 8 else { throw Self.damaged(name, "it is shorter than 8 bytes") }
    let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= Self.headerByteCountMax, Int(length) <= bytes.count - 8 else {
      throw Self.damaged(name, "its header cannot be \(length) bytes long")
    }
    let dataStart = 8 + Int(length)
    let header = try JSONReader(text: bytes[8..<dataStart], path: name + ": header")
    guard case .object(let members) = header.value else { throw header.failure("an object") }
    var metadata: [String: String] = [:]
    var tensors: [String: Tensor] = [:]
    for (key, value) in members {
      let reader = JSONReader(value, path: name + ": " + key)
      if key == "__metadata__" {
        metadata = try Self.strings(reader)
      } else {
        tensors[key] = try Self.tensor(reader, dataStart: dataStart, fileEnd: bytes.count)
      }
    }
    self.metadata = metadata
    self.tensors = tensors
    try Self.checkTiling(tensors, name: name, from: dataStart, to: bytes.count)
  }

  private static func damaged(_ name: String, _ reason: String) -> ModelError {
    ModelError("\(name) is damaged: \(reason). Copy the model again.")
  }

  private static func strings(_ reader: JSONReader) throws(ModelError) -> [String: String] {
    guard case .object(let members) = reader.value else { throw reader.failure("an object") }
    var result: [String: String] = [:]
    for (key, value) in members {
      guard case .string(let text) = value else { throw reader.failure("a map of texts") }
      result[key] = text
    }
    return result
  }

  private static func tensor(
    _ reader: JSONReader, dataStart: Int, fileEnd: Int
  ) throws(ModelError) -> Tensor {
    let dtype = try reader.member("dtype")
    guard let elementType = ElementType(rawValue: try dtype.string()) else {
      throw dtype.failure("I8, U8, I32, F32 or F64")
    }
    let offsets = try reader.member("data_offsets")
    let dataByteCount = fileEnd - dataStart
    let dimensions = try reader.member("shape").elements(count: 0...8)
    let bounds = try offsets.elements(count: 2...2)
    let first = try bounds[0].integer(in: 0...dataByteCount)
    let end = try bounds[1].integer(in: 0...dataByteCount)
    var shape: [Int] = []
    var byteCount = elementType.byteCount
    for dimension in dimensions {
      shape.append(try dimension.integer(in: 1...Int(Int32.max)))
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: shape[shape.count - 1])
      guard !overflow else { throw reader.failure("smaller than the file") }
      byteCount = product
    }
    guard first <= end, end - first == byteCount else {
      throw offsets.failure("\(byteCount) bytes apart, as the shape says")
    }
    return Tensor(
      elementType: elementType, shape: shape, range: dataStart + first..<dataStart + end)
  }

  private static func checkTiling(
    _ tensors: [String: Tensor], name: String, from start: Int, to end: Int
  ) throws(ModelError) {
    var position = start
    for tensor in tensors.sorted(by: { $0.value.range.lowerBound < $1.value.range.lowerBound }) {
      guard tensor.value.range.lowerBound == position else {
        throw damaged(name, "tensor \(tensor.key) overlaps another or leaves a hole before it")
      }
      position = tensor.value.range.upperBound
    }
    guard position == end else { throw damaged(name, "its data go on after the last tensor") }
  }

  /// The values of a tensor that must have this type and shape.
  func values<Element: SafeTensorElement>(
    _ tensor: String, shape: [Int], as type: Element.Type = Element.self
  ) throws(ModelError) -> [Element] {
    guard let found = tensors[tensor] else {
      throw ModelError("\(name) lacks the tensor \(tensor). Use a model of the training tools.")
    }
    guard found.elementType == Element.elementType, found.shape == shape else {
      throw ModelError(
        """
        \(name): tensor \(tensor) is \(found.elementType.rawValue) \(found.shape), expected \
        \(Element.elementType.rawValue) \(shape). Use a model of the training tools.
        """)
    }
    return bytes.withUnsafeBytes { all in
      let stride = MemoryLayout<Element>.stride
      return (0..<found.range.count / stride).map { index in
        Element.loadLittleEndian(all, at: found.range.lowerBound + index * stride)
      }
    }
  }
}

/// A number type that tensors hold.
protocol SafeTensorElement: BitwiseCopyable {
  static var elementType: SafeTensors.ElementType { get }
  static func loadLittleEndian(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Self
}

extension SafeTensorElement where Self: FixedWidthInteger {
  static func loadLittleEndian(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Self {
    Self(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Self.self))
  }
}

extension Int8: SafeTensorElement {
  static var elementType: SafeTensors.ElementType { .int8 }
}

extension UInt8: SafeTensorElement {
  static var elementType: SafeTensors.ElementType { .uint8 }
}

extension Int32: SafeTensorElement {
  static var elementType: SafeTensors.ElementType { .int32 }
}

extension Float: SafeTensorElement {
  static var elementType: SafeTensors.ElementType { .float32 }
  static func loadLittleEndian(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Float {
    Float(
      bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    )
  }
}

extension Double: SafeTensorElement {
  static var elementType: SafeTensors.ElementType { .float64 }
  static func loadLittleEndian(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Double {
    Double(
      bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    )
  }
}
