import Testing
import TracewireProtocol

@testable import TracewireStore

/// `protocol/SCHEMA.md` says what there is.
struct SchemaPageTests {
    private static let tables = [
        "users", "workflows", "nodes", "generations", "sheds", "rejected_records", "parked_records", "feed",
        "feed_origins", "producers",
    ]
    private let page: Substring
    private let recorder: Recorder

    /// With a workflow, and a record of each kind that is kept.
    init(file: StaticString = #filePath) throws {
        let top = "\(file)".split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        page = Substring(String(decoding: try readFile(top + "/protocol/SCHEMA.md"), as: UTF8.self))
        recorder = try Recorder()
        try recorder.send(
            workflowStart(identifier(1), at: 1, name: "planner"), workflowStart(identifier(1), at: 2, name: "other"),
            nodeEnd(identifier(3), in: identifier(2), at: 3))
    }

    /// The cells of the table below a heading.
    private func cells(_ heading: String) throws -> [[Substring]] {
        let part = try #require(page.split(separator: "\n## \(heading)\n").dropFirst().first)
        let lines = part.split(separator: "\n## ")[0].split(separator: "\n").filter { $0.hasPrefix("| `") }
        return lines.map { $0.split(separator: " | ").map { $0.trimmingPrefix("| ") } }
    }

    @Test(arguments: SchemaPageTests.tables)
    func `the page has every column of a table, in order, with its type`(table: String) throws {
        let plain = try PlainConnection(recorder.database.path)
        let columns = try plain.rows("SELECT name, type FROM pragma_table_info('\(table)')").map { row in
            guard case .text(let name) = row[0], case .text(let type) = row[1] else { return "" }
            let isLarge = PayloadColumn.named(name, in: table) != nil
            return "`\(name)` \(type == "JSON TEXT" ? "JSON" : type)\(isLarge ? ", large" : "")"
        }
        #expect(try cells(table).map { "\($0[0]) \($0[1])" } == columns)
    }

    @Test func `the page has every table, or says that it is the collector's own affair`() throws {
        let plain = try PlainConnection(recorder.database.path)
        let rows = try plain.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        let others = ["segments", "rollups", "rollup_keys", "rollup_horizon", "stale_segments", "lost_extremes"]
        let expected: [[Value]] = (Self.tables + others).map { [.text($0)] }
        #expect(rows.count == expected.count)
        for table in expected { #expect(rows.contains(table)) }
        for other in others { #expect(page.contains("`\(other)`")) }
    }

    @Test func `the page has every column of every report, in order`() throws {
        let reader = try StoreReader(path: recorder.database.path)
        let described = try cells("Columns of the reports")
        for cells in described {
            let name = cells[0].filter { $0 != "`" }
            guard name != "status", name != "backup" else { continue }
            let columns = reader.report(name, arguments(name)).columns.map { "`\($0.name)`" }
            // What stands in parentheses is about the column before it.
            let text = cells[1].replacing(/\s\([^)]*\)/, with: "").replacing(" |", with: "")
            #expect(columns.joined(separator: ", ") == text, "\(name)")
        }
        let names = Set(described.map { $0[0].filter { $0 != "`" } })
        #expect(names.isSuperset(of: Reports.all.map(\.name)))
    }

    private func arguments(_ report: String) -> [String: Value] {
        switch report {
        case "events": ["after": .integer(0)]
        case "stats_users_by", "stats_nodes_by", "stats_models_by":
            ["by": .text("hour"), "since": .integer(1), "until": .integer(9)]
        case "workflow", "rejected_record", "parked_record": ["id": .integer(1)]
        case "nodes", "generations", "nodes_outline", "generations_outline", "sheds":
            ["first": .integer(1), "last": .integer(1)]
        default: [:]
        }
    }
}
