// Holds the repository to its house rules, and shows for each rule that it can fail.

import Foundation
import TestSupport
import Testing

@Suite struct TidyTests {
  static func text(_ path: String) throws -> String {
    try String(contentsOfFile: TestData.repository + "/" + path, encoding: .utf8)
  }

  /// The files below some folders, and single files, that have one of the extensions.
  static func files(_ places: [String], extensions: Set<String>) throws -> [SourceFile] {
    let paths = places.flatMap { place -> [String] in
      let below = FileManager.default.enumerator(atPath: TestData.repository + "/" + place)
      return (below?.compactMap { $0 as? String } ?? []).map { "\(place)/\($0)" }
        .filter { !isFolder($0) }
    }
    return try paths.filter { extensions.contains(URL(filePath: $0).pathExtension) }
      .filter { !$0.contains("/.") }.sorted().map { SourceFile(path: $0, text: try text($0)) }
  }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(
      atPath: TestData.repository + "/" + path, isDirectory: &isFolder)
    return isFolder.boolValue
  }

  static func swift() throws -> [SourceFile] {
    let files = try files(["Sources", "Tests"], extensions: ["swift"])
    #expect(files.count > 50)
    return files
  }

  /// This folder spells out what it forbids.
  static func isRule(_ file: SourceFile) -> Bool { file.path.hasPrefix("Tests/TidyTests/") }

  @Test("files and lines are short")
  func size() throws {
    #expect(try Self.swift().flatMap(Rules.size) == [])
    #expect(Rules.size(SourceFile(path: "a", text: String(repeating: "\n", count: 401))).count == 1)
    let long = String(repeating: "x", count: 121)
    #expect(
      Rules.size(SourceFile(path: "a", text: "short\n" + long)) == [
        "a:2: a line of more than 120 characters"
      ])
  }

  @Test("no word that would end the monitor, print beside it or leave work behind")
  func words() throws {
    #expect(try Self.swift().filter { !Self.isRule($0) }.flatMap(Rules.words) == [])
    for bad in [
      "let x = try! f()", "  fatalError(\"no\")", "// TODO later", "// FIXME",
      "final class A: @unchecked Sendable {", "    print(\"hello\")",
    ] {
      let file = SourceFile(path: "Sources/Monitor/A.swift", text: bad)
      #expect(Rules.words(file).count == 1, "\(bad)")
    }
    let printing = SourceFile(path: "Sources/ecgclip/A.swift", text: "print(1)")
    #expect(Rules.words(printing) == [])
  }

  @Test("no path of one machine and no registry's address")
  func places() throws {
    let places = [
      "Sources", "Tests", "scripts", "docs", "models", "firmware-config", "calibration",
    ]
    let texts: Set = [
      "swift", "c", "h", "py", "md", "json", "yaml", "toml", "txt", "sh", "",
    ]
    let files = try Self.files(places, extensions: texts).filter { !Self.isRule($0) }
    #expect(files.flatMap(Rules.places) == [])
    for bad in ["open(\"/work/x\")", "PATH=/opt/swift/bin", "https://example.org/simple/"] {
      #expect(Rules.places(SourceFile(path: "a", text: bad)).count == 1, "\(bad)")
    }
  }

  @Test("rooms import what Package.swift gives them, one way")
  func rooms() throws {
    let rooms = Rules.declaredRooms(package: try Self.text("Package.swift"))
    #expect(rooms["Pipeline"]?.contains("SignalProcessing") == true)
    #expect(rooms["ecgclip"]?.contains("Monitor") == true)
    #expect(rooms["ECGSignal"] == [])
    let sources = try Self.swift().filter { $0.path.hasPrefix("Sources/") }
    #expect(Set(sources.map(\.target)).subtracting(rooms.keys) == [])
    #expect(sources.flatMap { Rules.imports($0, declared: rooms) } == [])
    #expect(Rules.direction(rooms) == [])

    let bad = SourceFile(path: "Sources/Alarms/A.swift", text: "import Foundation\nimport Monitor")
    #expect(Rules.imports(bad, declared: rooms).count == 1)
    #expect(Rules.direction(["Pipeline": ["A"], "A": ["Devices"]]).count == 1)
    #expect(Rules.direction(["A": ["B"], "B": ["A"]]).count == 2)
  }

  @Test("the README shows the commands that there are")
  func commands() throws {
    let readme = try Self.text("README.md")
    let program = try Self.text("Sources/ecgclip/ECGCLIP.swift")
    #expect(Rules.commands(readme: readme, program: program) == [])
    #expect(
      Rules.commands(
        readme: "`ecgclip sing`", program: "subcommands: [MonitorCommand.self]"
      ).count == 2)
  }
}
