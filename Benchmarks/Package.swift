// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "tracewire", path: "..")
    ],
    targets: [
        .executableTarget(
            name: "fill",
            dependencies: [
                "Synthetic",
                .product(name: "TracewireStore", package: "tracewire"),
                .product(name: "TracewireProtocol", package: "tracewire"),
            ]),
        .executableTarget(
            name: "connections", dependencies: [.product(name: "Tracewire", package: "tracewire")]),
        .target(name: "CAllocations"),
        .target(name: "Synthetic", dependencies: [.product(name: "TracewireProtocol", package: "tracewire")]),
        .executableTarget(
            name: "spooling", dependencies: ["Synthetic", .product(name: "Tracewire", package: "tracewire")]),
        .executableTarget(name: "flooding", dependencies: [.product(name: "Tracewire", package: "tracewire")]),
        .executableTarget(
            name: "recording",
            dependencies: [
                "CAllocations", .product(name: "Tracewire", package: "tracewire"),
                .product(name: "TracewireProtocol", package: "tracewire"),
            ]),
        .executableTarget(
            name: "questions", dependencies: [.product(name: "Tracewire", package: "tracewire")]),
    ])
