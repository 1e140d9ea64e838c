import CSimulated
import TracewireProtocol

@testable import TracewireStore

/// Compares all of a database with the rules: every record that was committed is there once, as it was sent.
struct DatabaseCheck {
    private let connection: StoreConnection
    private let rules: Rules
    private let world: World

    /// What reads, and what it needs for values that lie in segments.
    private final class StoreConnection {
        let connection: TracewireStore.Connection
        private let segments: SegmentReader

        init(_ path: String) throws {
            connection = try StoreReader.open(path)
            segments = try SegmentReader(connection)
            try ValueFunction.add(to: connection, segments)
        }
    }

    static func run(_ world: World) {
        disk_calm(1)
        defer { disk_calm(0) }
        do {
            let check = DatabaseCheck(
                connection: try StoreConnection(world.databasePath), rules: world.rules, world: world)
            try check.run()
        } catch {
            world.violate("the database can be read", "\(error)")
        }
    }

    /// The store's own look at all of a database.
    static func checkAll(_ world: World) {
        do {
            let reader = try StoreReader(path: world.databasePath)
            var found: [[Value]] = []
            let query = Query(.report(name: "check", arguments: [:]), credit: 0)
            let summary = reader.run(
                query, limits: QueryLimits(), control: QueryControl(), columns: { _ in },
                rows: { found += try Rows(decoding: $0.span).rows })
            world.require(
                summary.code == .ok && found.isEmpty, "the store finds nothing wrong with the database",
                "\(summary.message) \(found)")
        } catch {
            world.violate("the database can be read", "\(error)")
        }
    }

    private func run() throws {
        try compare("users", "SELECT username, email FROM users", expectedUsers)
        try compare("workflows", Self.workflows, expectedWorkflows)
        try compare("nodes", Self.nodes, expectedNodes)
        try compare("generations", Self.generations, expectedGenerations)
        try compare(
            "rejected records", "SELECT producer, sequence, record_index, record, code FROM rejected_records",
            expectedRejected)
        try compare("parked records", Self.parked, expectedParked)
        try compare("sheds", Self.sheds, expectedSheds)
        try compare("producers", "SELECT id, epoch, last_sequence FROM producers", expectedProducers)
    }

    private func compare(_ table: String, _ sql: String, _ expected: [[Value]]) throws {
        let found = try rows(sql)
        guard found.count == expected.count else {
            return world.violate(
                "the database holds what was committed, once",
                "there are \(found.count) \(table), and the rules say \(expected.count)")
        }
        for (row, wanted) in zip(Self.sorted(found), Self.sorted(expected)) where row != wanted {
            return world.violate("the database holds what was sent", "in \(table) " + Self.difference(row, wanted))
        }
    }

    /// By what names a row: its first columns.
    private static func sorted(_ rows: [[Value]]) -> [[Value]] {
        rows.map { ($0, $0.prefix(3).map(text).joined(separator: "|")) }.sorted { $0.1 < $1.1 }.map(\.0)
    }

    private static func difference(_ row: [Value], _ wanted: [Value]) -> String {
        let column = zip(row, wanted).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
        return "\(row.prefix(3).map(text)) has \(text(row[column]).prefix(80)) in column \(column), and the rules say "
            + "\(text(wanted[column]).prefix(80)) of \(wanted.prefix(3).map(text))"
    }

