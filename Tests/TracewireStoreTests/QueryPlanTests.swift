import CSQLite
import Testing
import TracewireProtocol

@testable import TracewireStore

/// How SQLite finds what the reports on runs ask for: by indexes, in their order.
struct QueryPlanTests {
    private let recorder: Recorder
    private let reader: StoreReader

    init() throws {
        recorder = try Recorder()
        reader = try StoreReader(path: recorder.database.path)
    }

    /// Every combination of the filters of `workflows` that have an index.
    private static let combinations = (0..<128).map { bits in
        let names = ["status", "user", "name", "since", "until", "before_id", "before_at"]
        return Set(names.enumerated().filter { bits >> $0.offset & 1 == 1 }.map(\.element))
    }

    /// The index that the filters ask for, and the columns that it finds by.
    private static func index(_ given: Set<String>) -> (name: String, columns: [String]) {
        switch (given.contains("user"), given.contains("status"), given.contains("name")) {
        case (false, false, false): ("created", [])
        case (true, false, false): ("user ", ["user_id"])
        case (false, true, false): ("status ", ["status"])
        case (false, false, true): ("name ", ["name"])
        case (true, false, true): ("user_name ", ["user_id", "name"])
        case (false, true, true): ("name_status ", ["name", "status"])
        case (true, true, _): ("user_status ", ["user_id", "status"])
        }
    }

    @Test func `the list of workflows reads one index in its order, whatever is filtered`() throws {
        for given in Self.combinations {
            let plan = try plan(Reports.workflows.sql(given.union(["limit"])))
            #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
            let index = Self.index(given)
            let range = Set(["since", "until", "before_id"]).intersection(given)
            let outer = try #require(plan.first { $0.contains(" w ") })
            #expect(outer.contains("USING INDEX workflows_\(index.name)"), "\(plan)")
            let equal = index.columns.map { "\($0)=?" }.joined(separator: " AND ")
            #expect(outer.contains(equal), "\(outer)")
            #expect(outer.contains("created_at>?") == range.contains("since"), "\(outer)")
            #expect(outer.contains("created_at<?") == !range.isDisjoint(with: ["until", "before_id"]), "\(outer)")
            // Without any filter the index is read from its end, as far as the limit.
            let scans = plan.filter { $0.hasPrefix("SCAN") && $0 != "SCAN w USING INDEX workflows_created" }
            #expect(scans == [])
        }
    }

    @Test(arguments: [["status", "name"], ["user", "name"], ["user", "status"], ["user", "status", "name"]])
    func `a list costs what it returns, however many runs pass each filter alone`(filters: [String]) throws {
        let plain = try PlainConnection(recorder.database.path)
        // Each filter leaves a third of 30,000 runs, every two of them 10, and these are the oldest.
        try plain.execute(
            """
            INSERT INTO users (id, uuid, username, created_at, updated_at) VALUES (1, x'01', 'kim', 1, 1);
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 30000)
            INSERT INTO workflows (id, uuid, user_id, name, status, created_at, updated_at, heard_at)
            SELECT n, CAST(n AS BLOB), iif(n <= 10 OR n % 3 = 0, 1, NULL), iif(n <= 10 OR n % 3 = 1, 'rare', 'planner'),
                iif(n <= 10 OR n % 3 = 2, 'failed', 'completed'), n, n, n
            FROM numbers
            """)
        let values: [String: Value] = ["user": .text("kim"), "status": .text("failed"), "name": .text("rare")]
        let given = values.filter { filters.contains($0.key) }
        for arguments in [given, given.merging(["before_id": .integer(20_000)]) { $1 }] {
            let cost = try cost(Reports.workflows, arguments)
            #expect(cost.rows == 10)
            #expect(cost.steps < 2_000, "\(cost.steps) steps for \(arguments.keys.sorted())")
        }
    }

    /// What SQLite does to answer a report, in steps of its virtual machine.
    private func cost(_ report: Report, _ arguments: [String: Value]) throws -> (rows: Int, steps: Int32) {
        let connection = try StoreReader.open(recorder.database.path)
        try SQLFunctions.add(to: connection)
        let values = try report.values(arguments)
        let statement = try SQLSandbox(connection, hidesReferences: false).prepare(
            report: report.sql(Set(values.keys)), values)
        var rows = 0
        while sqlite3_step(statement.handle) == SQLITE_ROW { rows += 1 }
        return (rows, sqlite3_stmt_status(statement.handle, SQLITE_STMTSTATUS_VM_STEP, 0))
    }

    @Test func `failures are found by their time alone`() throws {
        let plan = try plan(Reports.errors.sql([]))
        #expect(plan.contains { $0.contains("USING INDEX nodes_failed") }, "\(plan)")
        #expect(plan.contains { $0.contains("USING INDEX generations_at") }, "\(plan)")
        #expect(
            !plan.contains { $0.hasPrefix("SCAN n") || $0.hasPrefix("SCAN g") || $0.contains("SCAN nodes") }, "\(plan)")
    }

    @Test func `a run and what is counted of it are found by its key alone`() throws {
        let list = try plan(Reports.workflows.sql(["limit"]))
        let questions: [(Report, Set<String>)] = [
            (Reports.workflow, ["id"]), (Reports.workflow, ["low", "high"]), (Reports.nodes, []),
            (Reports.generations, []), (Reports.sheds, []), (Reports.nodes, ["after_id"]),
            (Reports.generations, ["after_id"]),
        ]
        for (report, given) in questions {
            let plan = try plan(report.sql(given)).filter { !$0.contains("SUBQUERY") }
            #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(report.name): \(plan)")
        }
        let part = try plan(Reports.nodes.sql(["after_id"]))
        #expect(part.contains { $0.hasSuffix("(workflow_id=? AND execution_order>?)") }, "\(part)")
        #expect(list.filter { $0.hasPrefix("SEARCH n ") || $0.hasPrefix("SEARCH g ") }.count == 4)
        #expect(list.filter { $0.hasSuffix("(workflow_id=?)") }.count == 4)
    }

    private func plan(_ sql: String) throws -> [String] {
        let parameters = Set(sql.matches(of: /:[a-z_]+/).map { String($0.output) }).count
        let answer = reader.ask(
            .sql(text: "EXPLAIN QUERY PLAN " + sql, parameters: Array(repeating: .integer(1), count: parameters)))
        #expect(answer.summary.code == .ok, "\(answer.summary.message)")
        return try answer.column("detail").map { if case .text(let detail) = $0 { detail } else { "" } }
    }
}
