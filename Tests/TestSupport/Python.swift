// What other people's programs say: a Python with wfdb, where there is one, and the JSON that it prints.

import Foundation

/// A JSON value of which the tests know the shape.
public enum Json: Sendable {
  case object([String: Json])
  case array([Json])
  case text(String)
  case number(Double)
  case null

  /// Wraps what `JSONSerialization` read.
  public init(_ value: Any) {
    switch value {
    case let object as [String: Any]: self = .object(object.mapValues { Json($0) })
    case let array as [Any]: self = .array(array.map { Json($0) })
    case let text as String: self = .text(text)
    case let number as NSNumber: self = .number(number.doubleValue)
    default: self = .null
    }
  }

  /// Reads JSON text.
  public static func data(_ data: Data) throws -> Json {
    Json(try JSONSerialization.jsonObject(with: data))
  }

  /// A member, null where there is none.
  public subscript(_ key: String) -> Json {
    if case .object(let object) = self { object[key] ?? .null } else { .null }
  }

  /// An element, null where there is none.
  public subscript(_ index: Int) -> Json { list.indices.contains(index) ? list[index] : .null }
  /// The value as what it should be; empty, nil or NaN where it is something else.
  public var list: [Json] { if case .array(let array) = self { array } else { [] } }
  public var keys: [String] {
    if case .object(let object) = self { object.keys.sorted() } else { [] }
  }
  public var text: String? { if case .text(let text) = self { text } else { nil } }
  public var number: Double { if case .number(let number) = self { number } else { .nan } }
  public var integer: Int? { Int(exactly: number) }
  public var isNull: Bool { if case .null = self { true } else { false } }
}

/// A Python that imports wfdb: `ECGCLIP_PYTHON`, else `python3`.
public enum Python {
  /// The program, nil where there is none.
  public static let path: String? = {
    let named = ProcessInfo.processInfo.environment["ECGCLIP_PYTHON"]
    let candidates = [named, "/usr/bin/python3", "/usr/local/bin/python3"].compactMap(\.self)
    return candidates.first { (try? run($0, ["-c", "import wfdb"])) != nil }
  }()

  /// Whether there is one: for `.enabled(if:)`.
  public static var readsWFDB: Bool { path != nil }

  /// Whether it imports a further package.
  public static func imports(_ package: String) -> Bool {
    path.map { (try? run($0, ["-c", "import \(package)"])) != nil } ?? false
  }

  /// Whether it also checks JSON against schemas.
  public static let readsJSONSchema: Bool = imports("jsonschema")

  /// Runs a script of Tests/Peers and returns the JSON it prints.
  public static func peer(_ script: String, _ arguments: String...) throws -> Json {
    try peer(script, arguments)
  }

  /// Runs a script of Tests/Peers and returns the JSON it prints.
  public static func peer(_ script: String, _ arguments: [String]) throws -> Json {
    let file = TestData.repository + "/Tests/Peers/" + script
    let output = try run(path ?? "", [file] + arguments)
    return try Json.data(output)
  }

  /// Runs a few lines of Python and returns the JSON that they print.
  public static func evaluate(_ code: String) throws -> Json {
    try Json.data(try run(path ?? "", ["-c", code]))
  }

  private struct Failed: Error {
    let status: Int32
    /// The end of what it wrote to standard error.
    let lastWords: String
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    var environment = ProcessInfo.processInfo.environment
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    // A file takes any amount without a reader.
    let folder = try TemporaryFolder()
    let complaints = URL(filePath: try folder.write("stderr", ""))
    process.standardError = try FileHandle(forWritingTo: complaints)
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let text = String(decoding: try Data(contentsOf: complaints), as: UTF8.self)
      throw Failed(status: process.terminationStatus, lastWords: String(text.suffix(500)))
    }
    return data
  }
}
