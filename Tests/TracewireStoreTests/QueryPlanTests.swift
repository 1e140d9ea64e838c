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

    /// Every combination of the filters of `workflows`, but for `search`.
    private static let combinations = (0..<128).map { bits in
        let names = ["status", "user", "name", "since", "until", "before_id", "before_at"]
        return Set(names.enumerated().filter { bits >> $0.offset & 1 == 1 }.map(\.element))
    }

    @Test func `the list of workflows reads one index in its order, whatever is filtered`() throws {
        for given in Self.combinations {
            let plan = try plan(Reports.workflows.sql(given.union(["limit"])))
            #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
            let equal = [("user", "user_id"), ("status", "status"), ("name", "name")].first { given.contains($0.0) }
            let range = Set(["since", "until", "before_id"]).intersection(given)
            let outer = try #require(plan.first { $0.contains(" w ") })
            #expect(outer.contains("USING INDEX workflows_\(equal?.0 ?? "created")"), "\(plan)")
            if let equal { #expect(outer.contains("\(equal.1)=?"), "\(outer)") }
            #expect(outer.contains("created_at>?") == range.contains("since"), "\(outer)")
            #expect(outer.contains("created_at<?") == !range.isDisjoint(with: ["until", "before_id"]), "\(outer)")
            // Without any filter the index is read from its end, as far as the limit.
            let scans = plan.filter { $0.hasPrefix("SCAN") && $0 != "SCAN w USING INDEX workflows_created" }
            #expect(scans == [])
        }
    }

    @Test func `a run and what is counted of it are found by its key alone`() throws {
        let list = try plan(Reports.workflows.sql(["limit"]))
        let questions: [(Report, Set<String>)] = [
            (Reports.workflow, ["id"]), (Reports.workflow, ["low", "high"]), (Reports.nodes, []),
            (Reports.generations, []),
        ]
        for (report, given) in questions {
            let plan = try plan(report.sql(given))
            #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(report.name): \(plan)")
        }
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
