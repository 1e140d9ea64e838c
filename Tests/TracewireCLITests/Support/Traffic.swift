import Foundation
import Testing

/// Files of events, made by `Scripts/traffic.py` from a seed.
enum Traffic {
    enum Kind: String, CaseIterable {
        /// In the order and the spacing that export promises.
        case planner
        /// With everything else that the format allows.
        case odd
    }

    /// Returns the path of the file.
    static func write(
        _ kind: Kind, seed: Int, workflows: Int, to directory: TestDirectory, name: String = "events.ndjson"
    ) async throws -> String {
        let made = try await Program.python("traffic.py", [String(seed), String(workflows), kind.rawValue])
        try #require(made.exit == 0, "\(made.errors)")
        try made.output.write(to: URL(filePath: directory.file(name)))
        return directory.file(name)
    }

    /// Whether two files hold equal events, as a set.
    static func expectEqual(_ first: String, _ second: String) async throws {
        let compared = try await Program.python("compare_events.py", [first, second])
        #expect(compared.exit == 0, "\(compared.text)\(compared.errors)")
    }
}
