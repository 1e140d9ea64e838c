import Testing
import TracewireProtocol

@testable import TracewireStore

struct ReportTests {
    private let recorder: Recorder
    private let reader: StoreReader

    /// Three workflows of two users and one of nobody, of which the last one runs.
    init() throws {
        recorder = try Recorder()
        let (first, second, third, fourth) = (identifier(1), identifier(2), identifier(3), identifier(4))
        try recorder.send(
            user("kim", email: "kim@mail.example"), user("lee"),
            workflowStart(first, at: 1_000, name: "planner", user: "kim") { $0.userInput = "100% 연남" },
            workflowStart(second, at: 3_000, name: "planner", user: "kim") {
                $0.userInput = "홍대"
                $0.tags = #"["vip", 5, {"tag": "nested"}]"#
            },
            workflowStart(third, at: 2_000, name: "other", user: "lee"),
            workflowStart(fourth, at: 3_000, name: "planner"),
            describedStart(identifier(11), in: first, at: 1_100, name: "plan"),
            nodeEnd(identifier(11), in: first, at: 1_140),
            describedStart(identifier(12), in: first, at: 1_200, name: "plan", order: 2),
            nodeEnd(identifier(12), in: first, .failed, at: 1_300),
            nodePending(identifier(13), in: fourth, at: 9_000),
            generation(identifier(21), in: first, node: identifier(11), at: 1_120) {
                $0.promptTokens = 1
                $0.completionTokens = 2
                $0.totalTokens = 3
                $0.latencyMs = 20
            },
            generation(identifier(22), in: first, at: 1_130) {
                $0.errorMessage = "late"
                $0.totalTokens = 4
            },
            workflowEnd(first, .failed, at: 1_400), workflowEnd(second, at: 3_500),
            workflowEnd(third, .cancelled, at: 2_100))
        reader = try StoreReader(path: recorder.database.path)
    }

    private func ids(_ arguments: [String: Value]) throws -> [Value] {
        let answer = reader.report("workflows", arguments)
        #expect(answer.summary.code == .ok, "\(answer.summary.message)")
        return try answer.column("id")
    }

    @Test func `every report can be asked, and gives the columns it promises`() throws {
        let range: [String: Value] = ["first": .integer(1), "last": .integer(9)]
        let period: [String: Value] = ["by": .text("day"), "since": .integer(1), "until": .integer(9)]
        let required: [String: [String: Value]] = [
            "workflow": ["id": .integer(1)], "nodes": range, "generations": range, "nodes_outline": range,
            "generations_outline": range, "rejected_record": ["id": .integer(1)], "parked_record": ["id": .integer(1)],
            "sheds": range, "events": ["after": .integer(0)], "stats_users_by": period, "stats_nodes_by": period,
            "stats_models_by": period,
        ]
        try recorder.send(workflowEnd(identifier(1), .completed), workflowEnd(identifier(99)))
        for report in Reports.all {
            let answer = reader.report(report.name, required[report.name] ?? [:])
            #expect(answer.summary.code == .ok, "\(report.name): \(answer.summary.message)")
            #expect(Set(answer.columns.map(\.name)).count == answer.columns.count)
            #expect(!answer.columns.isEmpty)
        }
        #expect(Set(Reports.all.map(\.name)).isDisjoint(with: StoreWriter.actions))
    }

