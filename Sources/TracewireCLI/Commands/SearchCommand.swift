internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire search`
struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Finds a text in what workflows, nodes and generations recorded, about newest first.",
        discussion: """
            Looks in prompts, outputs, inputs, states, errors, tags, metadata and names, and writes for each value that \
            holds the text where it is and what stands around it. Case matters, unless --ignore-case says otherwise of A \
            to Z. Values are compared as they were sent: in JSON, what was sent as an escape ("\\uc131") is found as the \
            escape only.

            Hits come as they are found, those in the same stretch of time in no certain order. The exit code is 0 if \
            there are any, and 1 without any or if the search could not be finished; then standard error says why.

              tracewire search 'upstream 503' --since 7d
              tracewire search 홍대 --user user00042 --limit 5
              tracewire search TimeoutError --ignore-case --format json
            """)

    /// Longest text that collectors search for, in bytes.
    private static let longestText = 1_000

    @Argument(help: "The text: 1 to 1,000 bytes. Behind '--' it may begin with a hyphen.")
    var text: String

    @Option(help: "Only workflows of that user.")
    var user: String?

    @Option(help: "Only workflows of that name.")
    var name: String?

    @Option(help: "Only workflows of that status: running, completed, failed or cancelled.")
    var status: WorkflowsCommand.WorkflowStatus?

    @OptionGroup var period: PeriodOptions

    @Flag(name: .shortAndLong, help: "Take A to Z for the same as a to z.")
    var ignoreCase = false

    @Option(help: "Stop after so many hits; 1 to 10,000.")
    var limit: Int64 = 50

    @Option(
        help: ArgumentHelp("Give up after that time, such as 5m. Default: the collector's limit.", valueName: "time"))
    var timeout: DurationArgument?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        try timeout?.requireTime(for: "--timeout")
        guard 1...10_000 ~= limit else { throw ValidationError("--limit is 1 to 10,000") }
        guard 1...Self.longestText ~= text.utf8.count else {
            throw ValidationError("the text is 1 to \(Self.longestText) bytes long")
        }
    }

    func run() async throws {
        let output = format.standardOutput()
        let hits = PromptOutput(rows(output), output)
        let limits = QuestionLimits(timeout: timeout.map { .milliseconds($0.milliseconds) })
        do {
            try await connection.withCollector { try await $0.write(request, limits: limits, to: hits) }
        } catch let failure as CommandFailure where failure.code == .deadlineExceeded {
            throw Self.withAdvice(failure)
        }
        if hits.count == limit {
            Diagnostics.note("stopped after \(Plural.of(Int(limit), "hit")): --limit allows more")
        }
        if hits.count == 0 { throw CommandFailure(.failed) }
    }

    private static func withAdvice(_ failure: CommandFailure) -> CommandFailure {
        let advice = "search less with --since, or allow more with --timeout, up to the collector's limit"
        return CommandFailure(failure.exit, "\(failure.message): \(advice)", code: failure.code)
    }

    private func rows(_ output: Output) -> any RowOutput {
        guard format.format == .table else { return format.format.output(to: output, view: .everything) }
        return HitOutput(output, textBytes: text.utf8.count)
    }

    private var request: Query.Request {
        var arguments: [String: Value?] = [
            "text": .text(text), "ignore_case": .integer(ignoreCase ? 1 : 0), "limit": .integer(limit),
            "user": user.map(Value.text), "name": name.map(Value.text), "status": status.map { .text($0.rawValue) },
        ]
        for (key, value) in period.arguments { arguments[key] = .integer(value) }
        return .report("search", arguments)
    }
}
