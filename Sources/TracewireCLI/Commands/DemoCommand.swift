internal import ArgumentParser
internal import Glibc
internal import Tracewire
internal import TracewireCollector
internal import TracewireProtocol

/// `tracewire demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Runs three date-planner workflows through the SDK, and shows what was recorded of them.",
        discussion: """
            One completes, one fails in a node, one is cancelled. Without --connect or TRACEWIRE_CONNECT a collector of its \
            own is started on a free port, with a database that is gone afterwards.

              tracewire demo
              tracewire demo --connect 127.0.0.1:4747
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let output = Output.standard()
        if let address = try connection.namedAddress() {
            try await demonstrate(address, output)
        } else {
            try await withOwnCollector { address in
                try output.line("A collector of its own listens on \(address).")
                try await demonstrate(address, output)
                try output.line()
                try output.line("That collector and its database are gone now. To keep traces: tracewire serve")
            }
        }
        try output.flush()
    }

    private func demonstrate(_ address: NetworkAddress, _ output: Output) async throws {
        let token = connection.effectiveToken()
        try await RemoteCollector.with(address, token: token) { collector in
            var configuration = TracewireConfiguration()
            (configuration.host, configuration.port) = (address.host, address.port)
            configuration.token = token
            configuration.clientName = "tracewire demo"
            let client = TracewireClient(configuration, logger: Diagnostics.quietLogger)
            try output.line("Three workflows are running …")
            try output.flush()
            let runs = await DatePlanner(client: client).runAll()
            let report = await client.shutdown(timeout: .seconds(10))
            try output.line("Sent: \(report).")
            guard report.isComplete else { throw CommandFailure(report.rejected > 0 ? .rejected : .failed) }
            try await DemoReport(collector: collector, output: output).print(runs)
        }
    }

    private func withOwnCollector(_ body: (NetworkAddress) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var configuration = CollectorConfiguration(databasePath: directory.path + "/demo.db")
        configuration.listenPort = 0
        do {
            let collector = try Collector(configuration, logger: Diagnostics.quietLogger)
            let (host, port) = try await collector.start()
            do {
                try await body(NetworkAddress(host: host, port: port))
            } catch {
                await collector.stop()
                throw error
            }
            await collector.stop()
        } catch let error as CollectorError {
            throw CommandFailure(.failed, error.message)
        }
    }
}

/// What the demo shows of its runs: the list, each run, and the three reports.
struct DemoReport {
    let collector: any Answering
    let output: Output

    func print(_ runs: [String]) async throws {
        try heading("tracewire workflows --limit \(runs.count)")
        let limit: [String: Value?] = ["limit": .integer(Int64(runs.count))]
        try await collector.write(.report("workflows", limit), to: TableOutput(output, view: WorkflowsCommand.view))
        for id in runs {
            let run = try await ShowCommand.load(id, from: collector)
            try heading("tracewire show \(run.workflow.integer("id").map(String.init) ?? id)")
            try RunPrinter(run, output: output, showsPayloads: false).print()
        }
        for subject in StatsCommand.Subject.allCases {
            try heading("tracewire stats \(subject.rawValue)")
            try await collector.write(
                StatsCommand.request(subject), to: TableOutput(output, view: subject.view))
        }
    }

    private func heading(_ command: String) throws {
        try output.line()
        try output.line(output.terminal.styled("$ \(command)", .bold))
    }
}

/// A directory for this user alone, under `TMPDIR` or `/tmp`.
struct TemporaryDirectory {
    let path: String

    /// - Throws: ``CommandFailure``.
    init() throws {
        let template = (Environment.value("TMPDIR") ?? "/tmp") + "/tracewire-demo-XXXXXX"
        var bytes = Array(template.utf8CString)
        guard mkdtemp(&bytes) != nil else {
            throw CommandFailure(.failed, "cannot make a temporary directory: \(String(cString: strerror(errno)))")
        }
        path = String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes the directory and the files in it. It holds no other directories.
    func remove() {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { unlink("\(path)/\(name)") }
        }
        closedir(directory)
        rmdir(path)
    }
}
