internal import Tracewire
internal import TracewireProtocol

/// What is exported, from where, and whether it may replace what is there.
struct Export: Sendable {
    /// What goes into one stream of lines.
    enum Form: Sendable {
        case events
        case traces
    }

    /// What is over sooner needs no bar.
    private static let patience = Duration.seconds(1)

    let address: CollectorAddress
    let access: CollectorAccess
    /// `nil` for everything.
    let run: String?
    let mayReplace: Bool

    private var bar: ProgressBar { ProgressBar(after: Self.patience) }

    func writeDatabase(_ path: String) async throws {
        try ExportFile(path, .database, mayReplace: mayReplace).check()
        try await reading { collector in
            try await PlainExporter(collector: collector, path: path, mayReplace: mayReplace, progress: bar).export()
        }
    }

    func writeTables(_ path: String) async throws {
        let directory = ExportDirectory(path, mayReplace: mayReplace)
        try directory.check()
        try await reading { collector in
            try await CSVExporter(collector: collector, directory: directory, progress: bar).export(run: run)
        }
    }

    func write(_ form: Form, _ path: String) async throws {
        let file = ExportFile(path, .text, mayReplace: mayReplace)
        try file.check()
        try await reading { collector in
            try await file.write { unfinished in
                let output = try Output.creating(unfinished)
                try await write(form, from: collector, to: output)
                try output.synchronize()
            }
        }
    }

    func write(_ form: Form, to output: Output) async throws {
        try await reading { collector in
            try await write(form, from: collector, to: output)
            try output.flush()
        }
    }

    private func write(_ form: Form, from collector: any Answering, to output: Output) async throws {
        // Lines on a terminal show by themselves how far it is.
        let progress = output.terminal.isTerminal ? ProgressBar(terminal: .none) : bar
        switch form {
        case .events: try await Exporter(collector: collector, output: output, progress: progress).export(run: run)
        case .traces: try await OTLPExporter(collector: collector, output: output, progress: progress).export(run: run)
        }
    }

    /// Writes what can be read, and fails at the end if something could not.
    private func reading(_ body: (any Answering) async throws -> Void) async throws {
        try await RemoteCollector.with(address, access: access) { collector in
            let reading = ReadingPastDamage(collector)
            try await body(reading)
            try reading.finish()
        }
    }
}
