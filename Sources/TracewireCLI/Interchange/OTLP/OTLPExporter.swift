internal import TracewireProtocol

/// Writes what a collector holds as the lines of OpenTelemetry's file exporter: each is a request of the OTLP protocol,
/// with spans of one run. A large run has several.
struct OTLPExporter {
    let collector: any Answering
    let output: Output
    var progress = ProgressBar(terminal: .none)

    /// All runs, or one.
    func export(run: String?) async throws {
        var traces: [Int64: OTLPTrace] = [:]
        try await RunPages(collector: collector, splitsRuns: true, progress: progress).forEach(
            run: run, users: { _ in },
            page: { page in
                if !page.workflows.isEmpty { traces = try await begin(page.workflows) }
                try write(page, &traces)
            })
    }

    private func begin(_ workflows: [AnswerRow]) async throws -> [Int64: OTLPTrace] {
        let last = try await lastTimes(workflows)
        var traces: [Int64: OTLPTrace] = [:]
        for row in workflows {
            let id = row.integer("id") ?? 0
            traces[id] = OTLPTrace(row, lastMs: last[id])
        }
        return traces
    }

    /// The last time of anything that is recorded of those that go on.
    private func lastTimes(_ workflows: [AnswerRow]) async throws -> [Int64: Int64] {
        let running = workflows.filter { $0.status() == .running }.compactMap { $0.integer("id") }
        guard let first = running.first, let last = running.last else { return [:] }
        let statement = """
            SELECT w.id, max(w.created_at,
                coalesce((SELECT max(max(coalesce(n.pending_at, 0), coalesce(n.started_at, 0), coalesce(n.completed_at, 0)))
                    FROM nodes n WHERE n.workflow_id = w.id), 0),
                coalesce((SELECT max(g.created_at) FROM generations g WHERE g.workflow_id = w.id), 0)) AS last_at
            FROM workflows w WHERE w.id BETWEEN ?1 AND ?2 AND w.status = 'running'
            """
        var times: [Int64: Int64] = [:]
        let rows = try await collector.rows(.sql(text: statement, parameters: [.integer(first), .integer(last)]))
        for row in rows { times[row.integer("id") ?? 0] = row.integer("last_at") }
        return times
    }

    private func write(_ page: RunPages.Page, _ traces: inout [Int64: OTLPTrace]) throws {
        var lines: [Int64: OTLPLine] = [:]
        for row in page.workflows {
            let id = row.integer("id") ?? 0
            try add(traces[id]?.span(workflow: row), of: id, traces, &lines)
        }
        for row in page.nodes {
            let id = row.integer("workflow_id") ?? 0
            try add(traces[id]?.span(node: row), of: id, traces, &lines)
        }
        for row in page.generations {
            let id = row.integer("workflow_id") ?? 0
            try add(traces[id]?.span(generation: row), of: id, traces, &lines)
        }
        for id in lines.keys.sorted() { try lines[id]?.write(to: output) }
    }

    private func add(
        _ span: [UInt8]?, of run: Int64, _ traces: [Int64: OTLPTrace], _ lines: inout [Int64: OTLPLine]
    ) throws {
        guard let span else { return }
        if lines[run] == nil { lines[run] = traces[run].map { OTLPLine(head: $0.head) } }
        try lines[run]?.add(span, output)
    }
}

/// A line that is being filled.
private struct OTLPLine {
    /// Beyond that a line is written, and another one begun. Who receives requests bounds them: OpenTelemetry's own
    /// collector takes 4 MiB over gRPC, unless its `max_recv_msg_size_mib` says otherwise.
    private static let fullBytes = 1 << 20

    private let head: [UInt8]
    private var bytes: [UInt8] = []

    init(head: [UInt8]) {
        self.head = head
    }

    mutating func add(_ span: [UInt8], _ output: Output) throws {
        if bytes.count + span.count > Self.fullBytes { try write(to: output) }
        bytes += bytes.isEmpty ? head : [UInt8(ascii: ",")]
        bytes += span
    }

    mutating func write(to output: Output) throws {
        guard !bytes.isEmpty else { return }
        try output.write(bytes + OTLPTrace.tail)
        bytes.removeAll()
    }
}
