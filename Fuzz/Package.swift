// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]
func product(_ name: String) -> Target.Dependency { .product(name: name, package: "tracewire") }
let wire = product("TracewireProtocol")

func target(_ name: String, _ others: String...) -> Target {
    .executableTarget(
        name: name, dependencies: ["Script", wire] + others.map(product),
        swiftSettings: settings + [.enableUpcomingFeature("InternalImportsByDefault")])
}

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "tracewire", path: "..", traits: [])],
    targets: [
        target("answers"), target("batches"), target("conversations"), target("frames"), target("imports", "Tracewire"),
        target("sandbox", "TracewireStore"), target("spools", "Tracewire"), target("streams", "TracewireZstd"),
        target("values"),
        .target(name: "CFuzzer"),
        .target(name: "Script", dependencies: ["CFuzzer", wire], swiftSettings: settings),
    ])
