import Logging
import TracewireProtocol

@testable import TracewireCollector

/// A collector that asks for tokens, and the file in which they are.
final class TokenFixture: Sendable {
    let directory: TemporaryDirectory
    private let file: TokenFile

    static let silence: Logger = {
        var logger = Logger(label: "collector")
        logger.logLevel = .critical
        return logger
    }()

    init() throws {
        directory = try TemporaryDirectory()
        file = TokenFile(database: directory.path + "/traces.db")
    }

    /// Makes a token and returns its text.
    func create(_ roles: Roles, in project: ProjectName = .standard, expiresMs: Int64? = nil) throws -> String {
        try file.create(label: "", project: project, roles: roles, expiresMs: expiresMs, nowMs: 0).text
    }

    func revoke(_ text: String) throws {
        let id = String(text.split(separator: "_")[1])
        guard try file.revoke(id: id) != nil else { throw CollectorError(.tokens, "no token \(id)") }
    }

    /// The same with one setting of the collector's.
    func withCollector<Setting>(
        setting path: WritableKeyPath<CollectorConfiguration, Setting>, _ value: Setting,
        _ body: @escaping @Sendable (Int) throws -> Void
    ) async throws {
        try await withCollector(where: { $0[keyPath: path] = value }, body)
    }

    /// Runs `body`, which may block, against a collector that asks everybody for a token.
    func withCollector(
        where configure: (inout CollectorConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (Int) throws -> Void
    ) async throws {
        try await withServingCollector(
            directory: directory,
            { configuration in
                configuration.requiresTokens = true
                configure(&configuration)
            }, { port, _ in try body(port) })
    }
}
