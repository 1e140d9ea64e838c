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
                .product(name: "TracewireStore", package: "tracewire"),
                .product(name: "TracewireProtocol", package: "tracewire"),
            ]),
        .executableTarget(
            name: "connections", dependencies: [.product(name: "Tracewire", package: "tracewire")]),
        .executableTarget(
            name: "questions", dependencies: [.product(name: "Tracewire", package: "tracewire")]),
    ])
