// The house rules as functions of a file's path and text. Each gives one sentence a breach, with file and line.

/// A text file of the repository.
struct SourceFile {
  /// Path from the top of the checkout.
  let path: String
  let lines: [Substring]

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The target whose source it is: the second folder of its path.
  var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

  /// A sentence for every line of which `isBad` holds.
  func breaches(_ reason: String, where isBad: (Substring) -> Bool) -> [String] {
    lines.enumerated().filter { isBad($0.element) }.map { "\(path):\($0.offset + 1): \(reason)" }
  }
}

enum Rules {
  /// A file is one idea.
  static let linesMax = 400
  /// `swift format` keeps code to 100; comments and messages, which it cannot break, have this limit.
  static let columnsMax = 120

  static func size(_ file: SourceFile) -> [String] {
    let tooLong =
      file.lines.count > linesMax
      ? ["\(file.path): \(file.lines.count) lines, at most \(linesMax)"] : []
    return tooLong
      + file.breaches("a line of more than \(columnsMax) characters") { line in
        // A raw string is somebody else's format.
        line.count > columnsMax && !line.contains("#\"")
      }
  }

  /// Words that would end a monitor, write where a display is, or leave work behind.
  static func words(_ file: SourceFile) -> [String] {
    func found(_ reason: String, _ pattern: Regex<Substring>) -> [String] {
      file.breaches(reason) { $0.contains(pattern) }
    }
    var breaches =
      found("an error is ignored", #/\btry!/#)
      + found("a fatal error: throw, or state a precondition", #/\bfatalError\(/#)
      + found("unfinished", #/\b(?:TO\x44O|FIX\x4DE)\b/#)
    if file.target != "RealTime" {
      breaches += found("unchecked sharing belongs to RealTime", #/@unchecked\s+Sendable/#)
    }
    if file.path.hasPrefix("Sources/"), file.target != "ecgclip" {
      breaches += found("only the command line prints", #/(?:^|[^.\w])print\(/#)
    }
    return breaches
  }

  /// Paths of one machine, and hosts of a registry that only one network has.
  static func places(_ file: SourceFile) -> [String] {
    let path = #/(?:^|[^.A-Za-z0-9_\/:])\/(?:work|root|opt|Users|home)\/[A-Za-z]/#
    let registry = #/https?:\/\/[^ ]*\/(?:simple|debian|pool)(?:\/|$|[ "])/#
    return file.breaches("a path of one machine") { $0.contains(path) }
      + file.breaches("a registry's address") { $0.contains(registry) }
  }

  /// Imports of the project's own rooms that Package.swift does not declare.
  static func imports(_ file: SourceFile, declared: [String: Set<String>]) -> [String] {
    let allowed = declared[file.target] ?? []
    return file.breaches("imports a room that Package.swift does not give it") { line in
      guard let name = line.firstMatch(of: #/^\s*(?:@\w+ )?(?:public )?import (\w+)/#)?.output.1
      else { return false }
      return declared[String(name)] != nil && !allowed.contains(String(name))
    }
  }

  /// Which rooms each room of Package.swift may import.
  static func declaredRooms(package: String) -> [String: Set<String>] {
    let start = package.firstRange(of: "targets: [\n")?.upperBound ?? package.endIndex
    let end = package.firstRange(of: "swiftLanguageModes")?.lowerBound ?? package.endIndex
    guard start < end else { return [:] }
    var rooms: [String: Set<String>] = [:]
    let target =
      #/(?:room|tests|\.target|\.executableTarget)\(\s*(?:name: )?"(\w+)"([^\[\)]*(?:\[[^\]]*\])?)/#
    for match in package[start..<end].matches(of: target) {
      let names = match.output.2.matches(of: #/"(\w+)"/#).map { String($0.output.1) }
      rooms[String(match.output.1)] = Set(names)
    }
    return rooms
  }

  /// Rooms that reach themselves through the rooms they import, or that a pure room must not reach.
  static func direction(_ rooms: [String: Set<String>]) -> [String] {
    func reach(_ room: String) -> Set<String> {
      var found: Set<String> = []
      var open = Array(rooms[room] ?? [])
      while let next = open.popLast() {
        if found.insert(next).inserted { open += rooms[next] ?? [] }
      }
      return found
    }
    let pure = [
      "ECGSignal", "FrontEnds", "SignalProcessing", "Alarms", "Inference", "Findings", "Pipeline",
      "Evaluation",
    ]
    let doors: Set = [
      "Devices", "LinuxDevices", "SimulatedDevices", "RealTime", "CLinux", "Monitor",
    ]
    return rooms.keys.sorted().flatMap { room in
      let reached = reach(room)
      let loop = reached.contains(room) ? ["\(room) imports itself through other rooms"] : []
      let world = pure.contains(room) ? reached.intersection(doors).sorted() : []
      return loop + world.map { "\(room) is pure and reaches \($0)" }
    }
  }

  /// Commands of the README that the program has not, and commands that the README does not show.
  static func commands(readme: String, program: String) -> [String] {
    let shown = Set(readme.matches(of: #/(?:^|[`\n])ecgclip ([a-z]+)/#).map { String($0.output.1) })
    let list = program.firstMatch(of: #/subcommands: \[([^\]]*)\]/#)?.output.1 ?? ""
    let known = Set(list.matches(of: #/(\w+)Command\.self/#).map { $0.output.1.lowercased() })
    return shown.subtracting(known).sorted().map {
      "README shows 'ecgclip \($0)', which is not there"
    }
      + known.subtracting(shown).sorted().map { "README does not show 'ecgclip \($0)'" }
  }
}
