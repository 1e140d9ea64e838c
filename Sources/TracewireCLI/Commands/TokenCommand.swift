internal import ArgumentParser
internal import TracewireCollector

/// `tracewire token`
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "The tokens that let clients in: create, list, revoke.",
        discussion: """
            A token belongs to a project, whose traces are kept apart from those of all others, and allows what its roles \
            say: ingest to send, query to ask, admin for both and to retry, discard, prune, repair and check. Clients show \
            it with TRACEWIRE_TOKEN or --token. The tokens file is beside the database, on the collector's machine, and \
            keeps digests only; a collector that runs reads a change at once, and ends the connections of a token that is \
            revoked or expires within seconds.

              tracewire token create --role ingest --name planner
              tracewire token create --project search --role query --expires 90d
              tracewire token list
              tracewire token revoke 3f09a1c2d4
            """,
        subcommands: [TokenCreateCommand.self, TokenListCommand.self, TokenRevokeCommand.self])
}

/// Which tokens file is meant.
struct TokenFileOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The collector's database, beside which the tokens are. Default: as for 'tracewire serve'.",
            valueName: "path"),
        completion: .file())
    var database: String?

    @Option(
        help: ArgumentHelp(
            "The tokens file, where the collector has tokens_file set. Default: the database's path with .tokens behind it.",
            valueName: "path"), completion: .file())
    var tokens: String?

    /// Reads or changes the file.
    ///
    /// - Throws: ``CommandFailure``.
    func withFile<Result>(_ body: (TokenFile) throws(CollectorError) -> Result) throws -> Result {
        let file = try file()
        do {
            return try body(file)
        } catch {
            throw CommandFailure(.failed, error.message)
        }
    }

    private func file() throws -> TokenFile {
        if let tokens { return TokenFile(path: tokens) }
        guard let database else { return TokenFile(database: try DefaultDatabase.path()) }
        try DefaultDatabase.requirePlace(of: database)
        return TokenFile(database: database)
    }
}

/// A role as an argument.
struct RoleArgument: ExpressibleByArgument {
    let roles: Roles

    init?(argument: String) {
        guard let roles = Roles(name: argument) else { return nil }
        self.roles = roles
    }

    static var allValueStrings: [String] { Roles.allNames }
}

/// A project as an argument.
enum ProjectArgument {
    static func parse(_ text: String) throws -> ProjectName {
        guard let name = ProjectName(text) else {
            throw ValidationError("the name of a project is \(ProjectName.form)")
        }
        return name
    }
}
