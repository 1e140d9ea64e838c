internal import TracewireProtocol

/// What the demo shows of its runs: the list, each run, and the three reports.
struct DemoReport {
    let collector: any Answering
    let output: Output

    func print(_ runs: [String]) async throws {
        try heading("tracewire workflows --limit \(runs.count)")
        let limit: [String: Value?] = ["limit": .integer(Int64(runs.count))]
        try await collector.write(.report("workflows", limit), to: TableOutput(output, view: WorkflowsCommand.view()))
        for id in runs {
            let run = try await ShowCommand.load(id, from: collector)
            try heading("tracewire show \(run.workflow.integer("id").map(String.init) ?? id)")
            try RunPrinter(run, output: output).print()
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
