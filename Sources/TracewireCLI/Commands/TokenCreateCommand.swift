internal import ArgumentParser
internal import TracewireCollector

/// `tracewire token create`
struct TokenCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a token and prints it, this once.",
        discussion: """
            Only the token goes to standard output. Nobody can find it out again: who loses it makes another one.

              tracewire token create --role ingest --name planner
              TRACEWIRE_TOKEN=$(tracewire token create --role query --expires 1h)
            """)

    @Option(
        help: ArgumentHelp(
            "What it allows: ingest, query or admin. May be said more than once.", valueName: "role"))
    var role: [RoleArgument]

    @Option(
        help: ArgumentHelp(
            "The project whose traces it is for; one that is new is made. Default: \(ProjectName.standard).",
            valueName: "name"), transform: ProjectArgument.parse)
    var project: ProjectName?

    @Option(help: ArgumentHelp("What it is for, for 'tracewire token list'.", valueName: "text"))
    var name = ""

    @Option(help: ArgumentHelp("After how long it is refused, such as 90d. Default: never.", valueName: "time"))
    var expires: DurationArgument?

    @OptionGroup var options: TokenFileOptions

    func validate() throws {
        try expires?.requireTime(for: "--expires")
    }

    func run() async throws {
        let now = Moment.now()
        let roles = role.reduce(into: Roles()) { $0.formUnion($1.roles) }
        let made = try options.withFile { (file) throws(CollectorError) in
            try file.create(
                label: name, project: project ?? .standard, roles: roles,
                expiresMs: expires.map { now + $0.milliseconds }, nowMs: now)
        }
        let output = Output.standard()
        try output.line(made.text)
        try output.flush()
        Diagnostics.note(
            "token \(made.token.id) allows \(roles) in the project '\(made.token.project)'; it is not shown again")
    }
}
