// swift-tools-version: 6.2
import PackageDescription

let tracewire: Target.Dependency = .product(name: "Tracewire", package: "tracewire")

let package = Package(
    name: "examples",
    dependencies: [
        // As a program would depend on it: without the collector and the command line.
        .package(name: "tracewire", path: "..", traits: ["ServiceLifecycle"]),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "DatePlanner", dependencies: [tracewire]),
        .executableTarget(name: "plan", dependencies: ["DatePlanner", tracewire]),
        .executableTarget(
            name: "planner-server",
            dependencies: [
                "DatePlanner", tracewire,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
    ])
