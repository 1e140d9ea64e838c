internal import ArgumentParser
internal import TracewireCollector
internal import TracewireProtocol

/// `tracewire token list`
struct TokenListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the tokens: whose they are, what they allow, and until when.",
        discussion: """
              tracewire token list --format json
            """)

    @OptionGroup var options: TokenFileOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let now = Moment.now()
        let tokens = try options.withFile { (file) throws(CollectorError) in try file.tokens() }
        try await format.withPagedOutput { output in
            var rows = format.format.output(to: output, view: Self.view)
            try rows.begin(Self.columns)
            for token in tokens { try rows.row(Self.row(token, now)) }
            try rows.end()
        }
    }

    private static let columns = AnswerColumns([
        Column(name: "id", declaredType: "TEXT"), Column(name: "name", declaredType: "TEXT"),
        Column(name: "project", declaredType: "TEXT"), Column(name: "roles", declaredType: "TEXT"),
        Column(name: "created_at", declaredType: "INTEGER"), Column(name: "expires_at", declaredType: "INTEGER"),
        Column(name: "is_expired", declaredType: "INTEGER"),
    ])

    private static func row(_ token: AccessToken, _ now: Int64) -> [Value] {
        [
            .text(token.id), .text(token.label), .text("\(token.project)"), .text("\(token.roles)"),
            .integer(token.createdMs), token.expiresMs.map(Value.integer) ?? .null,
            .integer(token.isExpired(atMs: now) ? 1 : 0),
        ]
    }

    private static let view = TableView(
        [
            .column("id", "ID"), .column("name", "NAME"), .column("project", "PROJECT"), .column("roles", "ROLES"),
            .column("created_at", "CREATED", .time, rank: 1),
            TableView.Item(title: "EXPIRES") { row in
                row.integer("is_expired") == 1 ? Cell(.text("expired")) : Cell(row["expires_at"], .time)
            },
        ], empty: "no tokens: 'tracewire token create' makes one")
}
