// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors where the project is checked (scripts/test), never on a user's newer compiler.
let strict: [SwiftSetting] =
  Context.environment["ECGCLIP_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]
let settings: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")] + strict

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude,
    swiftSettings: settings)
}

let package = Package(
  name: "ecgclip-edge",
  products: [.executable(name: "ecgclip", targets: ["ecgclip"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
  ],
  targets: [
    // The vocabulary, and the pure rooms that know no device, clock or file.
    room("ECGSignal"),
    room("FrontEnds", ["ECGSignal"]),
    room("SignalProcessing", ["ECGSignal"]),
    room("Alarms", ["ECGSignal"]),
    room("AlertLink", ["Alarms", "ECGSignal"]),
    .target(name: "CKernels"),
    .target(name: "COpenBLAS"),
    room(
      "Inference",
      ["CKernels", "COpenBLAS", "ECGSignal", .product(name: "Crypto", package: "swift-crypto")]),
    room("Findings", ["Inference", "ECGSignal"]),
    room("Recordings", ["ECGSignal"]),
    room("Evaluation", ["ECGSignal", "Recordings", "SignalProcessing"]),

    // The heart.
    room("Pipeline", ["ECGSignal", "SignalProcessing", "Findings", "Inference", "Alarms"]),

    // The doors.
    room("Devices", ["ECGSignal"]),
    .target(name: "CLinux"),
    .target(name: "CAllocationCounter"),
    room("RealTime", ["CLinux", "ECGSignal"]),
    room(
      "LinuxDevices",
      ["Devices", "FrontEnds", "CLinux", "ECGSignal", .product(name: "Yams", package: "Yams")]),
    room(
      "SimulatedDevices",
      ["Devices", "FrontEnds", "Recordings", "LinuxDevices", "RealTime", "CLinux", "ECGSignal"]),

    // What people see and run.
    room("TerminalDisplay", ["ECGSignal", "Alarms"]),
    room(
      "Monitor",
      [
        "Pipeline", "SignalProcessing", "Devices", "RealTime", "Recordings", "Alarms", "AlertLink",
        "TerminalDisplay",
        "Findings", "Inference", "ECGSignal", "CLinux",
      ]),
    .executableTarget(
      name: "ecgclip",
      dependencies: [
        "Monitor", "LinuxDevices", "SimulatedDevices", "FrontEnds", "Recordings", "Pipeline",
        "SignalProcessing", "Evaluation",
        "Inference", "Findings", "Alarms", "AlertLink", "TerminalDisplay", "Devices", "ECGSignal",
        "CKernels", "CLinux", "CAllocationCounter",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    .target(
      name: "TestSupport", dependencies: ["CAllocationCounter"], path: "Tests/TestSupport",
      swiftSettings: settings),
    .target(
      name: "ModelExercise", dependencies: ["Inference", "ECGSignal"], path: "Tests/ModelExercise",
      swiftSettings: settings),
    tests("ECGSignalTests", ["ECGSignal"]),
    tests("FrontEndsTests", ["FrontEnds", "ECGSignal"]),
    tests(
      "SignalProcessingTests", ["SignalProcessing", "Alarms", "ECGSignal", "Recordings"],
      exclude: ["Fixtures"]),
    tests("AlarmsTests", ["Alarms"]),
    tests("AlertLinkTests", ["AlertLink", "Alarms"]),
    tests(
      "InferenceTests", ["Inference", "CKernels", "ECGSignal", "ModelExercise"],
      exclude: ["Fixtures"]),
    tests("FindingsTests", ["Findings", "Inference", "ECGSignal", "Recordings"]),
    tests("RecordingsTests", ["Recordings", "ECGSignal"]),
    tests("EvaluationTests", ["Evaluation", "SignalProcessing", "Recordings", "ECGSignal"]),
    tests(
      "PipelineTests",
      ["Pipeline", "SimulatedDevices", "Recordings", "Inference", "Alarms", "ECGSignal"]),
    tests("RealTimeTests", ["RealTime", "ECGSignal"]),
    tests("LinuxDevicesTests", ["LinuxDevices", "FrontEnds", "Devices", "ECGSignal"]),
    tests(
      "SimulatedDevicesTests",
      ["SimulatedDevices", "LinuxDevices", "FrontEnds", "Devices", "Recordings", "ECGSignal"]),
    tests(
      "TerminalDisplayTests", ["TerminalDisplay", "Alarms", "ECGSignal"], exclude: ["Snapshots"]),
    tests("TidyTests", []),
    tests(
      "MonitorTests",
      [
        "Monitor", "Pipeline", "Inference", "SimulatedDevices", "LinuxDevices", "FrontEnds",
        "Devices", "AlertLink", "Alarms", "Recordings", "ECGSignal", "CLinux",
      ]),
    tests("CommandTests", ["ecgclip", "Recordings"]),
  ],
  swiftLanguageModes: [.v6]
)

// Fuzzing instruments the rooms that it attacks: FUZZ=1 swift build --product ModelFuzz
if Context.environment["FUZZ"] != nil {
  let instrumented: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer,address"])]
  let attacked = ["Recordings", "ECGSignal", "Inference", "ModelExercise"]
  for target in package.targets where attacked.contains(target.name) {
    target.swiftSettings = (target.swiftSettings ?? []) + instrumented
  }
  for target in package.targets where target.name == "CKernels" {
    target.cSettings = [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])]
  }
  func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
      name: name, dependencies: dependencies, path: "Tests/Fuzz/\(name)",
      swiftSettings: settings + instrumented,
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])])
  }
  package.targets += [
    fuzzer("RecordingsFuzz", ["Recordings", "ECGSignal"]),
    fuzzer("ModelFuzz", ["Inference", "ModelExercise"]),
  ]
}
