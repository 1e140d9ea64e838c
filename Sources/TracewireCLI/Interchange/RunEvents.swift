internal import TracewireProtocol

/// One run as its rows say it, and the events that made them, in the order that FORMAT.md promises.
struct RunEvents {
    /// Where an event stands in its run: by time, then `execution_order`, then start before generation before end,
    /// then as the rows stand.
    private struct Place: Comparable {
        let atMs: Int64
        let order: Int64
        let rank: Int
        let row: Int

        static func < (left: Place, right: Place) -> Bool {
            (left.atMs, left.order, left.rank, left.row) < (right.atMs, right.order, right.rank, right.row)
        }
    }

    private enum Rank {
        static let pending = 0
        static let start = 1
        static let generation = 2
        static let end = 3
        static let shed = 4
    }

    private struct Node {
        let uuid: String
        let order: Int64
    }

    let workflow: String
    private let row: AnswerRow
    private var nodes: [Int64: Node] = [:]
    private var middle: [(place: Place, line: [UInt8])] = []

    /// A run without nodes or generations yet; `nil` if the row has no `uuid`.
    init?(_ row: AnswerRow) {
        guard let workflow = row.text("uuid") else { return nil }
        self.workflow = workflow
        self.row = row
    }

    /// The bytes of the run's lines, first to last.
    func lines() -> [[UInt8]] {
        var lines = [workflowStart()]
        lines += middle.sorted { $0.place < $1.place }.map(\.line)
        if let end = workflowEnd() { lines.append(end) }
        return lines
    }

    private var hasEnded: Bool {
        row.status().map { StatusEntity.workflow.isFinal($0) } ?? false
    }

    private func workflowStart() -> [UInt8] {
        var line = EventLine(.workflowStart)
        line.text(.workflow, workflow)
        line.text(.username, row.text("username"))
        line.text(.name, row.text("name"))
        line.text(.userInput, row.text("user_input"))
        line.text(.inputType, row.text("input_type"))
        line.json(.timeSettings, row.text("time_settings"))
        line.json(.dateTheme, row.text("date_theme"))
        if !hasEnded { line.json(.userIntent, row.text("user_intent")) }
        line.integer(.searchRadius, row.integer("search_radius"))
        line.json(.tags, row.text("tags"))
        line.json(.metadata, row.text("metadata"))
        line.integer(.atMs, row.integer("created_at"))
        return line.ended()
    }

    private func workflowEnd() -> [UInt8]? {
        guard hasEnded else { return nil }
        var line = EventLine(.workflowEnd)
        line.text(.workflow, workflow)
        line.text(.status, row.text("status"))
        line.json(.userIntent, row.text("user_intent"))
        line.integer(.atMs, row.integer("completed_at"))
        line.json(.finalItinerary, row.text("final_itinerary"))
        return line.ended()
    }

    private mutating func append(_ line: consuming EventLine, atMs: Int64, order: Int64, rank: Int) {
        let place = Place(atMs: atMs, order: order, rank: rank, row: middle.count)
        middle.append((place, line.ended()))
    }
}

// Nodes, in the order of their rows.
extension RunEvents {
    /// Adds the events of a node.
    mutating func append(node row: AnswerRow) {
        guard let id = row.integer("id"), let uuid = row.text("uuid") else { return }
        let node = Node(uuid: uuid, order: row.integer("execution_order") ?? 0)
        nodes[id] = node
        if let atMs = row.integer("pending_at") { appendPending(node, row, atMs) }
        if let atMs = row.integer("started_at") { appendStart(node, row, atMs) }
        if let atMs = row.integer("completed_at") { appendEnd(node, row, atMs) }
    }

    private func line(_ kind: EventKind, _ node: Node) -> EventLine {
        var line = EventLine(kind)
        line.text(.workflow, workflow)
        line.text(.node, node.uuid)
        return line
    }

    private func describe(_ row: AnswerRow, in line: inout EventLine) {
        line.text(.nodeName, row.text("node_name"))
        line.text(.nodeType, row.text("node_type"))
        line.integer(.executionOrder, row.integer("execution_order"))
        line.json(.tags, row.text("tags"))
        line.json(.metadata, row.text("metadata"))
    }

