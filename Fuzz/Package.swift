// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]
let wire: Target.Dependency = .product(name: "TracewireProtocol", package: "tracewire")

func target(_ name: String) -> Target {
    .executableTarget(name: name, dependencies: ["Script", wire], swiftSettings: settings)
}

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "tracewire", path: "..", traits: [])],
    targets: ["answers", "batches", "conversations", "frames", "values"].map(target) + [
        .target(name: "CFuzzer"),
        .target(name: "Script", dependencies: ["CFuzzer", wire], swiftSettings: settings),
    ])
