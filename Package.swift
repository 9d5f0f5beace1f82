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
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
  ],
  targets: [
    // The vocabulary, and the pure rooms that know no device, clock or file.
    room("ECGSignal"),
    room("FrontEnds", ["ECGSignal"]),
    room("SignalProcessing", ["ECGSignal"]),
    room("Alarms", ["ECGSignal", "StrictJSON"]),
    room("StrictJSON"),
    room("DurableFiles"),
    room(
      "AlertLink",
      ["Alarms", "ECGSignal", "StrictJSON", .product(name: "Crypto", package: "swift-crypto")]),
    .target(name: "CKernels"),
    .target(name: "COpenBLAS"),
    room(
      "Inference",
      [
        "CKernels", "COpenBLAS", "ECGSignal", "StrictJSON",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    room("Findings", ["Inference", "ECGSignal"]),
    room("Recordings", ["DurableFiles", "ECGSignal"]),

    // The heart.
    room("Pipeline", ["ECGSignal", "SignalProcessing", "Findings", "Inference", "Alarms"]),
    room(
      "Evaluation",
      ["Alarms", "ECGSignal", "Inference", "Pipeline", "Recordings", "SignalProcessing"]),

    // The doors.
    room("Devices", ["ECGSignal"]),
    room(
      "Calibration",
      [
        "Alarms", "Devices", "DurableFiles", "ECGSignal", "SignalProcessing", "StrictJSON",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .target(name: "CLinux"),
    .target(name: "CGPIO"),
    .target(name: "CALSA"),
    .target(name: "CMosquitto"),
    .target(name: "CAllocationCounter"),
    room("RealTime", ["CLinux", "ECGSignal"]),
    room("Annunciator", ["Alarms", "Devices", "RealTime", "CLinux"]),
    room("Guard", ["Alarms", "Annunciator", "Devices", "RealTime", "CLinux", "StrictJSON"]),
    room(
      "AlarmLog",
      [
        "Alarms", "AlertLink", "DurableFiles", "StrictJSON",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    room(
      "Central",
      ["AlertLink", "DurableFiles", "Devices", "RealTime", "StrictJSON", "CMosquitto", "CLinux"]),
    room("Doctor", ["Devices", "ECGSignal"]),
    room(
      "LinuxDevices",
      [
        "Devices", "FrontEnds", "AlertLink", "CLinux", "CALSA", "CGPIO", "ECGSignal", "StrictJSON",
        .product(name: "Yams", package: "Yams"),
      ]),
    room(
      "SimulatedDevices",
      ["Devices", "FrontEnds", "Recordings", "LinuxDevices", "RealTime", "CLinux", "ECGSignal"]),

    // What people see and run.
    room("TerminalDisplay", ["ECGSignal", "Alarms"]),
    room(
      "Monitor",
      [
        "Pipeline", "SignalProcessing", "Devices", "RealTime", "Recordings", "Alarms", "AlertLink",
        "DurableFiles",
        "TerminalDisplay", "Annunciator", "AlarmLog", "Guard", "Doctor",
        "Findings", "Inference", "ECGSignal", "CLinux",
      ]),
    room(
      "SelfTest",
      [
        "Pipeline", "SimulatedDevices", "SignalProcessing", "FrontEnds", "Inference", "Alarms",
        "ECGSignal",
      ]),
    .executableTarget(
      name: "ecgclip",
      dependencies: [
        "Monitor", "SelfTest", "LinuxDevices", "SimulatedDevices", "FrontEnds", "Recordings",
        "Pipeline", "SignalProcessing", "Evaluation",
        "Inference", "Findings", "Alarms", "AlertLink", "TerminalDisplay", "Devices", "ECGSignal",
        "Calibration", "Doctor", "Annunciator", "Guard", "AlarmLog", "Central",
        "CKernels", "CLinux", "CALSA", "CGPIO", "DurableFiles", "StrictJSON",
        "RealTime",
        "CAllocationCounter", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings,
      // Relocations in little space and no names for others to look up: 3 MB less are touched at a start.
      linkerSettings: [
        .unsafeFlags([
          "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
          "-Xlinker", "--no-export-dynamic",
        ])
      ]),

    .target(
      name: "TestSupport", dependencies: ["CAllocationCounter"], path: "Tests/TestSupport",
      swiftSettings: settings),
    .executableTarget(
      name: "KernelExercise",
      dependencies: [
        "Alarms", "Annunciator", "LinuxDevices", "FrontEnds", "Devices", "RealTime", "CLinux",
        "ECGSignal",
      ],
      path: "Tests/KernelExercise", exclude: ["guest.sh"], swiftSettings: settings),
    .target(
      name: "ModelExercise", dependencies: ["Inference", "ECGSignal"], path: "Tests/ModelExercise",
      swiftSettings: settings),
    .executableTarget(
      name: "LogExercise", dependencies: ["AlarmLog", "AlertLink"], path: "Tests/LogExercise",
      swiftSettings: settings),
    tests("ECGSignalTests", ["ECGSignal"]),
    tests("FrontEndsTests", ["FrontEnds", "ECGSignal"]),
    tests(
      "SignalProcessingTests",
      ["SignalProcessing", "Alarms", "ECGSignal", "Recordings", "SimulatedDevices"],
      exclude: ["Fixtures"]),
    tests("AlarmsTests", ["Alarms", "StrictJSON"]),
    tests("AlertLinkTests", ["AlertLink", "Alarms", "StrictJSON"]),
    tests(
      "AnnunciatorTests",
      ["Annunciator", "Alarms", "Devices", "LinuxDevices", "RealTime", "CALSA", "CLinux"]),
    tests(
      "AlarmLogTests",
      [
        "AlarmLog", "AlertLink", "Alarms", "LogExercise",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    tests("GuardTests", ["Guard", "RealTime", "Annunciator", "Alarms", "Devices"]),
    tests(
      "CentralTests",
      [
        "Central", "AlertLink", "AlarmLog", "Alarms", "LinuxDevices", "Devices", "ECGSignal",
        "RealTime", "StrictJSON", "CLinux", "CMosquitto",
      ]),
    tests(
      "InferenceTests", ["Inference", "CKernels", "ECGSignal", "ModelExercise"],
      exclude: ["Fixtures"]),
    tests("FindingsTests", ["Findings", "Inference", "ECGSignal", "Recordings"]),
    tests("RecordingsTests", ["Recordings", "DurableFiles", "ECGSignal"]),
    tests(
      "EvaluationTests",
      [
        "Evaluation", "Pipeline", "Alarms", "Inference", "SignalProcessing", "Recordings",
        "ECGSignal",
      ]),
    tests(
      "PipelineTests",
      [
        "Pipeline", "SignalProcessing", "SimulatedDevices", "Recordings", "Inference", "Alarms",
        "ECGSignal",
      ]),
    tests("StrictJSONTests", ["StrictJSON"]),
    tests("DurableFilesTests", ["DurableFiles"]),
    tests(
      "CalibrationTests",
      [
        "Calibration", "Alarms", "SimulatedDevices", "LinuxDevices", "FrontEnds", "Devices",
        "ECGSignal", "StrictJSON",
      ]),
    tests("RealTimeTests", ["RealTime", "ECGSignal"]),
    tests("LinuxDevicesTests", ["LinuxDevices", "FrontEnds", "Devices", "CALSA", "ECGSignal"]),
    tests(
      "SimulatedDevicesTests",
      ["SimulatedDevices", "LinuxDevices", "FrontEnds", "Devices", "Recordings", "ECGSignal"]),
    tests(
      "TerminalDisplayTests", ["TerminalDisplay", "Alarms", "ECGSignal"], exclude: ["Snapshots"]),
    tests("TidyTests", []),
    tests(
      "MonitorTests",
      [
        "Monitor", "Pipeline", "SignalProcessing", "Inference", "SimulatedDevices", "LinuxDevices",
        "FrontEnds", "Devices", "AlertLink", "AlarmLog", "Alarms", "Recordings", "ECGSignal",
        "CLinux", "DurableFiles", "Annunciator", "RealTime", "Doctor",
      ]),
    tests("SelfTestTests", ["SelfTest"]),
    tests(
      "CommandTests",
      [
        "ecgclip", "Recordings", "SimulatedDevices", "LinuxDevices", "FrontEnds", "Devices",
        "ECGSignal", "Calibration", "CALSA", "CLinux", "Guard", "Annunciator",
      ]),
    tests("DoctorTests", ["Doctor", "SimulatedDevices", "Devices", "ECGSignal"]),
  ],
  swiftLanguageModes: [.v6]
)

// Fuzzing instruments the rooms that it attacks: FUZZ=1 swift build --product ModelFuzz
if Context.environment["FUZZ"] != nil {
  let instrumented: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer,address"])]
  let attacked = [
    "Recordings", "ECGSignal", "FrontEnds", "StrictJSON", "Inference", "ModelExercise",
  ]
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
    fuzzer("DecodersFuzz", ["FrontEnds", "ECGSignal"]),
  ]
}
