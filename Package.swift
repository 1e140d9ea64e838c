// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
/// Targets without C libraries or NIO below them also say `unsafe` at each unsafe use.
let strictMemory: [SwiftSetting] = strict + [.strictMemorySafety(), .enableExperimentalFeature("Lifetimes")]

let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioTLS: Target.Dependency = .product(
    name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["TLS"]))
let nioTLSEvents: Target.Dependency = .product(
    name: "NIOTLS", package: "swift-nio", condition: .when(traits: ["TLS"]))
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioConcurrency: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
/// What only the collector and the command line need.
func ofProgram(_ name: String, _ package: String) -> Target.Dependency {
    .product(name: name, package: package, condition: .when(traits: ["Program"]))
}
let lifecycle: Target.Dependency = ofProgram("ServiceLifecycle", "swift-service-lifecycle")
let configuration: Target.Dependency = ofProgram("Configuration", "swift-configuration")
let crypto: Target.Dependency = ofProgram("Crypto", "swift-crypto")
let unixSignals: Target.Dependency = ofProgram("UnixSignals", "swift-service-lifecycle")
let arguments: Target.Dependency = ofProgram("ArgumentParser", "swift-argument-parser")

/// What the SDK works together with, where a program asks for it with a trait.
let integrations: [Target.Dependency] = [
    .product(
        name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: .when(traits: ["ServiceLifecycle"])),
    .product(name: "Metrics", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
    .product(name: "Tracing", package: "swift-distributed-tracing", condition: .when(traits: ["DistributedTracing"])),
]
let metricsTestKit: Target.Dependency = .product(
    name: "MetricsTestKit", package: "swift-metrics", condition: .when(traits: ["Metrics"]))

let package = Package(
    name: "tracewire",
    products: [
        .library(name: "Tracewire", targets: ["Tracewire"]),
        .library(name: "TracewireProtocol", targets: ["TracewireProtocol"]),
        .library(name: "TracewireZstd", targets: ["TracewireZstd"]),
        .library(name: "TracewireStore", targets: ["TracewireStore"]),
        .library(name: "TracewireCollector", targets: ["TracewireCollector"]),
        .executable(name: "tracewire", targets: ["TracewireCLI"]),
    ],
    traits: [
        .default(enabledTraits: ["Program"]),
        .trait(
            name: "Program",
            description: "The collector and the command line. Who links the SDK alone fetches less without it.",
            enabledTraits: ["TLS"]),
        .trait(name: "TLS", description: "The SDK connects over TLS, where it is told to. BoringSSL is built for it."),
        .trait(name: "ServiceLifecycle", description: "A client of the SDK is a Service of swift-service-lifecycle."),
        .trait(name: "Metrics", description: "The SDK reports what it counts to swift-metrics."),
        .trait(
            name: "DistributedTracing",
            description: "A Tracer for swift-distributed-tracing, whose spans become workflows, nodes and generations."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Without its trait for JSON files, which alone would link Foundation and ICU: 60 MB of program.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    ],
    targets: [
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CPageChecksums", dependencies: ["CSQLite"], cSettings: strictC),
        .target(name: "TracewireProtocol", swiftSettings: strictMemory),
        .target(name: "TracewireZstd", dependencies: ["CZstd", "TracewireProtocol"], swiftSettings: strict),
        .target(
            name: "TracewireStore",
            dependencies: ["TracewireProtocol", "TracewireZstd", "CSQLite", "CPageChecksums"], swiftSettings: strict),
        .target(
            name: "TracewireCollector",
            dependencies: [
                "TracewireProtocol", "TracewireZstd", "TracewireStore", nioCore, nioPosix, nioHTTP, nioTLS,
                nioTLSEvents, nioConcurrency, crypto, logging, lifecycle, configuration,
            ],
            swiftSettings: strict),
        .target(
            name: "Tracewire",
            dependencies: ["TracewireProtocol", "TracewireZstd", nioCore, nioPosix, nioTLS, nioConcurrency, logging]
                + integrations,
            swiftSettings: strict),
        .executableTarget(
            name: "TracewireCLI",
            dependencies: [
                "Tracewire", "TracewireCollector", "TracewireStore", "TracewireProtocol", arguments, lifecycle, logging,
                configuration, unixSignals,
            ],
            // Compiled in: a resource file would need Foundation's Bundle.
            resources: [.embedInCode("Cost/prices.toml")], swiftSettings: strict),
        .testTarget(
            name: "TracewireProtocolTests", dependencies: ["TracewireProtocol", "TracewireZstd"], swiftSettings: strict),
        .testTarget(
            name: "TracewireZstdTests", dependencies: ["TracewireZstd", "TracewireProtocol", "CZstd"],
            swiftSettings: strict),
        .testTarget(
            name: "TracewireStoreTests", dependencies: ["TracewireStore", "TracewireProtocol", "CSQLite"],
            swiftSettings: strict),
        .testTarget(
            name: "TracewireCollectorTests",
            dependencies: [
                "TracewireCollector", "TracewireStore", "TracewireZstd", "TracewireProtocol", configuration, nioCore,
                nioPosix,
                nioEmbedded, nioConcurrency, nioTLS, logging,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TracewireTests",
            dependencies: ["Tracewire", "TracewireCollector", "TracewireProtocol", nioConcurrency] + integrations
                + [metricsTestKit],
            swiftSettings: strict),
        // A program that the tests kill while it records.
        .executableTarget(
            name: "RecordingHost", dependencies: ["Tracewire", logging], path: "Tests/RecordingHost",
            swiftSettings: strict),
        .testTarget(
            name: "TracewireCLITests",
            dependencies: ["TracewireCLI", "Tracewire", "TracewireStore", "TracewireProtocol", "RecordingHost"],
            exclude: ["Golden", "Scripts"], swiftSettings: strict),
    ]
)
