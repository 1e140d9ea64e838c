import Foundation
import Testing

/// What a collector's metrics address answered to curl.
struct Scrape {
    let address: String
    let status: Int
    let text: String

    /// Asks once more.
    func again() async throws -> Scrape { try await Scrape(address) }

    init(_ address: String) async throws {
        self.address = address
        let outcome = try await Program(executable: URL(filePath: "/usr/bin/env")).run(
            ["curl", "--silent", "--show-error", "--write-out", "%{http_code}", address])
        try #require(outcome.exit == 0, "\(outcome.errors)")
        text = String(outcome.text.dropLast(3))
        status = try #require(Int(outcome.text.suffix(3)))
    }
}

extension CollectorProcess {
    /// Asks for `path` where the collector said that its metrics are. It was started with `--metrics`, and says so once.
    func scraped(_ path: String) async throws -> Scrape {
        let line = try await output.firstLine()
        let match = try #require(
            line.firstMatch(of: #/metrics at (http://127\.0\.0\.1:\d+)/metrics/#), "serve said: \(line)")
        return try await Scrape(match.output.1 + path)
    }
}
