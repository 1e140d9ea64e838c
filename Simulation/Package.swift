// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

let package = Package(
    name: "simulation",
    dependencies: [
        .package(name: "tracewire", path: ".."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .target(name: "CSimulated", linkerSettings: [.linkedLibrary("sqlite3")]),
        .executableTarget(
            name: "simulate",
            dependencies: [
                "CSimulated",
                .product(name: "Tracewire", package: "tracewire"),
                .product(name: "TracewireCollector", package: "tracewire"),
                .product(name: "TracewireStore", package: "tracewire"),
                .product(name: "TracewireProtocol", package: "tracewire"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
    ])