    private static func text(_ value: Value) -> String {
        switch value {
        case .null: "-"
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .text(let text): text
        case .blob(let bytes): bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
    }

    private func rows(_ sql: String) throws -> [[Value]] {
        let statement = try Statement(connection.connection, sql)
        var rows: [[Value]] = []
        while try statement.step() { rows.append((0..<statement.columnCount).map { value(statement, $0) }) }
        return rows
    }

    private func value(_ statement: Statement, _ column: Int32) -> Value {
        if statement.isNull(column) { return .null }
        if statement.isInteger(column) { return .integer(statement.integer(column)) }
        return statement.isBlob(column) ? .blob([UInt8](statement.bytes(column))) : .text(statement.text(column))
    }

    private static let workflows = """
        SELECT w.uuid, u.username, w.name, w.status, w.created_at, w.completed_at, tracewire_value(w.user_input),
            tracewire_value(w.tags), tracewire_value(w.final_itinerary)
        FROM workflows w LEFT JOIN users u ON u.id = w.user_id
        """
    private static let nodes = """
        SELECT n.uuid, w.uuid, n.node_name, n.node_type, n.execution_order, n.status, n.pending_at, n.started_at,
            n.completed_at, n.duration_ms, tracewire_value(n.input_data), tracewire_value(n.output_data), tracewire_value(n.state_data),
            tracewire_value(n.error_message)
        FROM nodes n JOIN workflows w ON w.id = n.workflow_id
        """
    private static let generations = """
        SELECT g.uuid, w.uuid, n.uuid, g.model_name, g.total_tokens, g.latency_ms, g.created_at,
            tracewire_value(g.user_prompt), tracewire_value(g.output)
        FROM generations g JOIN workflows w ON w.id = g.workflow_id LEFT JOIN nodes n ON n.id = g.node_id
        """
    private static let parked =
        "SELECT producer, sequence, record_index, record, waits_for_kind, waits_for FROM parked_records"
    private static let sheds =
        "SELECT w.uuid, s.source, s.records, s.payloads FROM sheds s JOIN workflows w ON w.id = s.workflow_id"
}

// What the rules say that the tables hold.
extension DatabaseCheck {
    private var expectedUsers: [[Value]] { rules.users.map { [.text($0.key), Value($0.value)] } }

    private var expectedWorkflows: [[Value]] {
        rules.workflows.compactMap { identifier, workflow in
            guard case .workflowStart(let start) = workflow.start.event else { return nil }
            var itinerary: String?
            if case .workflowEnd(let end)? = workflow.end?.event { itinerary = end.finalItinerary }
            return [
                Value(identifier), Value(start.username), Value(start.name), .text(workflow.status.name),
                .integer(workflow.start.atMs), Value(workflow.end?.atMs), Value(start.userInput), Value(start.tags),
                Value(itinerary),
            ]
        }
    }

    private var expectedNodes: [[Value]] {
        rules.nodes.map { identifier, node in
            let end = node.end?.content
            let endedAt = node.end?.at ?? node.skippedAt
            return [
                Value(identifier), Value(node.workflow), Value(node.description.nodeName),
                Value(node.description.nodeType), Value(node.description.executionOrder), .text(node.status.name),
                Value(node.pendingAt), Value(node.start?.at), Value(endedAt), Value(end?.durationMs),
                Value(node.start?.inputData), Value(end?.outputData), Value(end?.stateData), Value(end?.errorMessage),
            ]
        }
    }

    private var expectedGenerations: [[Value]] {
        rules.generations.compactMap { identifier, record in
            guard case .generation(let call) = record.event else { return nil }
            return [
                Value(identifier), Value(call.workflow), call.node == .zero ? .null : Value(call.node),
                Value(call.modelName), Value(call.totalTokens), Value(call.latencyMs), .integer(record.atMs),
                Value(call.userPrompt), Value(call.output),
            ]
        }
    }

    private var expectedRejected: [[Value]] { rules.rejected.map { row($0) + [.text($0.code.description)] } }

    private var expectedParked: [[Value]] {
        rules.parked.map { parked in
            switch parked.awaits {
            case .user(let name): row(parked.kept) + [.text("user"), .text(name)]
            case .workflow(let identifier): row(parked.kept) + [.text("workflow"), .text(identifier.description)]
            case .node(let identifier): row(parked.kept) + [.text("node"), .text(identifier.description)]
            case .start(let identifier): row(parked.kept) + [.text("start"), .text(identifier.description)]
            }
        }
    }

    private func row(_ kept: KeptCopy) -> [Value] {
        [
            Value(kept.producer), .integer(Int64(bitPattern: kept.sequence)), .integer(Int64(kept.index)),
            .blob(kept.bytes),
        ]
    }

    private var expectedSheds: [[Value]] {
        rules.sheds.flatMap { workflow, sums in
            sums.map { source, sum in
                [Value(workflow), Value(source), Value(sum.records), Value(sum.payloads)]
            }
        }
    }

    private var expectedProducers: [[Value]] {
        rules.producers.map { identifier, producer in
            [
                Value(identifier), .integer(Int64(bitPattern: producer.epoch)),
                .integer(Int64(bitPattern: producer.lastSequence)),
            ]
        }
    }
}

extension Value {
    fileprivate init(_ text: String?) {
        self = text.map { .text($0) } ?? .null
    }

    fileprivate init(_ number: Int64?) {
        self = number.map { .integer($0) } ?? .null
    }

    fileprivate init(_ identifier: Identifier) {
        self = .blob(identifier.withBytes { [UInt8](copying: $0) })
    }
}
