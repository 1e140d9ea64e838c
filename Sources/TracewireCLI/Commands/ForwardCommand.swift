internal import ArgumentParser
internal import Tracewire
internal import TracewireProtocol

/// `tracewire forward [DIR]`
struct ForwardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forward",
        abstract: "Delivers what processes that are gone have left in their spools.",
        discussion: """
            A program that records with the SDK keeps in a directory what its collector has not acknowledged. When it is \
            killed, the next one that uses the directory delivers the rest; this command does it without one. Every spool \
            goes under the identity of its process, so that nothing which the collector has already is applied again, and \
            is removed when it is answered. Spools of processes that live are left alone.

              tracewire forward
              tracewire forward /var/spool/planner --connect traces.internal

            Exit code 4: a record was rejected, or some of a file is damaged; such files are kept in 'damaged', beside the \
            spools. 1: something is left, or a spool cannot be opened.
            """)

    @Argument(
        help: ArgumentHelp(
            "The directory of the spools. Default: TRACEWIRE_SPOOL, else tracewire/spool in $XDG_STATE_HOME or in "
                + "~/.local/state.", valueName: "directory"), completion: .directory)
    var directory: String?

    @Option(help: ArgumentHelp("Give up when the collector answers nothing for that long.", valueName: "time"))
    var timeout = DurationArgument(milliseconds: 60_000)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        try timeout.requireTime(for: "--timeout")
    }

    func run() async throws {
        let output = format.standardOutput()
        let spools = try spools()
        // Nobody there is said at once, and not after a time without answers.
        if !spools.isEmpty { try await connection.withCollector { _ in } }
        let forwarder = SpoolForwarder(try configuration(), logger: Diagnostics.quietLogger)
        var results: [ForwardedSpool] = []
        for spool in spools {
            results.append(await forwarder.forward(spool, patience: .milliseconds(timeout.milliseconds)))
        }
        let result = ForwardResult(spools: results)
        try await Exit.report(result.exit) {
            try result.write(to: format.format.output(to: output, view: ForwardResult.view))
            try output.flush()
            for remark in result.remarks { Diagnostics.note(remark) }
        }
    }

    private func spools() throws -> [String] {
        do throws(TracewireError) {
            return try SpoolForwarder.spools(in: try place())
        } catch {
            throw CommandFailure(error)
        }
    }

    private func place() throws(TracewireError) -> String {
        if let directory { return directory }
        if case .directory(let path) = try TracewireConfiguration.fromEnvironment().spool { return path }
        throw TracewireError(
            .invalidConfiguration, "there is no directory of spools: neither TRACEWIRE_SPOOL nor HOME names one")
    }

    private func configuration() throws -> TracewireConfiguration {
        var configuration = TracewireConfiguration()
        try connection.apply(to: &configuration)
        configuration.clientName = "tracewire forward"
        configuration.spool = .memory
        return configuration
    }
}

/// What became of the spools.
struct ForwardResult {
    static let view = TableView(
        [
            .column("records", "RECORDS"), .column("committed", "COMMITTED"), .column("rejected", "REJECTED"),
            .column("parked", "PARKED"), .column("left", "LEFT"), .column("state", "STATE"), .column("spool", "SPOOL"),
        ], empty: "nothing is left to deliver")

    let spools: [ForwardedSpool]

    var exit: Exit? {
        if spools.contains(where: { $0.state == .unfinished || $0.state == .unreadable }) { return .failed }
        return spools.contains { $0.rejected > 0 || !$0.damage.isEmpty } ? .rejected : nil
    }

    var remarks: [String] {
        spools.flatMap { spool in
            spool.damage + (spool.error.map { spool.state == .delivered ? [] : ["\(spool.path): \($0)"] } ?? [])
        }
    }

    func write(to output: some RowOutput) throws {
        var output = output
        let counts = ["records", "committed", "rejected", "parked", "left"].map {
            Column(name: $0, declaredType: "INTEGER")
        }
        let texts = ["state", "spool", "error"].map { Column(name: $0, declaredType: "TEXT") }
        try output.begin(AnswerColumns(counts + texts))
        for spool in spools {
            let numbers = [spool.records, spool.committed, spool.rejected, spool.parked, spool.left]
            try output.row(
                numbers.map { .integer(Int64($0)) } + [
                    .text(Self.words[spool.state] ?? ""), .text(spool.path), spool.error.map { .text($0) } ?? .null,
                ])
        }
        try output.end()
    }

    private static let words: [ForwardedSpool.State: String] = [
        .delivered: "delivered", .unfinished: "unfinished", .inUse: "in use", .unreadable: "unreadable",
    ]
}
