internal import ArgumentParser
internal import Glibc
internal import TracewireProtocol

/// `tracewire sql`
struct SQLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Runs one read-only SQL statement on the collector's database.",
        discussion: """
            The tables are users, workflows, nodes and generations, in SQLite's dialect. The collector bounds time, rows \
            and bytes, and refuses whatever would change something. '-' reads the statement from standard input.

            Every row has an integer key, id, and a UUID, uuid, which is kept as 16 bytes: uuid_text(uuid) writes it as text, uuid_blob(text) reads it. \
            Times are milliseconds since 1970.

              tracewire sql 'SELECT status, COUNT(*) FROM workflows GROUP BY status'
              tracewire sql 'SELECT uuid_text(uuid), name FROM workflows'
              tracewire sql 'SELECT * FROM nodes WHERE workflow_id = ?' --parameter 12
            """)

    @Argument(help: "The statement, or '-'.")
    var statement: String

    @Option(
        name: .customLong("parameter"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "The value of the next '?': a number if JSON has it as one, else a text; '\"7\"', in quotation marks, is the "
                + "text 7. Repeatable.", valueName: "value"))
    var parameters: [String] = []

    @Option(
        help: ArgumentHelp("Give up after that time, such as 5s. Default: the collector's limit.", valueName: "time"))
    var timeout: DurationArgument?

    @Option(help: "Stop after so many rows. Default, and with 0: no limit but the collector's.")
    var maxRows: UInt64?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        try timeout?.requireTime(for: "--timeout")
    }

    func run() async throws {
        let output = format.standardOutput()
        let request = Query.Request.sql(text: try text(), parameters: parameters.map(SQLParameter.value))
        let limits = QuestionLimits(timeout: timeout.map { .milliseconds($0.milliseconds) }, maximumRows: maxRows ?? 0)
        let rows = format.format.output(to: output, view: .everything)
        do {
            try await connection.withCollector { try await $0.write(request, limits: limits, to: rows) }
        } catch let failure as CommandFailure {
            // Why it failed is said, whether anybody reads the rows or not.
            try? output.flush()
            throw Self.withAdvice(failure)
        }
        try output.flush()
    }

    private static func withAdvice(_ failure: CommandFailure) -> CommandFailure {
        let advice: String? =
            switch failure.code {
            case .deadlineExceeded:
                "ask for less, or allow more with --timeout, up to the collector's query_timeout_seconds"
            case .invalidArgument: "say --parameter VALUE once for each '?'"
            case .sqlError
            where ["no such table", "near \".\"", "token: \"\\\""].contains(where: failure.message.contains):
                "the tables are users, workflows, nodes and generations, and 'PRAGMA table_info(nodes)' names the columns of one"
            default: nil
            }
        guard let advice else { return failure }
        return CommandFailure(failure.exit, "\(failure.message): \(advice)", code: failure.code)
    }

    private func text() throws -> String {
        let text = statement == "-" ? try StandardInput.text(limit: Limits.queryTextBytes) : statement
        guard text.utf8.count <= Limits.queryTextBytes, !text.utf8.contains(0) else {
            throw CommandFailure(
                .usage, "a statement has at most \(Limits.queryTextBytes) bytes, and no NUL character among them")
        }
        return text
    }
}

/// The process's standard input, read whole.
enum StandardInput {
    /// - Throws: ``CommandFailure`` if it is longer than `limit` bytes, or not UTF-8.
    static func text(limit: Int) throws -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += chunk[..<count]
            guard bytes.count <= limit else {
                throw CommandFailure(.usage, "standard input holds more than the \(limit) bytes that are allowed")
            }
        }
        guard let text = String(validating: bytes.span) else {
            throw CommandFailure(.usage, "standard input is not UTF-8")
        }
        return text
    }
}