    @Test func `workflows come newest first, with their sums`() throws {
        let answer = reader.report("workflows")
        #expect(
            answer.columns.map(\.name) == [
                "id", "uuid", "user", "name", "status", "created_at", "completed_at", "duration_ms", "nodes",
                "failed_nodes", "generations", "total_tokens", "last_heard_at",
            ])
        #expect(try answer.column("id") == [.integer(4), .integer(2), .integer(3), .integer(1)])
        #expect(
            answer.rows.last == [
                .integer(1), .text("\(identifier(1))"), .text("kim"), .text("planner"), .text("failed"),
                .integer(1_000),
                .integer(1_400), .integer(400), .integer(2), .integer(1), .integer(2), .integer(7),
                .integer(Recorder.now),
            ])
        #expect(try answer.column("user").first == .null)
    }

    @Test func `workflows are filtered by what is given`() throws {
        #expect(try ids(["status": .text("completed")]) == [.integer(2)])
        #expect(try ids(["user": .text("kim")]) == [.integer(2), .integer(1)])
        #expect(try ids(["user": .text("nobody")]) == [])
        #expect(try ids(["name": .text("other")]) == [.integer(3)])
        #expect(try ids(["since": .integer(2_000), "until": .integer(3_000)]) == [.integer(3)])
        #expect(try ids(["user": .text("kim"), "status": .text("failed")]) == [.integer(1)])
        #expect(try ids(["search": .text("연남")]) == [.integer(1)])
        #expect(try ids(["search": .text("LANN")]) == [.integer(4), .integer(2), .integer(1)])
        #expect(try ids(["search": .text("0% ")]) == [.integer(1)])
        #expect(try ids(["search": .text("_")]) == [])
        #expect(try ids(["search": .text(#"\"#)]) == [])
        #expect(try ids(["user": .null]).count == 4)
    }

    @Test func `workflows are filtered by what their nodes and generations say`() throws {
        #expect(try ids(["model": .text("gpt-4o")]) == [.integer(1)])
        #expect(try ids(["model": .text("gpt")]) == [])
        #expect(try ids(["error": .text("LATE")]) == [.integer(1)])
        #expect(try ids(["error": .text("l%e")]) == [])
        try recorder.send(
            describedStart(identifier(14), in: identifier(4), at: 9_100, name: "rank"),
            nodeEnd(identifier(14), in: identifier(4), .failed, at: 9_200) { $0.errorMessage = "upstream 503" })
        #expect(try ids(["error": .text("upstream")]) == [.integer(4)])
        #expect(try ids(["min_duration": .integer(400)]) == [.integer(2), .integer(1)])
        #expect(try ids(["min_duration": .integer(401)]) == [.integer(2)])
        #expect(try ids(["tag": .text("vip")]) == [.integer(2)])
        for tag in ["vi", "5", "nested", ""] { #expect(try ids(["tag": .text(tag)]) == []) }
        #expect(try ids(["model": .text("gpt-4o"), "min_duration": .integer(401)]) == [])
    }

    @Test func `failures are grouped by what failed and by what their messages have in common`() throws {
        let (second, fourth) = (identifier(2), identifier(4))
        try recorder.send(
            describedStart(identifier(14), in: fourth, at: 9_100, name: "rank"),
            nodeEnd(identifier(14), in: fourth, .failed, at: 9_200) { $0.errorMessage = "upstream 503 after 12 ms" },
            describedStart(identifier(15), in: second, at: 3_100, name: "rank"),
            nodeEnd(identifier(15), in: second, .failed, at: 3_200) {
                $0.errorMessage = "upstream 503 after 7 ms\ndetails"
            })
        let answer = reader.report("errors")
        let (node, generation) = (Value.text("node"), Value.text("generation"))
        #expect(
            answer.rows == [
                [
                    node, .text("rank"), .text("upstream 503 after # ms"), .integer(2), .integer(2), .integer(3_100),
                    .integer(9_100), .integer(4),
                ],
                [
                    node, .text("plan"), .text(""), .integer(1), .integer(1), .integer(1_200), .integer(1_200),
                    .integer(1),
                ],
                [
                    generation, .text("gpt-4o"), .text("late"), .integer(1), .integer(1), .integer(1_130),
                    .integer(1_130),
                    .integer(1),
                ],
            ])
        let late = reader.report("errors", ["since": .integer(3_101), "until": .integer(9_101)])
        #expect(late.rows.map { $0[3] } == [.integer(1)])
        #expect(reader.report("errors", ["limit": .integer(1)]).rows.count == 1)
        #expect(reader.report("errors", ["until": .integer(1_130)]).rows.isEmpty)
    }

    @Test func `pages follow one another by key`() throws {
        var seen: [Value] = []
        var arguments: [String: Value] = ["limit": .integer(1)]
        while let last = try ids(arguments).last {
            seen.append(last)
            arguments["before_id"] = last
        }
        #expect(seen == [.integer(4), .integer(2), .integer(3), .integer(1)])
    }

    @Test func `a page follows a row that is gone, if its time is said`() throws {
        let gone = Value.integer(99)
        #expect(
            try ids(["before_id": gone, "before_at": .integer(3_000)]) == [
                .integer(4), .integer(2), .integer(3), .integer(1),
            ])
        #expect(try ids(["before_id": .integer(2), "before_at": .integer(3_000)]) == [.integer(3), .integer(1)])
        #expect(try ids(["before_id": gone]) == [])
    }

    @Test func `one workflow is named by its key, its UUID or the beginning of it`() throws {
        for id in [
            Value.integer(2), .text("\(identifier(2))"), .text("\(identifier(2))".uppercased()),
        ] {
            let answer = reader.report("workflow", ["id": id])
            #expect(try answer.column("uuid") == [.text("\(identifier(2))")])
            #expect(try answer.column("username") == [.text("kim")])
            #expect(try answer.column("user_input") == [.text("홍대")])
        }
        try recorder.send(workflowStart(Identifier(high: 0xabcd_0000_0000_7000, low: 1 << 63)))
        #expect(reader.report("workflow", ["id": .text("abc")]).rows.count == 1)
        #expect(reader.report("workflow", ["id": .text("ABCD-0")]).rows.count == 1)
        let ambiguous = reader.report("workflow", ["id": .text("0199")])
        #expect(ambiguous.summary.code == .invalidArgument && ambiguous.columns.isEmpty)
        #expect(reader.report("workflow", ["id": .text("ff")]).summary.code == .notFound)
        #expect(reader.report("workflow", ["id": .integer(99)]).summary.code == .notFound)
        for text in ["", "-", "xyz", "\(identifier(2))0", "' OR 1 --"] {
            #expect(reader.report("workflow", ["id": .text(text)]).summary.code == .invalidArgument)
        }
    }

    @Test func `nodes and generations of a range of workflows come in their order`() throws {
        let range: [String: Value] = ["first": .integer(1), "last": .integer(1)]
        let nodes = reader.report("nodes", range)
        #expect(try nodes.column("uuid") == [.text("\(identifier(11))"), .text("\(identifier(12))")])
        #expect(nodes.columns.first { $0.name == "state_data" }?.declaredType == "JSON")
        let generations = reader.report("generations", range)
        #expect(try generations.column("uuid") == [.text("\(identifier(21))"), .text("\(identifier(22))")])
        #expect(try generations.column("node_id") == [.integer(1), .null])
        #expect(reader.report("nodes", ["first": .integer(1), "last": .integer(9)]).rows.count == 3)
    }

    @Test
    func `the rows of one workflow come in parts, each once and in their order, also where many are of one place`()
        throws
    {
        let workflow = identifier(90)
        try recorder.send(workflowStart(workflow, at: 1))
        for number in 0..<20 as Range<UInt64> {
            try recorder.send(
                describedStart(identifier(100 + number), in: workflow, at: 5, order: Int64(number % 3)),
                generation(identifier(200 + number), in: workflow, at: 9 - Int64(number % 3)))
        }
        let id = try #require(reader.report("workflow", ["id": .text("\(workflow)")]).column("id").first)
        for report in ["nodes", "generations"] {
            let range = ["first": id, "last": id]
            let whole = try reader.report(report, range).column("id")
            var parts: [Value] = []
            var arguments = range.merging(["limit": .integer(3)]) { $1 }
            while let last = try reader.report(report, arguments).column("id").last {
                parts += try reader.report(report, arguments).column("id")
                arguments["after_id"] = last
            }
            #expect(parts == whole && parts.count == 20)
            #expect(reader.report(report, arguments.merging(["after_id": .integer(9_999)]) { $1 }).rows.isEmpty)
        }
    }

    @Test func `users and workflows are read in pages for export`() throws {
        let users = reader.report("users", ["after_id": .integer(1)])
        #expect(try users.column("username") == [.text("lee")])
        #expect(try reader.report("users").column("email") == [.text("kim@mail.example"), .null])
        let page = reader.report("workflow_page", ["after_id": .integer(1), "limit": .integer(2)])
        #expect(try page.column("id") == [.integer(2), .integer(3)])
        #expect(try page.column("username") == [.text("kim"), .text("lee")])
    }

    @Test func `the sums by user, node and model have their names`() throws {
        let names = ["username", "workflows", "completed", "failed", "cancelled", "running", "success_rate"]
        let users = reader.report("stats_users")
        #expect(Array(users.columns.map(\.name).prefix(7)) == names)
        #expect(
            users.rows.map { Array($0.prefix(7)) } == [
                [.text("kim"), .integer(2), .integer(1), .integer(1), .integer(0), .integer(0), .real(0.5)],
                [.null, .integer(1), .integer(0), .integer(0), .integer(0), .integer(1), .real(0)],
                [.text("lee"), .integer(1), .integer(0), .integer(0), .integer(1), .integer(0), .real(0)],
            ])
        #expect(try users.column("p99_duration_ms") == [.integer(500), .null, .null])
        #expect(try users.column("errors") == [.integer(1), .integer(0), .integer(0)])
        #expect(try users.column("total_tokens") == [.integer(7), .null, .null])
        let durations = ["avg", "min", "max", "p50", "p90", "p95", "p99"].map { "\($0)_duration_ms" }
        let sums = ["calls", "errors", "prompt_tokens", "completion_tokens", "total_tokens"]
        let nodes = reader.report("stats_nodes")
        #expect(nodes.columns.map(\.name) == ["node_name", "node_type", "executions", "failed"] + durations + sums)
        #expect(
            nodes.rows == [
                [.text("plan"), .text("tool"), .integer(2), .integer(1), .real(40)]
                    + Array(repeating: .integer(40), count: 6) + [
                        .integer(1), .integer(0), .integer(1), .integer(2), .integer(3),
                    ]
            ])
        let models = reader.report("stats_models")
        #expect(
            models.columns.map(\.name) == [
                "model_name", "model_provider", "calls", "errors", "avg_latency_ms", "prompt_tokens",
                "completion_tokens", "total_tokens", "min_latency_ms", "max_latency_ms", "p50_latency_ms",
                "p90_latency_ms", "p95_latency_ms", "p99_latency_ms",
            ])
        #expect(
            models.rows == [
                [.text("gpt-4o"), .null, .integer(2), .integer(1), .real(20), .integer(1), .integer(2), .integer(7)]
                    + Array(repeating: .integer(20), count: 6)
            ])
    }

    @Test func `counts tell what there is`() throws {
        let counts = reader.report("counts")
        #expect(counts.columns.map(\.name) == ["name", "value"])
        let bytes = FileSize.bytes(recorder.database.path)
        for (name, count) in [
            ("users", 2), ("workflows", 4), ("nodes", 3), ("generations", 2), ("producers", 1), ("rejected_records", 0),
            ("parked_records", 0), ("workflows_running", 1), ("workflows_completed", 1), ("workflows_failed", 1),
            ("workflows_cancelled", 1), ("schema_version", Migrations.newestVersion), ("database_bytes", bytes),
            ("wal_bytes", FileSize.bytes(recorder.database.path + "-wal")),
        ] as [(String, Int64)] {
            #expect(counts.rows.contains([.text(name), .integer(count)]), "\(name)")
        }
    }

    @Test func `the segment ratio is that of the newest segments`() throws {
        func ratio() -> Value? { reader.report("counts").rows.first { $0[0] == .text("segment_ratio") }?[1] }
        let start = try #require(ratio())
        #expect(start == .null)
        try recorder.send(
            workflowStart(identifier(70)),
            generation(identifier(71), in: identifier(70)) { $0.output = String(repeating: "x", count: 100_000) })
        let expected = try recorder.value("SELECT round(1.0 * raw_bytes / length(data), 2) FROM segments")
        #expect(ratio() == expected)
        guard case .real(let value) = expected else {
            Issue.record("no ratio: \(expected)")
            return
        }
        #expect(value > 100)
    }

    @Test func `what is asked wrongly is refused by name`() {
        let wrong: [(String, [String: Value], Code)] = [
            ("nothing", [:], .unknownReport), ("workflows", ["nonsense": .integer(1)], .invalidArgument),
            ("workflows", ["status": .text("done")], .invalidArgument),
            ("workflows", ["status": .text("pending")], .invalidArgument),
            ("workflows", ["limit": .integer(0)], .invalidArgument),
            ("workflows", ["limit": .integer(.max)], .invalidArgument),
            ("workflows", ["since": .text("1")], .invalidArgument), ("nodes", [:], .invalidArgument),
            ("workflow", [:], .invalidArgument), ("rejected_record", ["id": .integer(9)], .notFound),
            ("workflows", ["search": .text(String(repeating: "x", count: 1_001))], .invalidArgument),
            ("counts", ["database_bytes": .integer(1)], .invalidArgument),
        ]
        for (name, arguments, code) in wrong {
            let summary = reader.report(name, arguments).summary
            #expect(summary.code == code, "\(name) \(arguments): \(summary)")
            #expect(!summary.message.isEmpty)
        }
    }

    @Test func `a status that no workflow has is answered with those that one can have`() {
        let summary = reader.report("workflows", ["status": .text("skipped")]).summary
        #expect(summary.message.hasSuffix("a workflow's status: running, completed, failed, cancelled"))
    }
}