    private mutating func appendPending(_ node: Node, _ row: AnswerRow, _ atMs: Int64) {
        var line = line(.nodePending, node)
        describe(row, in: &line)
        line.integer(.atMs, atMs)
        append(line, atMs: atMs, order: node.order, rank: Rank.pending)
    }

    private mutating func appendStart(_ node: Node, _ row: AnswerRow, _ atMs: Int64) {
        var line = line(.nodeStart, node)
        if row.integer("pending_at") == nil { describe(row, in: &line) }
        line.json(.inputData, row.text("input_data"))
        line.integer(.atMs, atMs)
        append(line, atMs: atMs, order: node.order, rank: Rank.start)
    }

    private mutating func appendEnd(_ node: Node, _ row: AnswerRow, _ atMs: Int64) {
        guard row.status() != .skipped else {
            var line = line(.nodeSkip, node)
            line.integer(.atMs, atMs)
            return append(line, atMs: atMs, order: node.order, rank: Rank.end)
        }
        var line = line(.nodeEnd, node)
        line.text(.status, row.text("status"))
        line.json(.stateData, row.text("state_data"))
        line.integer(.atMs, atMs)
        line.text(.errorMessage, row.text("error_message"))
        line.text(.errorTraceback, row.text("error_traceback"))
        line.json(.outputData, row.text("output_data"))
        let elapsed = max(0, atMs - (row.integer("started_at") ?? atMs))
        if let duration = row.integer("duration_ms"), duration != elapsed { line.integer(.durationMs, duration) }
        append(line, atMs: atMs, order: node.order, rank: Rank.end)
    }
}

extension RunEvents {
    /// Adds what one program has shed of the run.
    mutating func append(shed row: AnswerRow) {
        let atMs = row.integer("reported_at") ?? 0
        var line = EventLine(.workflowShed)
        line.text(.workflow, workflow)
        line.text(.source, row.text("source"))
        line.integer(.records, row.integer("records"))
        line.integer(.payloads, row.integer("payloads"))
        line.integer(.atMs, atMs)
        append(line, atMs: atMs, order: .max, rank: Rank.shed)
    }
}

// Generations, in the order of their rows and after the nodes.
extension RunEvents {
    /// Adds the event of a generation. One outside of any node stands behind what the nodes did at the same time.
    mutating func append(generation row: AnswerRow) {
        let node = row.integer("node_id").flatMap { nodes[$0] }
        let atMs = row.integer("created_at") ?? 0
        var line = EventLine(.generation)
        line.text(.generation, row.text("uuid"))
        line.text(.workflow, workflow)
        line.text(.node, node?.uuid)
        line.text(.modelName, row.text("model_name"))
        line.text(.modelProvider, row.text("model_provider"))
        line.text(.systemPrompt, row.text("system_prompt"))
        line.text(.userPrompt, row.text("user_prompt"))
        appendResult(row, to: &line)
        line.integer(.atMs, atMs)
        append(line, atMs: atMs, order: node?.order ?? .max, rank: Rank.generation)
    }

    /// What came of the call. `output`, `parsed_output` and `error_message` are written even where they are `null`:
    /// a reader sees at once which of them a call has.
    private func appendResult(_ row: AnswerRow, to line: inout EventLine) {
        if let output = row.text("output") { line.text(.output, output) } else { line.null(.output) }
        if let parsed = row.text("parsed_output") { line.json(.parsedOutput, parsed) } else { line.null(.parsedOutput) }
        line.double(.temperature, row.double("temperature"))
        line.integer(.maxTokens, row.integer("max_tokens"))
        line.integer(.promptTokens, row.integer("prompt_tokens"))
        line.integer(.completionTokens, row.integer("completion_tokens"))
        line.integer(.totalTokens, row.integer("total_tokens"))
        line.integer(.latencyMs, row.integer("latency_ms"))
        if let error = row.text("error_message") { line.text(.errorMessage, error) } else { line.null(.errorMessage) }
        line.json(.metadata, row.text("metadata"))
    }
}
